// Package centroid is a learner of your own that learns from sums: the mean row of each class. Its rows may be anywhere.
package centroid

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("summed-centroid", registry.Entry[struct{}, *classifier]{Task: learner.Classification,
		Summary: "The class whose mean is nearest, from sums.", New: func(struct{}, learner.Env) (*classifier, error) { return &classifier{}, nil }})
}

type classifier struct {
	step  int       // numbers of a class
	means []float64 // class after class: its weight, and the mean of each feature; nil before the first fit
}

// Start and Shape: nothing is known at first, and a weight for each class is asked for, and a sum of each of its features.
func (*classifier) Start(learner.Schema) ([]float64, error) { return []float64{}, nil }
func (*classifier) Shape(s learner.Schema, _ []float64) (counts, reals int) {
	return 0, len(s.Classes) * (1 + len(s.Features))
}

type part struct{ learner.Dataset }

// Part checks rows.
func (*classifier) Part(_ context.Context, rows learner.Dataset) (learner.Part, error) {
	return part{rows}, learner.CheckFit(rows, learner.Classification, learner.Traits{})
}

// Sum adds each row to the sums of its class. They are exact, so that the order does not matter.
func (p part) Sum(ctx context.Context, _ []float64, into *learner.Sums) error {
	for i, y := range p.Y {
		row, w := p.X.RawRowView(i), p.Weight(i)
		if w*floats.Norm(row, math.Inf(1)) > exact.Largest {
			return &learner.DataError{Row: i, Column: -1, Reason: "a value is too large to be added up"}
		}
		class := into.Reals[int(y)*(1+len(row)):]
		class[0].Add(w)
		for j, v := range row {
			class[1+j].AddProduct(w, v)
		}
	}
	return ctx.Err()
}

// Advance divides the sums by the weights, and is done: more is not to be known.
func (*classifier) Advance(_ context.Context, s learner.Schema, _ []float64, sums *learner.Sums) (learner.Advance, error) {
	if want := len(s.Classes) * (1 + len(s.Features)); len(sums.Reals) != want {
		return learner.Advance{}, fmt.Errorf("want %d sums, got %d", want, len(sums.Reals))
	}
	means := make([]float64, len(sums.Reals))
	for i := range means {
		means[i] = sums.Reals[i].Value()
		if weight := i - i%(1+len(s.Features)); i > weight && means[weight] > 0 {
			means[i] /= means[weight]
		}
	}
	return learner.Advance{State: means, Done: true, Loss: math.NaN(), Why: "complete"}, nil
}

func (m *classifier) SetState(s learner.Schema, state []float64) error {
	if _, reals := m.Shape(s, nil); len(state) != reals || reals == 0 || !numeric.AllFinite(state) {
		return fmt.Errorf("want the finite means of %d classes, got %d numbers", len(s.Classes), len(state))
	}
	m.step, m.means = 1+len(s.Features), slices.Clone(state)
	return nil
}

func (m *classifier) Fit(ctx context.Context, d learner.Dataset) error {
	return learner.FitBySums(ctx, m, d)
}

func (m *classifier) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if m.means == nil {
		return nil, learner.ErrNotFitted
	} else if err := learner.CheckPredict(x, m.step-1, learner.Traits{}); err != nil {
		return nil, err
	}
	classes := make([]float64, x.RawMatrix().Rows)
	for i := range classes {
		for c, nearest := 0, math.Inf(1); c*m.step < len(m.means); c++ {
			class := m.means[c*m.step:][:m.step]
			if d := floats.Distance(x.RawRowView(i), class[1:], 2); class[0] > 0 && d < nearest {
				classes[i], nearest = float64(c), d
			}
		}
	}
	return classes, nil
}
