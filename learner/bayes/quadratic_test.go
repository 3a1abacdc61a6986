package bayes_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distmv"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/bayes"
)

// TestQuadraticAsInScikitLearn has scores and probabilities of QuadraticDiscriminantAnalysis of scikit-learn 1.2.1 on
// the same splits: for the test row that it is least sure of, those of the first classes.
func TestQuadraticAsInScikitLearn(t *testing.T) {
	for _, tc := range []struct {
		set, params string
		score       float64
		row         int
		proba       []float64
	}{
		{"iris", `{}`, 0.9737, 31, []float64{1.4709656576194829e-111, 0.819456409758583, 0.180543590241417}},
		{"iris", `{"reg_param": 0.1}`, 0.9737, 24, []float64{2.7080186393989265e-27, 0.4520893085141677, 0.5479106914858323}},
		{"wine", `{}`, 1, 23, []float64{0.001773674275136456, 0.9982263257248636, 7.574526093017761e-65}},
		{"wine", `{"reg_param": 0.1}`, 0.9778, 22, []float64{0.9594232717722349, 0.040576728212745744, 1.501945664410795e-11}},
		{"breast_cancer", `{}`, 0.958, 108, []float64{0.6727316327615495, 0.32726836723845054}},
		{"breast_cancer", `{"reg_param": 0.1}`, 0.965, 40, []float64{0.4978241013330499, 0.5021758986669502}},
		{"digits", `{"reg_param": 0.1}`, 0.9733, 331, []float64{5.985215988972122e-50, 0.4159158380785108, 6.621201633530895e-29}},
	} {
		t.Run(tc.set+tc.params, func(t *testing.T) {
			train, test := testdata.Load(t, tc.set)
			m := fitted(t, "qda-classifier", tc.params, train)
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
			got := proba(t, m, test.X).RawRowView(tc.row)
			for c, want := range tc.proba {
				if math.Abs(got[c]-want) > 1e-6*max(want, 1e-3) {
					t.Errorf("class %d of row %d: %v, want %v", c, tc.row, got[c], want)
				}
			}
		})
	}
}

// TestQuadraticDensity compares with normal distributions of gonum, with weights as if rows were repeated.
func TestQuadraticDensity(t *testing.T) {
	d, _ := testdata.Load(t, "iris")
	d.Weights = make([]float64, d.Len())
	for i := range d.Weights {
		d.Weights[i] = float64(i % 3)
	}
	x := mat.NewDense(2, 4, []float64{6, 3, 5, 1.7, 5, 3, 2.5, 0.7})
	want := mat.NewDense(2, 3, nil)
	for c := range 3 {
		var rows []int
		for i, y := range d.Y {
			for range int(d.Weights[i]) {
				if int(y) == c {
					rows = append(rows, i)
				}
			}
		}
		part := d.Select(rows).X
		var covariances mat.SymDense
		stat.CovarianceMatrix(&covariances, part, nil)
		means := make([]float64, 4)
		for j := range means {
			means[j] = stat.Mean(mat.Col(nil, j, part), nil)
		}
		normal, ok := distmv.NewNormal(means, &covariances, nil)
		if !ok {
			t.Fatal("no distribution")
		}
		for i := range 2 {
			want.Set(i, c, normal.Prob(x.RawRowView(i))*float64(len(rows)))
		}
	}
	got := proba(t, fitted(t, "qda-classifier", `{}`, d), x)
	for i := range 2 {
		for c := range 3 {
			if p := want.At(i, c) / mat.Sum(want.RowView(i)); math.Abs(got.At(i, c)-p) > 1e-11 {
				t.Errorf("row %d, class %d: %v, want %v", i, c, got.At(i, c), p)
			}
		}
	}
}

// Features that depend on each other, constant ones and classes of one row have densities too.
func TestQuadraticOfFlatClasses(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"a", "b", "c", "none"}},
		X:      mat.NewDense(7, 3, []float64{0, 0, 7, 1, 2, 7, 2, 4, 7, 10, 1, 7, 11, 3, 7, 12, 0, 7, 30, 30, 7}),
		Y:      []float64{0, 0, 0, 1, 1, 1, 2},
	}
	m := fitted(t, "qda-classifier", `{}`, d)
	predicted, err := m.Predict(context.Background(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	for i, y := range predicted {
		if y != d.Y[i] {
			t.Errorf("row %d is of class %v, want %v", i, y, d.Y[i])
		}
	}
	if _, err := bayes.NewQuadratic(bayes.QuadraticParams{RegParam: math.NaN()}, learner.Env{}); err == nil {
		t.Error("reg_param NaN: no error")
	}
}
