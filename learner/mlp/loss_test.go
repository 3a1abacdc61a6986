package mlp

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

// TestLosses: values and slopes by hand.
func TestLosses(t *testing.T) {
	for _, tc := range []struct {
		name       string
		loss       outputLoss
		out        []float64
		y, weights []float64
		want       float64
		slope      []float64
	}{
		{"squared error", perTarget{loss.SquaredError{}}, []float64{3, 1}, []float64{1, 2}, nil, 2.5, []float64{2, -1}},
		{"squared error, weights", perTarget{loss.SquaredError{}}, []float64{3, 1}, []float64{1, 2}, []float64{2, 0}, 4, []float64{4, 0}},
		{"huber", perTarget{loss.Huber{Epsilon: 1.5}}, []float64{1, 5, -5}, []float64{0, 0, 0}, nil, 0.5 + 2*1.5*(5-0.75), []float64{1, 1.5, -1.5}},
		{"cross-entropy", crossEntropy{}, []float64{0, math.Log(3)}, []float64{1}, nil, math.Log(4.0 / 3), []float64{0.25, -0.25}},
		{"cross-entropy, weight", crossEntropy{}, []float64{0, math.Log(3)}, []float64{0}, []float64{2}, 2 * math.Log(4), []float64{-1.5, 1.5}},
		{"cross-entropy far off", crossEntropy{}, []float64{1000, -1000}, []float64{1}, nil, 2000, []float64{1, -1}},
		{"one class", crossEntropy{}, []float64{7}, []float64{0}, nil, 0, []float64{0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rows := len(tc.y)
			out, d := mat.NewDense(rows, len(tc.out)/rows, tc.out), mat.NewDense(rows, len(tc.out)/rows, nil)
			got := tc.loss.sum(out, tc.y, tc.weights, d)
			if math.Abs(got-tc.want) > 1e-12 {
				t.Errorf("the loss is %v, want %v", got, tc.want)
			}
			for i, v := range d.RawMatrix().Data {
				if math.Abs(v-tc.slope[i]) > 1e-12 {
					t.Errorf("the slopes are %v, want %v", d.RawMatrix().Data, tc.slope)
				}
			}
		})
	}
}

func TestOutputLossRefused(t *testing.T) {
	classifier, err := NewClassifier(small(), usual(), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	regressor, err := NewRegressor(small(), usual(), RegressionLoss{Loss: SquaredError}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	two := func() *mat.Dense { return mat.NewDense(2, 2, nil) }
	for _, tc := range []struct {
		name       string
		objective  learner.Objective
		out, dOut  *mat.Dense
		y, weights []float64
	}{
		{"a gradient of another shape", classifier, two(), mat.NewDense(2, 3, nil), []float64{0, 1}, nil},
		{"too few targets", classifier, two(), two(), []float64{0}, nil},
		{"no such class", classifier, two(), two(), []float64{0, 2}, nil},
		{"too few weights", classifier, two(), two(), []float64{0, 1}, []float64{1}},
		{"two outputs for one target", regressor, two(), two(), []float64{0, 1}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, _, err := tc.objective.OutputLoss(tc.out, tc.y, tc.weights, tc.dOut); err == nil {
				t.Error("no error")
			}
		})
	}
}
