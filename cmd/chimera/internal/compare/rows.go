package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gochimera/chimera/cmd/chimera/internal/cv"
	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/learner"
)

// Rows are the training rows of a project's workers.
type Rows struct {
	all     *trial.Table
	workers []string
	first   []int  // of each worker, the first one with the same rows
	owner   []int  // of each row, the first worker that has it; nil if all workers have the same rows
	class   []int  // of each row; nil where classes do not count
	note    string // on rows that are held out of one worker while another trains on them
}

// NewRows puts the rows of the workers together: those that several share, once. Stratified, they are held out and dealt out class by class.
func NewRows(tables []*trial.Table, stratified bool) *Rows {
	r := &Rows{}
	for _, t := range tables {
		r.workers = append(r.workers, t.Worker)
	}
	tables, r.first = trial.Shared(tables)
	r.note = trial.Repeats(tables, r.first)
	var apart []*trial.Table
	for w, t := range tables {
		if r.first[w] == w {
			apart = append(apart, t)
			r.owner = append(r.owner, slices.Repeat([]int{w}, t.Rows())...)
		}
	}
	if len(tables) > 1 && len(apart) == 1 {
		r.owner = nil
	}
	r.all = trial.Join("", apart)
	if stratified {
		index := map[learner.Label]int{}
		for _, l := range r.all.Labels {
			k, seen := index[l]
			if !seen {
				k = len(index)
				index[l] = k
			}
			r.class = append(r.class, k)
		}
	}
	return r
}

// strata are the rows in random order, class by class and in it worker by worker.
func (r *Rows) strata(rows []int, random *rand.Rand) []int {
	rows = slices.Clone(rows)
	random.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
	slices.SortStableFunc(rows, func(a, b int) int {
		if r.class != nil && r.class[a] != r.class[b] {
			return r.class[a] - r.class[b]
		}
		if r.owner != nil {
			return r.owner[a] - r.owner[b]
		}
		return 0
	})
	return rows
}

// cut holds out a share of the rows, of each class and each worker as nearly that share as whole rows allow.
func (r *Rows) cut(share float64, random *rand.Rand) (train, test []int, err error) {
	n := r.all.Rows()
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	out := int(math.Round(share * float64(n)))
	if share > 0 && (out == 0 || out == n) {
		return nil, nil, refuse("of %d rows, a share of %v is %d: hold out another share", n, share, out)
	}
	for i, row := range r.strata(all, random) {
		if (i+1)*out/n > i*out/n {
			test = append(test, row)
		} else {
			train = append(train, row)
		}
	}
	slices.Sort(train)
	slices.Sort(test)
	return train, test, nil
}

func refuse(format string, args ...any) error {
	return &cv.PlanError{Reason: fmt.Sprintf(format, args...)}
}

// shares are the rows of each worker where workers have rows of their own: those that it has in the project, or else as many as each other.
func (r *Rows) shares(train []int, random *rand.Rand) (trial.Data, error) {
	d := trial.Data{Train: make([][]int, len(r.workers))}
	if r.owner != nil {
		own := make([][]int, len(r.workers)) // of first workers
		for _, row := range train {
			own[r.owner[row]] = append(own[r.owner[row]], row)
		}
		for w := range d.Train {
			d.Train[w] = own[r.first[w]]
		}
	} else {
		for i, row := range r.strata(train, random) {
			w := i % len(r.workers)
			d.Train[w] = append(d.Train[w], row)
		}
	}
	for w, rows := range d.Train {
		if len(rows) == 0 {
			return d, refuse("worker %s has no rows to train on: hold out a smaller share, or give it more rows", r.workers[w])
		}
		slices.Sort(rows)
		d.Tables = append(d.Tables, r.all.For(r.workers[w]))
	}
	return d, nil
}

// copies are all rows for each of these workers.
func (r *Rows) copies(train []int, workers []string) trial.Data {
	var d trial.Data
	for _, name := range workers {
		d.Tables, d.Train = append(d.Tables, r.all.For(name)), append(d.Train, train)
	}
	return d
}
