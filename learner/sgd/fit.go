package sgd

import (
	"context"
	"errors"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
)

// fit finds the functions for train on the scale of the data, beginning with
// coefficients of 0 and the given intercept. weights are those of the rows.
func (m *Linear) fit(ctx context.Context, train learner.Dataset, weights []float64, intercept float64) (functions, *learner.Convergence, error) {
	l, err := m.lossFor(len(train.Classes))
	if err != nil {
		return functions{}, nil, err
	}
	p := problem{loss: l, data: train, weights: weights}
	if p.scaling, err = m.scaling(ctx, train); err != nil {
		return functions{}, nil, err
	}
	for i, w := range weights {
		if w > 0 {
			p.rows = append(p.rows, i)
		}
	}
	if m.settings.earlyStopping {
		p.rows, p.held = hold(train, p.rows, m.settings.validationFraction, m.env.Seed)
	}
	_, features := train.X.Dims()
	f := newFunctions(l.Outputs(), features, m.settings.intercept)
	if f.intercept {
		floats.AddConst(intercept, f.intercepts())
	}
	d, err := newDescent(ctx, p, f, m.settings, m.env.Log)
	if err != nil {
		return functions{}, nil, err
	}
	if f.params, err = d.run(ctx, m.env.Seed); err != nil {
		return functions{}, nil, err
	}
	if p.scaling != nil {
		if f.params, err = p.scaling.Fold(f.params, f.blocks()); err != nil {
			return functions{}, nil, err
		}
	}
	if !numeric.AllFinite(f.params) {
		return functions{}, nil, errors.New("the coefficients overflow on the scale of the data: the features are too small; rescale them")
	}
	return f, d.ended, ctx.Err()
}

// scaling is that of the rows, nil if none is wanted.
func (m *Linear) scaling(ctx context.Context, train learner.Dataset) (*moments.Scaling, error) {
	if !m.settings.standardize {
		return nil, nil
	}
	sum, err := moments.FromDataset(ctx, train)
	if err != nil {
		return nil, err
	}
	s, err := sum.Scaling()
	if err != nil {
		return nil, err
	}
	if !m.settings.intercept {
		s = s.ScaleOnly()
	}
	return &s, nil
}

// hold takes a fraction of the rows out to be held back, of each class its
// share, but never its last row. held is nil if no row can be spared.
func hold(train learner.Dataset, rows []int, fraction float64, seed uint64) (rest, held []int) {
	groups := make([][]int, max(1, len(train.Classes)))
	for _, i := range rows {
		g := 0
		if train.Classes != nil {
			g = int(train.Y[i])
		}
		groups[g] = append(groups[g], i)
	}
	rng := learner.NewRand(learner.Seed(seed, "sgd", "validation"))
	var largest int
	for g, group := range groups {
		rng.Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
		if len(group) > len(groups[largest]) {
			largest = g
		}
	}
	take := make([]int, len(groups))
	total := 0
	for g, group := range groups {
		take[g] = max(0, min(int(fraction*float64(len(group))+0.5), len(group)-1))
		total += take[g]
	}
	if total == 0 && len(groups[largest]) > 1 {
		take[largest] = 1
	}
	for g, group := range groups {
		held = append(held, group[:take[g]]...)
		rest = append(rest, group[take[g]:]...)
	}
	slices.Sort(rest) // as they were given, for a descent that does not shuffle
	return rest, held
}
