package boosting

import (
	"context"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// start is the state of a training before any row was seen.
func (t *trainer) start(learner.Schema) ([]float64, error) {
	return []float64{stateVersion, surveying}, nil
}

// shape is how long the sums are that a state asks for.
func (t *trainer) shape(s learner.Schema, state []float64) (counts, reals int) {
	sc := &scanner{data: state}
	h := sc.head()
	switch {
	case sc.err != nil:
		return 0, 0
	case h.phase == surveying:
		return surveyCounts, surveyReals(len(s.Classes))
	case h.phase == counting:
		columns := sc.cells(h.features)
		if sc.err != nil {
			return 0, 0
		}
		return countedShape(columns), 0
	}
	o, err := t.open(state)
	if err != nil {
		return 0, 0
	}
	g, _, err := o.current(state)
	if err != nil {
		return 0, 0
	}
	counts = len(g.asked) * o.layout.size()
	if g.fresh {
		counts += freshCounts
	}
	return counts, 0
}

// advance makes the next state.
func (t *trainer) advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	counts, reals := t.shape(s, state)
	if len(sums.Counts) != counts || len(sums.Reals) != reals {
		return learner.Advance{}, errState
	}
	sc := &scanner{data: state}
	h := sc.head()
	switch {
	case sc.err != nil:
		return learner.Advance{}, sc.err
	case h.phase == surveying:
		return t.surveyed(s, sums)
	case h.phase == counting:
		columns := sc.cells(h.features)
		if sc.err != nil {
			return learner.Advance{}, sc.err
		}
		return t.refined(h, columns, sums.Counts)
	}
	o, err := t.open(state)
	if err != nil {
		return learner.Advance{}, err
	}
	g, c, err := o.current(state)
	if err != nil {
		return learner.Advance{}, err
	}
	return t.grown(ctx, &step{opened: o, growing: g, cursor: c, state: state}, sums.Counts)
}

// step is one step of a training that grows trees.
type step struct {
	*opened
	*growing
	cursor
	state []float64 // records are appended
}

func (st *step) append(kind int, payload ...float64) {
	st.state = appendRecord(st.state, kind, payload...)
}

func (t *trainer) grown(ctx context.Context, st *step, counts []int64) (learner.Advance, error) {
	if st.over {
		return learner.Advance{}, errState
	}
	if st.fresh {
		stalled, err := t.lossOf(st, counts)
		if err != nil {
			return learner.Advance{}, err
		}
		if stalled {
			st.append(endRecord)
			return t.advanced(st, true, "n_iter_no_change"), nil
		}
		counts = counts[freshCounts:]
		if len(st.asked) == 0 { // these were the last scores
			st.append(endRecord)
			return t.advanced(st, true, "max_iter"), nil
		}
	}
	payload, err := t.found(ctx, st, counts)
	if err != nil {
		return learner.Advance{}, err
	}
	final, opened, done := t.bestFirst(st)
	grow := append([]float64{float64(len(st.asked)), float64(len(opened))}, payload...)
	for _, id := range opened {
		grow = append(grow, float64(id))
	}
	st.append(growRecord, grow...)
	if !done {
		return t.advanced(st, false, ""), nil
	}
	var ids []float64
	for _, tree := range final {
		ids = append(ids, float64(len(tree)))
		for _, id := range tree {
			ids = append(ids, float64(id))
		}
	}
	st.append(finalRecord, ids...)
	st.iteration++
	st.known = false
	if st.iteration >= t.MaxIter {
		st.append(finishRecord)
		return t.advanced(st, false, ""), nil
	}
	bound := t.nextBound(st, final)
	st.start = len(st.state)
	st.append(beginRecord, float64(bound), float64(st.iteration))
	return t.advanced(st, false, ""), nil
}

func (t *trainer) advanced(st *step, done bool, why string) learner.Advance {
	loss := math.NaN()
	if st.known {
		loss = st.loss
	}
	return learner.Advance{State: st.appendTo(st.state), Done: done, Iteration: st.iteration, Most: t.MaxIter, Loss: loss, Why: why}
}

// lossOf reads what comes with new scores, and reports whether the training is to stop by it.
func (t *trainer) lossOf(st *step, counts []int64) (stalled bool, err error) {
	unit := math.Ldexp(1, -gradientBits)
	if t.loss == squaredError {
		unit = math.Ldexp(1, 2*(st.bound-gradientBits))
	}
	mean := func(counts []int64) float64 {
		return min((float64(counts[0])*(1<<gradientBits)+float64(counts[1]))/float64(counts[2])*unit, math.MaxFloat64)
	}
	st.loss, st.known = mean(counts), true
	st.length = 0
	for length, n := range counts[2*lossCounts : freshCounts] {
		if n > 0 {
			st.length = length
		}
	}
	if !t.EarlyStopping {
		return false, nil
	}
	held := counts[lossCounts:]
	if held[2] == 0 {
		return false, &learner.DataError{Row: -1, Column: -1, Reason: "no row was held out: give more rows, a larger validation_fraction, or no early_stopping"}
	}
	st.append(lossRecord, st.loss, mean(held))
	return t.stalled(st)
}

// stalled reports whether none of the last n_iter_no_change losses of the rows held out is smaller by tol than the one
// before them.
func (t *trainer) stalled(st *step) (bool, error) {
	var losses []float64
	for s := (&scanner{data: st.state, at: st.log}); s.at < len(st.state); {
		kind, payload := s.record()
		if s.err != nil {
			return false, s.err
		}
		if kind == lossRecord && len(payload) == 2 {
			losses = append(losses, payload[1])
		}
	}
	if len(losses) <= t.NIterNoChange {
		return false, nil
	}
	last := losses[len(losses)-1-t.NIterNoChange:]
	return slices.Min(last[1:]) >= last[0]-t.Tol, nil
}

// found searches the asked histograms, takes what it finds into the trees and returns it as numbers of a record.
func (t *trainer) found(ctx context.Context, st *step, counts []int64) ([]float64, error) {
	s := &searcher{t: t, columns: st.columns, layout: st.layout, units: t.units(st.head, st.bound)}
	size := st.layout.size()
	histograms, drawn := make([][]int64, len(st.asked)), make([][]bool, len(st.asked))
	for i, id := range st.asked {
		drawn[i] = t.drawn(&st.nodes[id], len(st.columns))
		histograms[i] = counts[i*size : (i+1)*size]
	}
	best, err := s.search(ctx, histograms, drawn, t.procs)
	if err != nil {
		return nil, err
	}
	payload := make([]float64, 0, splitNumbers*len(best))
	for i, id := range st.asked {
		f, n := &best[i], &st.nodes[id]
		n.known, n.gain = true, f.gain
		if f.gain > 0 {
			n.split = f.split
			n.values = [2]float64{s.value(f.left), s.value(f.total.minus(f.left))}
			if t.MaxDepth > 0 && n.depth+2 > t.MaxDepth {
				n.split.divisible = [2]bool{}
			}
		}
		payload = append(payload, float64(id), n.gain, n.split.code(), n.values[0], n.values[1])
	}
	return payload, nil
}

// nextBound is the exponent of the bound of the next gradients: as large as the largest of these, and what the trees
// add.
func (t *trainer) nextBound(st *step, final [][]int) int {
	if t.loss.bounded() {
		return st.bound
	}
	most := 0.0
	for _, tree := range final {
		isSplit := make(map[int]bool, len(tree))
		for _, id := range tree {
			isSplit[id] = true
		}
		for _, id := range tree {
			n := &st.nodes[id]
			for i, v := range n.values {
				if n.left == 0 || !isSplit[n.left+i] {
					most = max(most, math.Abs(v))
				}
			}
		}
	}
	return exponent(math.Ldexp(1, st.bound-gradientBits+st.length) + most)
}
