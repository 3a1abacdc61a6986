package forest

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/tree"
)

// lopsided are rows of two classes, one in six of the second.
func lopsided(rows int) learner.Dataset {
	rng := learner.NewRand(4)
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b"}, Classes: []learner.Label{"no", "yes"}}, X: mat.NewDense(rows, 2, nil)}
	for i := range rows {
		y := 0.0
		if i%6 == 0 {
			y = 1
		}
		d.X.SetRow(i, []float64{rng.NormFloat64() + y, rng.NormFloat64()})
		d.Y = append(d.Y, y)
		d.Weights = append(d.Weights, float64(1+i%2))
	}
	return d
}

// What a tree grows from: with balanced, the drawn weights times a factor for each class, which is that of the whole data set; with
// balanced_subsample, the classes weigh the same in each tree's own draw; without a bootstrap, both are the whole data set's.
func TestClassWeights(t *testing.T) {
	d := lopsided(60)
	of := func(weights []float64) (sums [2]float64) {
		for i, w := range weights {
			sums[int(d.Y[i])] += w
		}
		return sums
	}
	b, err := newBag(d)
	if err != nil {
		t.Fatal(err)
	}
	plain, balanced, sub := b.draw(7), classWeights(d, ClassifierParams{ClassWeight: "balanced", Bootstrap: true})(b.draw(7)),
		classWeights(d, ClassifierParams{ClassWeight: "balanced_subsample", Bootstrap: true})(b.draw(7))
	whole := of(d.Weights)
	for i, w := range plain {
		c := int(d.Y[i])
		if want := w * (whole[0] + whole[1]) / 2 / whole[c]; math.Abs(balanced[i]-want) > 1e-12 {
			t.Errorf("balanced: row %d weighs %v, want %v", i, balanced[i], want)
		}
		if (sub[i] > 0) != (w > 0) {
			t.Errorf("balanced_subsample: row %d weighs %v, drawn %v", i, sub[i], w)
		}
	}
	if s := of(sub); math.Abs(s[0]-s[1]) > 1e-9 {
		t.Errorf("balanced_subsample: the classes weigh %v", s)
	}
	if s := of(balanced); math.Abs(s[0]-s[1]) < 1e-9 {
		t.Error("the draw happens to be as the data set is: this test shows nothing")
	}
	for _, name := range []string{"balanced", "balanced_subsample"} {
		if s := of(classWeights(d, ClassifierParams{ClassWeight: name})(nil)); math.Abs(s[0]-s[1]) > 1e-9 || math.Abs(s[0]+s[1]-whole[0]-whole[1]) > 1e-9 {
			t.Errorf("%s without a bootstrap: the classes weigh %v", name, s)
		}
	}
	if classWeights(d, ClassifierParams{ClassWeight: "none"})(nil) != nil {
		t.Error("none makes weights")
	}
}

// A forest of one tree without a bootstrap is that tree.
func TestBalancedForestOfOneTree(t *testing.T) {
	d := lopsided(60)
	for _, classWeight := range []string{"none", "balanced"} {
		forest, err := NewClassifier(ClassifierParams{NEstimators: 1, ClassWeight: classWeight, Criterion: "gini", MaxDepth: 3}, learner.Env{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		one, err := tree.NewClassifier(tree.ClassifierParams{ClassWeight: classWeight, Criterion: "gini", MaxDepth: 3}, learner.Env{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		var answers []*mat.Dense
		for _, m := range []learner.Classifier{forest, one} {
			if err := m.Fit(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			p, err := m.PredictProba(t.Context(), d.X)
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, p)
		}
		if !mat.Equal(answers[0], answers[1]) {
			t.Errorf("%s: the forest of one tree and the tree answer differently", classWeight)
		}
	}
}
