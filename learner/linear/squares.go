package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// squares is what linear-regression and ridge have in common: the minimum of the sum of weight (y - x coef -
// intercept)^2 plus alpha times the sum of coef^2.
//
// Its training by sums takes one round: the products of all columns, summed exactly ([exact.Gram]), of which the
// minimum is found with 106 bits. A fit of rows at hand is faster, in float64s, and finds the same coefficients to
// about 12 digits, or fewer the closer the features are to being dependent; those by sums are the better ones then.
type squares struct {
	Regressor
	alpha float64
	env   learner.Env
}

// Fit finds the minimum in closed form; see leastSquares for how.
func (m *squares) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	f, err := leastSquares(ctx, train, m.hasIntercept, m.alpha, m.env)
	if err != nil {
		return err
	}
	m.become(f)
	return nil
}

// Start is the empty state, which asks for the products of all columns.
func (m *squares) Start(s learner.Schema) ([]float64, error) {
	return []float64{}, checkSchema(s, learner.Regression)
}

// Shape is one count, of the rows, and a sum for every pair of the columns 1, features, target.
func (m *squares) Shape(s learner.Schema, _ []float64) (counts, reals int) {
	return 1, exact.GramLen(len(s.Features) + 2)
}

// Part checks that the rows can be summed up: no number, also times its row's weight, may be larger than
// exact.LargestFactor.
func (m *squares) Part(_ context.Context, rows learner.Dataset) (learner.Part, error) {
	if err := learner.CheckPart(rows, learner.Regression, learner.Traits{}); err != nil {
		return nil, err
	}
	if err := checkFactors(rows, true); err != nil {
		return nil, err
	}
	return &squaresPart{rows, max(m.env.Procs, 1)}, nil
}

// checkFactors refuses numbers whose products cannot be summed exactly; the targets' only if they are summed too.
func checkFactors(d learner.Dataset, targets bool) error {
	for i := range d.Len() {
		limit := exact.LargestFactor / max(d.Weight(i), 1)
		if limit < 1 {
			return &learner.DataError{Row: i, Column: -1, Name: "weight",
				Reason: fmt.Sprintf("the weight %v is too large to be summed exactly: scale it down", d.Weight(i))}
		}
		for j, v := range d.X.RawRowView(i) {
			if math.Abs(v) > limit {
				e := &learner.DataError{Row: i, Column: j, Reason: fmt.Sprintf("the value %v is too large for an exact sum of products: scale the feature down", v)}
				if d.Features != nil {
					e.Name = d.Features[j]
				}
				return e
			}
		}
		if targets && math.Abs(d.Y[i]) > limit {
			return &learner.DataError{Row: i, Column: -1, Name: "y",
				Reason: fmt.Sprintf("the target %v is too large for an exact sum of products: scale it down", d.Y[i])}
		}
	}
	return nil
}

// squaresPart is rows whose products are summed up.
type squaresPart struct {
	rows  learner.Dataset
	procs int
}

// Sum adds up the products of the columns 1, features, target.
func (p *squaresPart) Sum(ctx context.Context, _ []float64, into *learner.Sums) error {
	_, features := p.rows.X.Dims()
	columns := features + 2
	if len(into.Counts) != 1 || len(into.Reals) != exact.GramLen(columns) {
		return fmt.Errorf("%d and %d sums asked for of rows with %d features", len(into.Counts), len(into.Reals), features)
	}
	for i := range p.rows.Len() {
		if p.rows.Weight(i) > 0 {
			into.Counts[0]++
		}
	}
	return sumRows(ctx, p.rows.Len(), p.procs, columns, len(into.Reals), into.Reals, func(t *summing, i int) {
		copy(t.row[1:], p.rows.X.RawRowView(i))
		t.row[columns-1] = p.rows.Y[i]
		t.gram.Add(p.rows.Weight(i), t.row...)
	})
}

// summing is what one thread has summed up.
type summing struct {
	gram *exact.Gram // of the first sums
	sums []exact.Sum
	row  []float64 // a 1, then room
}

// sumRows calls add for each of n rows, some at a time, and adds up the sums of all threads, of which the first ones
// are products of columns.
func sumRows(ctx context.Context, n, procs, columns, products int, into []exact.Sum, add func(t *summing, i int)) error {
	threads := make([]*summing, procs)
	err := overChunks(ctx, n, procs, func(slot, from, to int) {
		t := threads[slot]
		if t == nil {
			t = &summing{sums: into, row: make([]float64, columns)}
			if slot > 0 {
				t.sums = make([]exact.Sum, len(into))
			}
			t.gram = exact.NewGram(columns, t.sums[:products])
			t.row[0] = 1
			threads[slot] = t
		}
		for i := from; i < to; i++ {
			add(t, i)
		}
		t.gram.Flush()
	}, func(int) {})
	if err != nil {
		return err
	}
	for _, t := range threads[1:] {
		if t == nil {
			continue
		}
		for i := range t.sums {
			into[i].AddSum(&t.sums[i])
		}
	}
	return nil
}

// Advance solves the normal equations. The state it makes, the only one, is the coefficients and the intercept.
func (m *squares) Advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	counts, reals := m.Shape(s, state)
	if err := checkSchema(s, learner.Regression); err != nil {
		return learner.Advance{}, err
	}
	if len(state) != 0 || len(sums.Counts) != counts || len(sums.Reals) != reals {
		return learner.Advance{}, fmt.Errorf("a state of %d numbers and sums of %d and %d; want 0, %d and %d",
			len(state), len(sums.Counts), len(sums.Reals), counts, reals)
	}
	if weight := sums.Reals[0].Value(); sums.Counts[0] <= 0 || !(weight > 0) {
		return learner.Advance{}, fmt.Errorf("sums of %d rows that weigh %v; there is nothing to learn from", sums.Counts[0], weight)
	}
	equations := newSummedSquares(sums, len(s.Features), m.hasIntercept, m.alpha)
	coef, rank, err := equations.solve(ctx)
	if err != nil {
		return learner.Advance{}, err
	}
	logRank(ctx, m.env, rank, len(s.Features))
	f, err := equations.function(coef)
	if err != nil {
		return learner.Advance{}, err
	}
	return learner.Advance{State: append(f.coef, f.intercept), Done: true, Loss: equations.loss(coef, m.alpha), Why: "solved"}, nil
}

// SetState takes coefficients and an intercept.
func (m *squares) SetState(s learner.Schema, state []float64) error {
	if err := checkSchema(s, learner.Regression); err != nil {
		return err
	}
	if err := checkParameters(state, len(s.Features)+1); err != nil {
		return err
	}
	intercept := state[len(s.Features)]
	if !m.hasIntercept && intercept != 0 {
		return fmt.Errorf("an intercept of %v of a model that has none", intercept)
	}
	m.become(function{append([]float64(nil), state[:len(s.Features)]...), intercept})
	return nil
}

var _ learner.Summable = (*squares)(nil)
