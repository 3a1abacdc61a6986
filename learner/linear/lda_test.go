package linear_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func discriminant(t *testing.T, d learner.Dataset) learner.Classifier {
	t.Helper()
	m, err := registry.New("lda-classifier", nil, learner.Env{Procs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m.(learner.Classifier)
}

// TestLDAAsInScikitLearn has scores and probabilities of LinearDiscriminantAnalysis of scikit-learn 1.2.1 on the same
// splits: for the test row that it is least sure of, those of the first classes.
func TestLDAAsInScikitLearn(t *testing.T) {
	for _, tc := range []struct {
		set   string
		score float64
		row   int
		proba []float64
	}{
		{"iris", 0.9737, 24, []float64{1.2051834921543261e-30, 0.126485165209093, 0.8735148347909069}},
		{"wine", 0.9778, 18, []float64{1.0710173977001026e-09, 0.8065094054726111, 0.19349059345637146}},
		{"breast_cancer", 0.972, 109, []float64{0.47605473544640386, 0.5239452645535961}},
		{"digits", 0.9511, 312, []float64{1.2298433816704256e-11, 0.017469766221752368, 1.6836202373488223e-11, 0.05441535078062659}},
	} {
		t.Run(tc.set, func(t *testing.T) {
			train, test := testdata.Load(t, tc.set)
			m := discriminant(t, train)
			predicted, err := m.Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			right := 0.0
			for i, y := range predicted {
				if y == test.Y[i] {
					right++
				}
			}
			if got := right / float64(test.Len()); math.Abs(got-tc.score) > 0.5e-4 {
				t.Errorf("accuracy %.4f, want %.4f", got, tc.score)
			}
			proba, err := m.PredictProba(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			for c, want := range tc.proba {
				if got := proba.At(tc.row, c); math.Abs(got-want) > 1e-9*max(want, 1e-3) {
					t.Errorf("class %d of row %d: %v, want %v", c, tc.row, got, want)
				}
			}
		})
	}
}

// However the rows are dealt out, sorted by class too, and whatever the threads: the bits of a fit.
func TestLDAOfAnyCut(t *testing.T) {
	d, _ := testdata.Load(t, "wine")
	d.Weights = make([]float64, d.Len())
	for i := range d.Weights {
		d.Weights[i] = float64(i%4) / 3
	}
	coef, intercept := discriminant(t, d).(learner.Coefficienter).Coefficients()
	for how, parts := range cuts(d.Y) {
		for _, procs := range []int{1, 3} {
			m, _ := summed(t, "lda-classifier", `{}`, procs, d, parts...)
			c, i := m.(learner.Coefficienter).Coefficients()
			if !mat.Equal(c, coef) || !slices.Equal(i, intercept) {
				t.Errorf("%s, %d threads: other bits", how, procs)
			}
		}
	}
}

// Two normal classes with variance 1 that are 2 apart: the logit is the distance along, twice, from the middle.
func TestLDAByHand(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"a", "b", "none"}},
		X:      mat.NewDense(6, 2, []float64{1e6 - 2, 7, 1e6 - 1, 7, 1e6, 7, 1e6, 7, 1e6 + 1, 7, 1e6 + 2, 7}), Y: []float64{0, 0, 0, 1, 1, 1},
	}
	// Each class has the deviations -1, 0, 1: their squares are 4 in all, of 6 rows less 2 classes.
	proba, err := discriminant(t, d).PredictProba(context.Background(), mat.NewDense(1, 2, []float64{1e6 + 0.25, 7}))
	if err != nil {
		t.Fatal(err)
	}
	want := 1 / (1 + math.Exp(-0.5))
	if math.Abs(proba.At(0, 1)-want) > 1e-9 || proba.At(0, 2) > 1e-300 {
		t.Errorf("%v, want %v for the second class and nothing for the last", proba.RawRowView(0), want)
	}
}
