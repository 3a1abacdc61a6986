package knn

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// pollBudget is how many values go by between two looks at the context.
const pollBudget = 1 << 18

// heapBudget is how many neighbours one goroutine gathers at a time, but for
// a single query's.
const heapBudget = 1 << 20

// model is a fitted model; it does not change.
type model struct {
	params  Params
	cols    int
	schema  learner.Schema
	targets []float64 // of the training rows that weigh anything
	wanted  wanted
	index   *index
}

// fit stores the rows of d that weigh anything.
func fit(ctx context.Context, p Params, task learner.Task, d learner.Dataset) (*model, error) {
	if err := learner.CheckFit(d, task, learner.Traits{}); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m := &model{params: p, schema: learner.Schema{Features: slices.Clone(d.Features), Classes: slices.Clone(d.Classes)}}
	_, m.cols = d.X.Dims()
	poll := learner.NewPoll(ctx, pollBudget)
	var most float64
	var kept []int
	var weights []float64
	plain := true
	for i := range d.Len() {
		if err := poll.Work(m.cols); err != nil {
			return nil, err
		}
		w := min(d.Weight(i), float64(p.NNeighbors))
		if w == 0 {
			continue
		}
		plain = plain && w == 1
		kept = append(kept, i)
		m.targets = append(m.targets, d.Y[i])
		weights = append(weights, w)
		for _, v := range d.X.RawRowView(i) {
			most = max(most, math.Abs(v))
		}
	}
	if plain {
		weights = nil
	}
	m.wanted = newWanted(p.NNeighbors, weights)
	metric, scale := newMetric(p), scaleFor(most)
	width := metric.preparedWidth(m.cols)
	prepared := make([]float64, len(kept)*width)
	for i, row := range kept {
		if err := poll.Work(width); err != nil {
			return nil, err
		}
		metric.prepare(prepared[i*width:][:width], d.X.RawRowView(row), scale)
	}
	var err error
	if m.index, err = newIndex(ctx, p, prepared, width, scale); err != nil {
		return nil, err
	}
	return m, ctx.Err()
}

// voice is what one or more neighbours of the same target have to say.
type voice struct{ target, distance, weight float64 }

// each finds the neighbours of every row of x on up to procs goroutines and
// calls use with their voices, which are only lent. use is called by several
// goroutines at once, for different rows. The error is ctx's.
func (m *model) each(ctx context.Context, x *mat.Dense, procs int, use func(row int, voices []voice)) error {
	rows, _ := x.Dims()
	block := min(queryBlock, rows, max(1, heapBudget/min(m.params.NNeighbors, len(m.targets))))
	var next atomic.Int64
	work := func() {
		s := m.index.newSearcher(m.wanted, block)
		var voices []voice
		for ctx.Err() == nil {
			from := (int(next.Add(1)) - 1) * block
			if from >= rows {
				return
			}
			n := min(block, rows-from)
			for i := range n {
				m.index.metric.prepare(s.query(i), x.RawRowView(from+i), m.index.scale)
			}
			s.search(n)
			for i := range n {
				voices = m.voices(voices[:0], s.nearest[i].sorted())
				use(from+i, voices)
			}
		}
	}
	var wg sync.WaitGroup
	for range min(procs, (rows+block-1)/block) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return ctx.Err()
}

// voices appends what the neighbours say, nearest first, until their weights
// add up to n_neighbors. Neighbours at one distance with one target are a
// single voice: so a row of weight 3 and three such rows give the same bits.
func (m *model) voices(into []voice, found []neighbour) []voice {
	left := m.wanted.total
	for _, n := range found {
		weight := min(m.wanted.weightOf(n.row), left)
		if left -= weight; weight == 0 {
			break
		}
		target := m.targets[n.row]
		if last := len(into) - 1; last >= 0 && into[last].distance == n.distance && into[last].target == target {
			into[last].weight += weight
			continue
		}
		into = append(into, voice{target, n.distance, weight})
	}
	if m.params.Weights != distance {
		return into
	}
	for i, v := range into { // the nearest counts in full, so the sum is never 0
		if v.distance > into[0].distance {
			into[i].weight *= m.index.metric.ratio(into[0].distance, v.distance)
		}
	}
	return into
}

// ready checks that m is fitted and can answer for x.
func (m *model) ready(x *mat.Dense) error {
	if m == nil {
		return learner.ErrNotFitted
	}
	return learner.CheckPredict(x, m.cols, learner.Traits{})
}
