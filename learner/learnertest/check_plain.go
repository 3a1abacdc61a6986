package learnertest

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// Models that a learner hands out as plain arrays: computed by hand here, they answer what the learner does.
var plainChecks = []check{
	{name: "link", of: registry.Link, run: linked},
	{name: "forest", of: registry.Forest, run: forest},
	{name: "network", of: registry.Network, run: network},
}

// linked: the link makes the answers of the scores that the coefficients give.
func linked(k *trial) {
	k.check(k.model().(learner.Linked).Link() == "", "a link before Fit")
	for _, t := range k.tasks() {
		m := k.fitted(t.train).(learner.Linked)
		link := m.Link()
		k.must(link != "", "%s: no link after Fit", t.name)
		coef, intercept := m.Coefficients()
		outputs, _ := coef.Dims()
		k.plainly(m, t, t.test.X, link, outputs, func(row, scores []float64) {
			for o := range scores {
				scores[o] = intercept[o] + mat.Dot(coef.RowView(o), mat.NewVecDense(len(row), row))
			}
		})
	}
}

// forest: the trees are well-formed, and walked by hand they answer what the learner does, for missing values too if
// it accepts them. They are the caller's own.
func forest(k *trial) {
	k.check(k.model().(learner.Forester).Forest() == nil, "a forest before Fit")
	for _, t := range k.tasks() {
		x := mat.DenseCopyOf(t.test.X)
		train := t.train
		if k.subject.info.Traits.AllowsMissing {
			train = cloneData(train)
			punch(train.X)
			punch(x)
		}
		m := k.fitted(train).(learner.Forester)
		f := m.Forest()
		k.must(f != nil && len(f.Trees) > 0, "%s: no forest after Fit", t.name)
		k.must(f.Features == width, "%s: a forest of %d features, fitted to %d", t.name, f.Features, width)
		k.must(f.Base == nil || len(f.Base) == f.Outputs, "%s: %d bases for %d outputs", t.name, len(f.Base), f.Outputs)
		for i, one := range f.Trees {
			k.grown(t.name, i, one, f)
		}
		k.plainly(m, t, x, f.Link, f.Outputs, f.Scores)

		before := k.ask(m, x).clone()
		for i := range f.Trees {
			fill(f.Trees[i].Values, 99)
			for n := range f.Trees[i].Nodes {
				f.Trees[i].Nodes[n].Threshold = 99
			}
		}
		k.none(before.differs(k.ask(m, x)), "%s: writing over the forest changed the model", t.name)
	}
}

// punch takes some values out.
func punch(x *mat.Dense) {
	rows, cols := x.Dims()
	for i := range rows {
		if i%3 == 0 {
			x.Set(i, i%cols, math.NaN())
		}
	}
}

// grown asserts that a tree can be walked: every node but the root is the child of one node before it, so no walk goes in
// circles, and every leaf has an answer.
func (k *trial) grown(what string, i int, t learner.DecisionTree, f *learner.Forest) {
	parents := make([]int, len(t.Nodes))
	for at, n := range t.Nodes {
		if n.Leaf() {
			k.must(n.Answer >= 0 && (n.Answer+1)*f.Outputs <= len(t.Values), "%s: tree %d: leaf %d has answer %d of %d values", what, i, at, n.Answer, len(t.Values))
			continue
		}
		k.must(n.Feature < f.Features, "%s: tree %d: node %d splits feature %d of %d", what, i, at, n.Feature, f.Features)
		k.must(!math.IsNaN(n.Threshold), "%s: tree %d: node %d has no threshold", what, i, at)
		for _, child := range []int{n.Left, n.Right} {
			k.must(child > at && child < len(t.Nodes), "%s: tree %d: node %d of %d has the child %d", what, i, at, len(t.Nodes), child)
			parents[child]++
		}
	}
	for at, n := range parents {
		k.must(n == min(at, 1), "%s: tree %d: node %d has %d parents", what, i, at, n)
	}
}

// network: computed by hand, layer by layer, the network answers what the learner does. It is the caller's own.
func network(k *trial) {
	n, err := k.model().(learner.Networker).Network()
	k.check(n == nil && err == nil, "a network before Fit, or the error %v", err)
	for _, t := range k.tasks() {
		m := k.fitted(t.train).(learner.Networker)
		n, err := m.Network()
		if errors.Is(err, learner.ErrNotPlain) {
			k.check(n == nil, "%s: a network beside the error %v", t.name, err)
			continue // it has a layer of its user's
		}
		k.must(err == nil && n != nil && len(n.Layers) > 0, "%s: no network after Fit: %v", t.name, err)
		in := width
		names := map[string]bool{}
		for _, l := range n.Layers {
			k.must(l.In == in && l.Out > 0, "%s: layer %s takes %d values and is given %d", t.name, l.Name, l.In, in)
			k.must(!names[l.Name], "%s: two layers are called %s", t.name, l.Name)
			names[l.Name], in = true, l.Out
		}
		k.plainly(m, t, t.test.X, n.Link, in, func(row, scores []float64) {
			for _, l := range n.Layers {
				row = k.layer(l, row)
			}
			copy(scores, row)
		})
		before := k.ask(m, t.test.X).clone()
		for _, l := range n.Layers {
			for _, p := range l.Params {
				fill(p, 99)
			}
		}
		k.none(before.differs(k.ask(m, t.test.X)), "%s: writing over the network changed the model", t.name)
	}
}

// layer computes one layer for one row.
func (k *trial) layer(l learner.NetworkLayer, x []float64) []float64 {
	out := make([]float64, l.Out)
	each := func(f func(v float64) float64) {
		k.must(l.In == l.Out && len(l.Params) == 0, "layer %s: %d to %d values, %d vectors of parameters", l.Name, l.In, l.Out, len(l.Params))
		for j, v := range x {
			out[j] = f(v)
		}
	}
	switch l.Kind {
	case learner.DenseLayer:
		k.must(len(l.Params) == 2 && len(l.Params[0]) == l.In*l.Out && len(l.Params[1]) == l.Out, "layer %s has other parameters than a dense layer", l.Name)
		for o := range out {
			out[o] = l.Params[1][o]
			for j, v := range x {
				out[o] += v * l.Params[0][j*l.Out+o]
			}
		}
	case learner.NormLayer:
		k.must(len(l.Params) == 3 && len(l.Params[0]) == l.Out && len(l.Params[1]) == l.Out && len(l.Params[2]) == 1 && l.In == l.Out,
			"layer %s has other parameters than a layer normalisation", l.Name)
		var mean, variance float64
		for _, v := range x {
			mean += v / float64(len(x))
		}
		for _, v := range x {
			variance += (v - mean) * (v - mean) / float64(len(x))
		}
		for j, v := range x {
			out[j] = l.Params[0][j]*(v-mean)/math.Sqrt(variance+l.Params[2][0]) + l.Params[1][j]
		}
	case learner.ReLULayer:
		each(func(v float64) float64 { return max(v, 0) })
	case learner.TanhLayer:
		each(math.Tanh)
	case learner.LogisticLayer:
		each(func(v float64) float64 { return 1 / (1 + math.Exp(-v)) })
	case learner.GELULayer:
		each(func(v float64) float64 { return v * (1 + math.Erf(v/math.Sqrt2)) / 2 })
	case learner.IdentityLayer:
		each(func(v float64) float64 { return v })
	default:
		k.must(false, "layer %s is of the unknown kind %q", l.Name, l.Kind)
	}
	return out
}

// plainly asserts that scores, through the link, are what m answers for x. A learner without probabilities is held to
// the class of which the link is sure.
func (k *trial) plainly(m learner.Estimator, t task, x *mat.Dense, link learner.Link, outputs int, scoresOf func(row, scores []float64)) {
	k.Helper()
	a := k.ask(m, x)
	rows, _ := x.Dims()
	by := answers{predicted: make([]float64, rows)}
	classes := len(t.train.Classes)
	if classes > 0 {
		by.proba = mat.NewDense(rows, classes, nil)
	}
	scores := make([]float64, outputs)
	for i := range rows {
		scoresOf(x.RawRowView(i), scores)
		var err error
		if classes == 0 {
			by.predicted[i], err = link.Value(scores[0])
		} else {
			p := by.proba.RawRowView(i)
			err = link.Probabilities(scores, p)
			by.predicted[i] = float64(numeric.ArgMax(p))
		}
		k.must(err == nil, "%s: %v", t.name, err)
	}
	if a.proba == nil {
		by.proba = nil
	}
	k.none(a.leaves(by), "%s: what the learner answers, then what its plain model does", t.name)
}
