package learnertest

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// summed is halves whose mean is made of sums: a state that has seen nothing, and one that is the mean.
type summed struct {
	halves
	sum      func(d learner.Dataset, state []float64, into *learner.Sums) // nil is the right one
	advance  func(m *summed, state []float64)                             // before each Advance
	setState func(m *summed, state []float64) error
	partWith func(d learner.Dataset) learner.Dataset
	deaf     bool // to its context
}

var (
	nothingSeen = 0.
	meanKnown   = 1.
)

func (m *summed) Fit(ctx context.Context, d learner.Dataset) error {
	if d.Features == nil && d.Len() > 0 {
		_, cols := d.X.Dims()
		d.Features = make([]string, cols)
	}
	next := &summed{sum: m.sum, advance: m.advance, setState: m.setState, partWith: m.partWith, deaf: m.deaf}
	if err := learner.FitBySums(ctx, next, d); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	*m = *next
	return nil
}

func (*summed) Start(learner.Schema) ([]float64, error) { return []float64{nothingSeen}, nil }

func (*summed) Shape(s learner.Schema, _ []float64) (counts, reals int) {
	return 0, 1 + len(s.Features)
}

func (m *summed) Part(_ context.Context, d learner.Dataset) (learner.Part, error) {
	if err := learner.CheckFit(d, learner.Clustering, learner.Traits{}); err != nil {
		return nil, err
	}
	for i := range d.Len() {
		for j, v := range d.X.RawRowView(i) {
			if math.Abs(v) > 1e150 {
				return nil, &learner.DataError{Row: i, Column: j, Reason: "too large"}
			}
		}
	}
	if m.partWith != nil {
		d = m.partWith(d)
	}
	return &summedPart{m: m, rows: d}, nil
}

type summedPart struct {
	m    *summed
	rows learner.Dataset
}

func (p *summedPart) Sum(ctx context.Context, state []float64, into *learner.Sums) error {
	if err := ctx.Err(); err != nil && !p.m.deaf {
		return err
	}
	if p.m.sum != nil {
		p.m.sum(p.rows, state, into)
		return nil
	}
	addUp(p.rows, into)
	return nil
}

func addUp(d learner.Dataset, into *learner.Sums) {
	for i := range d.Len() {
		into.Reals[0].Add(d.Weight(i))
		for j, v := range d.X.RawRowView(i) {
			into.Reals[1+j].AddProduct(d.Weight(i), v)
		}
	}
}

func (m *summed) Advance(_ context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	if len(state) != 1 || state[0] != nothingSeen || len(sums.Reals) != 1+len(s.Features) {
		return learner.Advance{}, errors.New("these sums or this state belong to something else")
	}
	if m.advance != nil {
		m.advance(m, state)
	}
	next := []float64{meanKnown}
	for j := range s.Features {
		next = append(next, sums.Reals[1+j].Value()/sums.Reals[0].Value())
	}
	return learner.Advance{State: next, Done: true, Why: "the mean is known"}, nil
}

func (m *summed) SetState(s learner.Schema, state []float64) error {
	if m.setState != nil {
		return m.setState(m, state)
	}
	if len(state) != 1+len(s.Features) || state[0] != meanKnown || !numeric.AllFinite(state) {
		return errors.New("this state is no model")
	}
	m.mean = slices.Clone(state[1:])
	return nil
}

func summedRegistry(with summed) *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "saboteur", registry.Entry[none, *summed]{
		Task: learner.Clustering, Summary: "Finds halves by sums.", New: func(none, learner.Env) (*summed, error) {
			m := with
			return &m, nil
		},
	})
	return r
}

func TestHonestSummablePasses(t *testing.T) {
	Run(t, "saboteur", WithRegistry(summedRegistry(summed{})))
}

func summableActs() []act {
	return []act{
		{check: "sums_of_parts", what: "rounds what each part adds", registry: summedRegistry(summed{
			sum: func(d learner.Dataset, _ []float64, into *learner.Sums) {
				totals := make([]float64, len(into.Reals))
				for i := range d.Len() {
					totals[0] += d.Weight(i)
					for j, v := range d.X.RawRowView(i) {
						totals[1+j] += d.Weight(i) * v
					}
				}
				for at, v := range totals {
					into.Reals[at].Add(v)
				}
			},
		})},
		{check: "sums_of_parts", what: "counts rows by their place", registry: summedRegistry(summed{
			partWith: func(d learner.Dataset) learner.Dataset {
				d = cloneData(d)
				d.Weights = slices.Repeat([]float64{1}, d.Len())
				d.Weights[0] = 2
				return d
			},
		})},
		{check: "state_is_the_training", what: "writes to the state", registry: summedRegistry(summed{
			advance: func(_ *summed, state []float64) { state[0] = 5 },
		})},
		{check: "set_state_refused", what: "takes any state", registry: summedRegistry(summed{
			setState: func(m *summed, state []float64) error {
				m.mean = slices.Repeat([]float64{1}, width)
				if len(state) > width {
					copy(m.mean, state[1:])
				}
				return nil
			},
		})},
		{check: "part_has_no_memory", what: "adds how often it was asked", registry: summedRegistry(summed{
			sum: func() func(learner.Dataset, []float64, *learner.Sums) {
				asked := 0.
				return func(_ learner.Dataset, _ []float64, into *learner.Sums) {
					asked++
					into.Reals[0].Add(asked)
				}
			}(),
		})},
		{check: "sums_add_to_others", what: "forgets what is there", registry: summedRegistry(summed{
			sum: func(d learner.Dataset, _ []float64, into *learner.Sums) {
				clear(into.Reals)
				into.Reals[0].Add(float64(d.Len()))
			},
		})},
		{check: "cancel_sum", what: "does not look at its context", registry: summedRegistry(summed{deaf: true})},
	}
}
