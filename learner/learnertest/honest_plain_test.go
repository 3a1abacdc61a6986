package learnertest

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// stump is an honest learner of one split, at 0 of the first feature.
type stump struct {
	forest *learner.Forest // nil before Fit
}

func (m *stump) Fit(ctx context.Context, d learner.Dataset) error {
	if err := learner.CheckFit(d, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, cols := d.X.Dims()
	var y, weights [2][]float64 // of the rows of each side
	for i, v := range d.Y {
		side := 0
		if d.X.At(i, 0) > 0 {
			side = 1
		}
		if w := d.Weight(i); w > 0 {
			y[side], weights[side] = append(y[side], v), append(weights[side], w)
		}
	}
	all := numeric.Mean(slices.Concat(y[:]...), slices.Concat(weights[:]...))
	values := []float64{all, all}
	for side := range values {
		if len(y[side]) > 0 {
			values[side] = numeric.Mean(y[side], weights[side])
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.forest = &learner.Forest{Features: cols, Outputs: 1, Scale: 1, Link: learner.IdentityLink, Trees: []learner.DecisionTree{{
		Nodes:  []learner.TreeNode{{Feature: 0, Left: 1, Right: 2}, {Feature: -1, Answer: 0}, {Feature: -1, Answer: 1}},
		Values: values,
	}}}
	return nil
}

func (m *stump) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if m.forest == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, m.forest.Features, learner.Traits{}); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	y := make([]float64, rows)
	for i := range y {
		m.forest.Scores(x.RawRowView(i), y[i:i+1])
	}
	return y, nil
}

func (m *stump) Forest() *learner.Forest {
	if m.forest == nil {
		return nil
	}
	f := *m.forest
	f.Trees = []learner.DecisionTree{{Nodes: slices.Clone(f.Trees[0].Nodes), Values: slices.Clone(f.Trees[0].Values)}}
	return &f
}

func (m *reporting) Link() learner.Link {
	if m.coef == nil {
		return ""
	}
	return learner.IdentityLink
}

func (m *honest) Network() (*learner.Network, error) {
	if !m.fitted {
		return nil, nil
	}
	n := &learner.Network{Link: learner.IdentityLink}
	if m.task == learner.Classification {
		n.Link = learner.SoftmaxLink
	}
	for i, l := range m.layers {
		coef := mat.DenseCopyOf(mat.NewDense(l.out, l.in, slices.Clone(l.w[:l.out*l.in])).T())
		name := string(rune('a' + i))
		n.Layers = append(n.Layers, learner.NetworkLayer{
			Name: "dense_" + name, Kind: learner.DenseLayer, In: l.in, Out: l.out, Params: [][]float64{coef.RawMatrix().Data, slices.Clone(l.w[l.out*l.in:])},
		})
		if l.tanh {
			n.Layers = append(n.Layers, learner.NetworkLayer{Name: "tanh_" + name, Kind: learner.TanhLayer, In: l.out, Out: l.out})
		}
	}
	return n, nil
}

var (
	_ learner.Forester  = (*stump)(nil)
	_ learner.Linked    = (*reporting)(nil)
	_ learner.Networker = (*honest)(nil)
)
