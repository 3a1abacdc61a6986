package boosting

import (
	"context"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
)

// start is the state of a training before any row was seen.
func (t *trainer) start(s learner.Schema) ([]float64, error) {
	if _, err := t.marked(s); err != nil {
		return nil, err
	}
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
	case !h.suits(s):
		return 0, 0
	case h.phase == counting:
		c := t.counted(sc, h)
		if sc.err != nil {
			return 0, 0
		}
		return c.shape(), 0
	}
	o, err := t.open(state)
	if err != nil {
		return 0, 0
	}
	g, _, err := o.current(state)
	if err != nil {
		return 0, 0
	}
	return o.counts(g), 0
}

// counts is how many counts trees under way ask for.
func (o *opened) counts(g *growing) int {
	n := len(g.asked)*o.layout.size() + countsOf(g.quests)
	if g.fresh {
		n += freshCounts
	}
	return n
}

// suits reports whether the state is of rows of a schema.
func (h *head) suits(s learner.Schema) bool {
	return h.features == len(s.Features) && h.classes == len(s.Classes)
}

// advance makes the next state.
func (t *trainer) advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	sc := &scanner{data: state}
	h := sc.head()
	fit := func(counts, reals int) bool { return len(sums.Counts) == counts && len(sums.Reals) == reals }
	switch {
	case sc.err != nil:
		return learner.Advance{}, sc.err
	case h.phase == surveying:
		if !fit(surveyCounts, surveyReals(len(s.Classes))) {
			return learner.Advance{}, errState
		}
		return t.surveyed(s, sums)
	case !h.suits(s):
		return learner.Advance{}, errState
	case h.phase == counting:
		c := t.counted(sc, h)
		if sc.err != nil || !fit(c.shape(), 0) {
			return learner.Advance{}, errState
		}
		return t.refined(s, h, c, sums.Counts)
	}
	o, err := t.open(state)
	if err != nil {
		return learner.Advance{}, err
	}
	g, c, err := o.current(state)
	if err != nil {
		return learner.Advance{}, err
	}
	if !fit(o.counts(g), 0) {
		return learner.Advance{}, errState
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
	if st.quests != nil {
		return t.sought(st, counts)
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
	if ends := st.ends(final); t.loss.late() && len(ends) > 0 {
		st.append(questRecord, appendQuests(nil, newQuests(len(ends)))...)
		return t.advanced(st, false, ""), nil
	}
	return t.planted(st, final)
}

// sought goes on with looking for what leaves add.
func (t *trainer) sought(st *step, counts []int64) (learner.Advance, error) {
	open, err := t.refineAll(st.quests, st.head, counts)
	if err != nil {
		return learner.Advance{}, err
	}
	payload := appendQuests(nil, st.quests)
	log := st.state[:st.sought]                                                      // what was looked for until now is not needed any more
	st.state = append(make([]float64, 0, len(log)+len(payload)+2*cursorLen), log...) // the state that was given stays as it is
	if open {
		st.append(questRecord, payload...)
		return t.advanced(st, false, ""), nil
	}
	values := make([]float64, len(st.quests))
	for i := range values {
		values[i] = t.LearningRate * st.quests[i].value(t.share(), st.head)
	}
	st.append(valueRecord, values...)
	return t.planted(st, st.final)
}

// planted ends an iteration, whose trees are finished.
func (t *trainer) planted(st *step, final [][]int) (learner.Advance, error) {
	st.iteration++
	st.known = false
	if st.iteration >= t.MaxIter {
		st.append(finishRecord)
		return t.advanced(st, false, ""), nil
	}
	next := st.bounds
	if !t.loss.bounded() {
		next = t.loss.nextBounds(next, st.lengths, st.largest(final))
	}
	if err := t.loss.diverged(next); err != nil {
		return learner.Advance{}, err
	}
	st.start = len(st.state)
	st.append(beginRecord, append(next.numbers(), float64(st.iteration))...)
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
	unit := t.loss.lossUnit(st.bounds)
	mean := func(counts []int64) float64 {
		return min((float64(counts[0])*(1<<gradientBits)+float64(counts[1]))/float64(counts[2])*unit, math.MaxFloat64)
	}
	if counts[2] == 0 {
		return false, &learner.DataError{Row: -1, Column: -1, Name: "weight", Reason: "the rows learned from weigh nothing beside those held out"}
	}
	st.loss, st.known = mean(counts), true
	st.lengths = [2]int{}
	for i, n := range counts[2*lossCounts : freshCounts] {
		if n > 0 {
			st.lengths[i/lengths] = i % lengths
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
	s := &searcher{t: t, columns: st.columns, layout: st.layout, units: t.units(st.head, st.bounds)}
	size := st.layout.size()
	histograms, drawn := make([][]int64, len(st.asked)), make([][]bool, len(st.asked))
	for i, id := range st.asked {
		drawn[i] = t.drawn(&st.nodes[id], len(st.columns))
		histograms[i] = counts[i*size : (i+1)*size]
	}
	if t.MonotonicCst.any() {
		for _, id := range st.asked {
			n := &st.nodes[id]
			s.limits = append(s.limits, &n.limits)
		}
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
			n.values = [2]float64{n.limits.within(s.value(f.left)), n.limits.within(s.value(f.total.minus(f.left)))}
			if t.MaxDepth > 0 && n.depth+2 > t.MaxDepth {
				n.split.divisible = [2]bool{}
			}
		}
		payload = append(payload, float64(id), n.gain, n.split.code(), n.values[0], n.values[1])
		if n.gain > 0 && st.columns[n.split.feature].categorical {
			payload = append(payload, n.split.left.numbers()...)
		}
	}
	return payload, nil
}

// largest is the size of what leaves of finished trees add at most.
func (g *growing) largest(final [][]int) float64 {
	most := 0.0
	for _, e := range g.ends(final) {
		most = max(most, math.Abs(g.nodes[e.id].values[e.side]))
	}
	return most
}
