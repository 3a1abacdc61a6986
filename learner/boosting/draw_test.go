package boosting

import (
	"context"
	"math"
	"testing"

	"github.com/gochimera/chimera/learner"
)

// trained trains on rows with parameters, and returns the last state's words and loss too.
func trained(t *testing.T, g Growth, d learner.Dataset) (*Regressor, []float64, string) {
	t.Helper()
	m, err := NewRegressor(RegressorParams{Growth: g}, learner.Env{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	part, err := m.Part(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	why := ""
	if err := learner.TrainOnParts(context.Background(), m, d.Schema, []learner.Part{part}, func(a learner.Advance) {
		if !math.IsNaN(a.Loss) && a.Iteration == len(losses) {
			losses = append(losses, a.Loss)
		}
		why = a.Why
	}); err != nil {
		t.Fatal(err)
	}
	return m, losses, why
}

func usual() Growth {
	return Growth{
		LearningRate: 0.2, MaxIter: 60, MaxLeafNodes: 15, MinSamplesLeaf: 5, MaxBins: 255, MaxFeatures: 1, Subsample: 1,
		ValidationFraction: 0.2, NIterNoChange: 5, Tol: 1e-7,
	}
}

// TestEarlyStopping: it stops when the rows held out say so, which the last loss of the rows learned from does not know,
// and the model is that of the iterations so far.
func TestEarlyStopping(t *testing.T) {
	d := mixed(900, 0, false)
	g := usual()
	whole, losses, why := trained(t, g, d)
	if len(losses) != 61 || why != "max_iter" || len(whole.model.roots) != 60 {
		t.Fatalf("%d losses, %d trees, ended by %q without early stopping", len(losses), len(whole.model.roots), why)
	}
	g.EarlyStopping = true
	m, losses, why := trained(t, g, d)
	trees := len(m.model.roots)
	if why != "n_iter_no_change" || trees < g.NIterNoChange || trees >= 60 || len(losses) != trees+1 {
		t.Errorf("%d losses, %d trees, ended by %q", len(losses), trees, why)
	}
	g.Tol = math.MaxFloat64 // nothing is an improvement
	if m, _, _ := trained(t, g, d); len(m.model.roots) != g.NIterNoChange {
		t.Errorf("%d trees, want %d", len(m.model.roots), g.NIterNoChange)
	}
	for _, few := range []int{1, 3} { // all or none of so few rows are held out sooner or later
		for seed := range uint64(12) {
			m, err := NewRegressor(RegressorParams{Growth: g}, learner.Env{Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), d.Select(upTo(few))); err != nil && m.model != nil {
				t.Errorf("a model beside the error %v", err)
			}
		}
	}
}

// TestHeldOutRowsTeachNothing: other targets of rows held out make the same trees.
func TestHeldOutRowsTeachNothing(t *testing.T) {
	d := mixed(600, 0, false)
	g := usual()
	g.EarlyStopping, g.MaxIter, g.NIterNoChange = true, 5, 100
	tr, err := g.trainer(learner.Regression, squaredError, learner.Env{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	p, err := tr.newPart(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	var rows []int
	for i, held := range p.held {
		if !held {
			rows = append(rows, i)
		}
	}
	if share := 1 - float64(len(rows))/600; math.Abs(share-0.2) > 0.06 {
		t.Errorf("%.3f of the rows are held out, want 0.2", share)
	}
	with := train(t, tr, d.Schema, p)
	g.EarlyStopping = false
	without, _, _ := trained(t, g, d.Select(rows))
	// The bound of gradients is over all rows, so the numbers may differ in their last bits, not the splits.
	if len(with.nodes) != len(without.model.nodes) {
		t.Fatalf("%d nodes, and %d without the rows that are held out", len(with.nodes), len(without.model.nodes))
	}
	for i, n := range with.nodes {
		if other := without.model.nodes[i]; other.kind != n.kind || math.Abs(other.value-n.value) > 1e-5 {
			t.Fatalf("node %d is %+v, and %+v without the rows that are held out", i, n, other)
		}
	}
}

// TestSubsample: each iteration learns from its own share of the rows, and what the scores of the others become is what
// the trees say of them.
func TestSubsample(t *testing.T) {
	d := mixed(600, 0, false)
	g := usual()
	g.Subsample, g.MaxFeatures, g.MaxIter = 0.5, 0.5, 8
	tr, err := g.trainer(learner.Regression, squaredError, learner.Env{Seed: 3, Procs: 2})
	if err != nil {
		t.Fatal(err)
	}
	p, err := tr.newPart(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	m := train(t, tr, d.Schema, p)
	if share := float64(len(p.outside)) / 600; math.Abs(share-0.5) > 0.1 {
		t.Errorf("%.3f of the rows are out, want 0.5", share)
	}
	scores, err := m.scores(context.Background(), d.X, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range scores {
		if math.Abs(s-p.score[0][i]) > 1e-12*math.Abs(s) {
			t.Fatalf("row %d: the model says %v, the training has %v", i, s, p.score[0][i])
		}
	}
	used := map[uint32]bool{}
	for _, n := range m.nodes {
		if n.kind&leafFlag == 0 {
			used[n.kind&featureMask] = true
		}
	}
	if len(used) < 4 {
		t.Errorf("with features drawn for each node only %d of them are used", len(used))
	}
}

// TestBalanced: with balanced weights, the rarer class is as heavy as the other.
func TestBalanced(t *testing.T) {
	d := mixed(900, 2, false)
	var rows []int
	ones := 0
	for i, y := range d.Y {
		if y == 0 || ones < 60 {
			rows = append(rows, i)
			ones += int(y)
		}
	}
	d = d.Select(rows)
	fit := func(p ClassifierParams, d learner.Dataset) *model {
		m, err := NewClassifier(p, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		return m.model
	}
	g := usual()
	g.MaxIter, g.MinSamplesLeaf = 5, 1
	if m := fit(ClassifierParams{Growth: g, ClassWeight: "balanced"}, d); math.Abs(m.base[0]) > 1e-12 {
		t.Errorf("all rows begin with the score %v, want 0", m.base[0])
	} else {
		heavy := d
		heavy.Weights = learner.Balanced(d.Y, nil, 2)
		for i := range heavy.Weights {
			heavy.Weights[i] *= 1000 // min_samples_leaf counts row weights, but not those of classes: so it says nothing
		}
		other := fit(ClassifierParams{Growth: g, ClassWeight: "none"}, heavy)
		x, err := m.scores(context.Background(), d.X, 1)
		if err != nil {
			t.Fatal(err)
		}
		y, err := other.scores(context.Background(), d.X, 1)
		if err != nil {
			t.Fatal(err)
		}
		far := 0
		for i := range x {
			if math.Abs(x[i]-y[i]) > 1e-4 {
				far++
			}
		}
		if far > len(x)/20 {
			t.Errorf("%d of %d scores are not those of rows with such weights", far, len(x))
		}
	}
}
