package export

import (
	"fmt"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// Part is what a member computes, as plain arrays: a forest or a network. A linear model is a network of one dense layer.
type Part struct {
	Member string
	Share  float64 // of its answers in the model's: its weight divided by the sum of all
	// One of the two.
	Forest  *learner.Forest
	Network *learner.Network
}

// Link says what the part's answers are, given its scores.
func (p Part) Link() learner.Link {
	if p.Forest != nil {
		return p.Forest.Link
	}
	return p.Network.Link
}

// Parts are the members' models as plain arrays, in their order. A scaling is folded into the first layer. The error is an
// *Error that says which member cannot be exported, and why.
func (m *Model) Parts() ([]Part, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	shares := m.shares()
	parts := make([]Part, len(m.Members))
	for i := range m.Members {
		one := &m.Members[i]
		p, err := one.part()
		if err == nil {
			err = p.check(len(m.Features), len(m.Classes))
		}
		if err == nil && one.Features != nil && !slices.Equal(one.Features, m.Features) {
			err = p.reorder(one.Features, m.Features)
		}
		if err != nil {
			return nil, &Error{Member: m.named(i), Kind: one.Kind, Reason: err.Error()}
		}
		p.Member, p.Share = m.named(i), shares[i]
		parts[i] = p
	}
	return parts, nil
}

// part takes one learner to pieces. The error is a reason.
func (m *Member) part() (Part, error) {
	switch l := m.Learner.(type) {
	case learner.Forester:
		f := l.Forest()
		switch {
		case f == nil:
			return Part{}, learner.ErrNotFitted
		case m.Scaling != nil:
			return Part{}, fmt.Errorf("its features were scaled, which trees do not take up")
		}
		return Part{Forest: f}, nil
	case learner.Networker:
		n, err := l.Network()
		if err == nil && n == nil {
			err = learner.ErrNotFitted
		}
		if err == nil && m.Scaling != nil {
			err = fold(n, *m.Scaling)
		}
		return Part{Network: n}, err
	case learner.Linked:
		n, err := linear(l)
		if err == nil && m.Scaling != nil {
			err = fold(n, *m.Scaling)
		}
		return Part{Network: n}, err
	}
	return Part{}, fmt.Errorf("its learner hands out neither trees nor coefficients nor layers; trees, forests, boosting, linear models and networks of this " +
		"module do (chimera learners --capability forest, link or network lists them)")
}

// linear is a linear model as a network.
func linear(l learner.Linked) (*learner.Network, error) {
	coef, intercept := l.Coefficients()
	if coef == nil {
		return nil, learner.ErrNotFitted
	}
	link := l.Link()
	if link == "" {
		return nil, fmt.Errorf("its loss is one of its own, and nothing says what probabilities its scores stand for")
	}
	outputs, features := coef.Dims()
	flat := make([]float64, 0, features*outputs)
	for j := range features {
		for o := range outputs {
			flat = append(flat, coef.At(o, j))
		}
	}
	return &learner.Network{Link: link, Layers: []learner.NetworkLayer{{
		Name: "linear", Kind: learner.DenseLayer, In: features, Out: outputs, Params: [][]float64{flat, slices.Clone(intercept)},
	}}}, nil
}

// fold makes a network of rows on the standard scale one of rows as they are: (x - mean) / scale is a part of its first layer.
func fold(n *learner.Network, s moments.Scaling) error {
	l := &n.Layers[0]
	if l.Kind != learner.DenseLayer || l.In != len(s.Scale) {
		return fmt.Errorf("its features are scaled, and its first layer (%s) is not a dense one of %d features that could take that up", l.Name, len(s.Scale))
	}
	coef, intercept := l.Params[0], l.Params[1]
	for j, scale := range s.Scale {
		for o := range intercept {
			coef[j*l.Out+o] /= scale
			intercept[o] -= coef[j*l.Out+o] * s.Mean[j]
		}
	}
	return nil
}

// check reports whether the part takes the features and gives the scores that it should.
func (p Part) check(features, classes int) error {
	var in, out int
	if p.Forest != nil {
		in, out = p.Forest.Features, p.Forest.Outputs
		if len(p.Forest.Trees) == 0 {
			return fmt.Errorf("its forest has no trees")
		}
	} else {
		in, out = p.Network.Layers[0].In, p.Network.Layers[len(p.Network.Layers)-1].Out
	}
	want := 1
	if classes > 1 {
		want = p.Link().Scores(classes)
	}
	if in != features || out != want {
		return fmt.Errorf("it makes %d scores of %d features, want %d of %d", out, in, want, features)
	}
	return nil
}

// reorder makes a part that sees features in one order one that sees them in another.
func (p Part) reorder(from, to []string) error {
	at := make([]int, len(from)) // of each feature of from, where it is in to
	for j, name := range from {
		at[j] = slices.Index(to, name)
	}
	if p.Forest != nil {
		for _, t := range p.Forest.Trees {
			for i := range t.Nodes {
				if n := &t.Nodes[i]; !n.Leaf() {
					n.Feature = at[n.Feature]
				}
			}
		}
		return nil
	}
	l := &p.Network.Layers[0]
	if l.Kind != learner.DenseLayer {
		return fmt.Errorf("its features are in another order than the model's, and its first layer (%s) is not a dense one that could take that up", l.Name)
	}
	coef := make([]float64, len(l.Params[0]))
	for j, k := range at {
		copy(coef[k*l.Out:(k+1)*l.Out], l.Params[0][j*l.Out:(j+1)*l.Out])
	}
	l.Params[0] = coef
	return nil
}
