package tune

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/learner"
)

// Rung is one step of successive halving: so many candidates, on a share of the training rows.
type Rung struct {
	Candidates int `json:"candidates"`
	Rows       int `json:"rows"` // of all, held-out ones too, as scikit-learn counts them
}

// Schedule is the rungs for so many candidates: each has 1/factor of the candidates of the one before, rounded up, and
// factor times its rows. The last has as many rows as are possible with a first of at least least rows, where
// all the candidates are.
func Schedule(candidates, rows, least, factor int) []Rung {
	power := func(base float64, n int) float64 { return math.Pow(base, float64(n)) }
	wanted := rungsFor(candidates, factor) // until one rung has no more than factor candidates
	first := min(max(least, rows/int(power(float64(factor), wanted-1))), rows)
	possible := rungsFor(rows/first, factor)
	list := make([]Rung, 0, min(wanted, possible))
	for i := range min(wanted, possible) {
		list = append(list, Rung{candidates, min(int(power(float64(factor), i))*first, rows)})
		candidates = (candidates + factor - 1) / factor
	}
	return list
}

// rungsFor is 1 + the whole part of the logarithm of n.
func rungsFor(n, factor int) int {
	rungs := 1
	for n >= factor {
		n /= factor
		rungs++
	}
	return rungs
}

// least is how many rows the first rung has at least: scikit-learn's two a fold, and of a class.
func least(plan cv.Plan, tables []*trial.Table, task learner.Task) int {
	if task == learner.Regression {
		return 2 * plan.Folds
	}
	lists := make([][]learner.Label, len(tables))
	for i, t := range tables {
		lists[i] = t.Labels
	}
	return 2 * plan.Folds * max(1, len(learner.MergeLabels(lists...)))
}

// part is a fold with a share of its training rows, at least one of each worker. The rows of a smaller share are among
// those of a larger one, and the classes of a worker's rows keep their shares as well as whole rows can. The
// held-out rows are all there.
func part(s cv.Split, tables []*trial.Table, share float64, plan cv.Plan) cv.Split {
	if share >= 1 {
		return s
	}
	out := s
	out.Train = make([][]int, len(s.Train))
	out.TrainRows = 0
	for w, rows := range s.Train {
		n, of := max(1, int(share*float64(len(rows)))), s.Of(w)
		if of == w {
			out.TrainRows += n
		}
		key := learner.Seed(plan.Seed, "tune", fmt.Sprint(s.Repeat), fmt.Sprint(s.Fold))
		key = learner.Seed(key, "worker", tables[of].Worker) // the same of them for every worker that shares them
		out.Train[w] = slices.Sorted(slices.Values(spread(rows, tables[w].Labels, plan.Stratified, key)[:n]))
	}
	return out
}

// spread is the rows in an order whose every beginning has the classes in about their shares: within each class at
// random, and the classes interleaved.
func spread(rows []int, labels []learner.Label, stratified bool, seed uint64) []int {
	random := learner.NewRand(seed)
	order := slices.Clone(rows)
	random.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	if !stratified {
		return order
	}
	counts, seen := map[learner.Label]int{}, map[learner.Label]int{}
	for _, r := range order {
		counts[labels[r]]++
	}
	type placed struct {
		row int
		at  float64
	}
	list := make([]placed, len(order))
	for i, r := range order {
		l := labels[r]
		list[i] = placed{r, (float64(seen[l]) + 0.5) / float64(counts[l])}
		seen[l]++
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	for i, p := range list {
		order[i] = p.row
	}
	return order
}
