package tree_test

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/tree"
)

// unbalanced are 90 rows of three classes, of 53, 32 and 5 rows.
func unbalanced() learner.Dataset {
	const n = 90
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b", "c"}, Classes: []learner.Label{"0", "1", "2"}}, X: mat.NewDense(n, 3, nil)}
	for i := range n {
		a, b, c := (i*37)%83, (i*29)%97, (i*53)%101
		d.X.SetRow(i, []float64{float64(a), float64(b), float64(c)})
		y := 0.0
		switch s := float64(a)/83 + 0.4*float64(b)/97 + 0.7*(float64((i*71)%59)/59); {
		case s > 1.55:
			y = 2
		case s > 1.1:
			y = 1
		}
		d.Y = append(d.Y, y)
	}
	return d
}

// The truths are those of scikit-learn 1.2, DecisionTreeClassifier(class_weight, max_depth, criterion, random_state=0) on the rows of
// unbalanced: feature_importances_ and predict of the training rows. They do
// not depend on random_state, so no splits are tied.
func TestClassWeight(t *testing.T) {
	for _, tt := range []struct {
		classWeight, criterion string
		depth                  int
		importances            []float64
		predicted              string
	}{
		{
			"none", "gini", 3, []float64{0.740412946811, 0.087778710953, 0.171808342236},
			"001010101001010100011010101001010101001010101001010001001010101001010101010010101010010101",
		},
		{
			"balanced", "gini", 3, []float64{0.628743853441, 0.143730064067, 0.227526082493},
			"001010101001020101012010101002010201002020101001020101002010201001010101011020101010010101",
		},
		{
			"balanced", "gini", 4, []float64{0.532779181917, 0.212466274951, 0.254754543132},
			"001010101000020000011010101002010201002010101001020001002010101001010101010020001010010100",
		},
		{
			"balanced", "entropy", 3, []float64{0.716125105966, 0.169698871310, 0.114176022724},
			"001010101001020101002020101002010201002020101001020101002010201001010101011020101010020101",
		},
	} {
		d := unbalanced()
		m, err := tree.NewClassifier(tree.ClassifierParams{ClassWeight: tt.classWeight, Criterion: tt.criterion, MaxDepth: tt.depth}, learner.Env{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if got := m.FeatureImportances(); !floats.EqualApprox(got, tt.importances, 1e-9) {
			t.Errorf("%s %s: importances %v, want %v", tt.classWeight, tt.criterion, got, tt.importances)
		}
		predicted, err := m.Predict(t.Context(), d.X)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, p := range predicted {
			got.WriteByte('0' + byte(p))
		}
		if got.String() != tt.predicted {
			t.Errorf("%s %s: predicted\n%s, want\n%s", tt.classWeight, tt.criterion, got.String(), tt.predicted)
		}
		if d.Weights != nil {
			t.Error("the data set was changed")
		}
	}
}

// Balanced weights are repeated rows: the rows of the least class as often as makes the classes equal.
func TestBalancedIsRepetition(t *testing.T) {
	d := unbalanced().Select([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	d.Classes = d.Classes[:2]
	for i := range d.Y {
		d.Y[i] = 0
		if i < 3 { // three of twelve: three times as often
			d.Y[i] = 1
		}
	}
	repeated := d
	for i := range d.Len() {
		repeated.Weights = append(repeated.Weights, 1+2*d.Y[i])
	}
	fit := func(classWeight string, d learner.Dataset) *mat.Dense {
		m, err := tree.NewClassifier(tree.ClassifierParams{ClassWeight: classWeight, Criterion: "gini", MaxDepth: 2}, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		p, err := m.PredictProba(t.Context(), d.X)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if got, want := fit("balanced", d), fit("none", repeated); !mat.EqualApprox(got, want, 1e-12) {
		t.Errorf("balanced answers %v, repetition %v", mat.Formatted(got), mat.Formatted(want))
	}
}

func TestBalancedWeights(t *testing.T) {
	y, w := []float64{0, 0, 2, 2, 2}, []float64{1, 3, 0, 2, 2}
	got := learner.Balanced(y, w, 4) // 8 in all, 4 of each of the two classes that there are
	for i, want := range []float64{1, 3, 0, 2, 2} {
		if math.Abs(got[i]-want) > 1e-15 {
			t.Errorf("weight %d is %v, want %v", i, got[i], want)
		}
	}
	// scikit-learn: len(y) / (classes * bincount(y)) = 5/(2*2), 5/(2*3)
	for i, want := range []float64{1.25, 1.25, 5. / 6, 5. / 6, 5. / 6} {
		if got := learner.Balanced(y, nil, 3)[i]; math.Abs(got-want) > 1e-15 {
			t.Errorf("row %d weighs %v, want %v", i, got, want)
		}
	}
}
