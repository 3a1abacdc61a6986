package mlp_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mlp"
)

// classes are rows of a number of features and classes, drawn at random.
func classes(rows, features, classes int) learner.Dataset {
	rng := learner.NewRand(uint64(rows + features + classes))
	d := learner.Dataset{X: mat.NewDense(rows, features, nil), Y: make([]float64, rows)}
	for j := range features {
		d.Features = append(d.Features, fmt.Sprint("x", j))
	}
	for c := range classes {
		d.Classes = append(d.Classes, learner.NumberLabel(float64(c)))
	}
	for i := range rows {
		d.Y[i] = float64(i % classes)
		for j := range features {
			d.X.Set(i, j, rng.NormFloat64())
		}
		d.Weights = append(d.Weights, float64(1+i%3))
	}
	return d
}

// TestTwoClassesHaveOneLogisticUnit: without hidden layers the network is logistic regression, whose
// loss, gradient and probabilities are known.
func TestTwoClassesHaveOneLogisticUnit(t *testing.T) {
	const features = 3
	d := classes(40, features, 2)
	m := layered(t, "mlp-classifier", `{"hidden_layer_sizes": []}`, learner.Env{Seed: 1})
	if _, err := m.Init(d.Schema); err != nil {
		t.Fatal(err)
	}
	p := []float64{0.5, -2, 1.5, 0.25}
	if err := m.SetParameters(p); err != nil {
		t.Fatalf("three coefficients and an intercept are not its parameters: %v", err)
	}
	var loss float64
	want := make([]float64, features+1)
	proba, err := m.(learner.Classifier).PredictProba(t.Context(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	for i, y := range d.Y {
		row := d.X.RawRowView(i)
		p1 := 1 / (1 + math.Exp(-floats.Dot(p[:features], row)-p[features]))
		loss -= d.Weights[i] * (y*math.Log(p1) + (1-y)*math.Log(1-p1))
		floats.AddScaled(want[:features], d.Weights[i]*(p1-y), row)
		want[features] += d.Weights[i] * (p1 - y)
		if got := proba.RawRowView(i); !near(got, []float64{1 - p1, p1}, 1e-14) {
			t.Errorf("row %d: the probabilities are %v, want %v of the second", i, got, p1)
		}
	}
	got := make([]float64, features+1)
	sum, _, err := m.Gradient(t.Context(), learner.Step{}, d, got)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(sum-loss) > 1e-12 || !near(got, want, 1e-13) {
		t.Errorf("loss %v, gradient %v; want %v, %v", sum, got, loss, want)
	}
}

// TestStartsAsScikitLearn: coefficients and intercepts of all layers are within the bound that the
// activation gives, sqrt(6 / (in + out)), or of the logistic one sqrt(2 / (in + out)), and fill it.
func TestStartsAsScikitLearn(t *testing.T) {
	for activation, factor := range map[string]float64{"relu": 6, "tanh": 6, "logistic": 2} {
		for outputs, n := range map[int]int{1: 2, 3: 3} {
			d := classes(6, 20, n)
			m := layered(t, "mlp-classifier", fmt.Sprintf(`{"hidden_layer_sizes": [300], "activation": %q}`, activation), learner.Env{Seed: 1})
			if _, err := m.Init(d.Schema); err != nil {
				t.Fatal(err)
			}
			p := m.Parameters()
			for _, layer := range [][2]int{{20, 300}, {300, outputs}} {
				bound := math.Sqrt(factor / float64(layer[0]+layer[1]))
				here := p[:(layer[0]+1)*layer[1]]
				p = p[len(here):]
				if largest := max(floats.Max(here), -floats.Min(here)); largest > bound || largest < 0.95*bound {
					t.Errorf("%s, %d classes: the largest of %v is %v, the bound %v", activation, n, layer, largest, bound)
				}
				if last := here[layer[0]*layer[1]:]; floats.Norm(last, 1) == 0 {
					t.Errorf("%s, %d classes: intercepts of %v are 0", activation, n, layer)
				}
			}
			if len(p) != 0 {
				t.Errorf("%d classes: %d parameters too many", n, len(p))
			}
		}
	}
}

// twoOutputs is an architecture that has two outputs whatever it is asked for.
type twoOutputs struct{}

func (twoOutputs) Layers(in, _ int) ([]mlp.Layer, error) {
	return []mlp.Layer{mlp.Dense{In: in, Out: 2}}, nil
}

func TestTwoOutputsOfTwoClassesAreRefused(t *testing.T) {
	m, err := mlp.NewClassifier(twoOutputs{}, mlp.Training{
		Solver: "adam", LearningRateInit: 0.01, LearningRate: "constant", BatchSize: 10, MaxIter: 2, NIterNoChange: 1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8,
	}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(t.Context(), classes(10, 2, 2)); err == nil || !strings.Contains(err.Error(), "want 1: it is the logit") {
		t.Errorf("error %v", err)
	}
}
