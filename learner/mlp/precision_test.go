package mlp_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/registry"
)

const inFloat32 = `{"hidden_layer_sizes": [40, 24], "activation": "tanh", "layer_norm": true, "precision": "float32", "max_iter": 40}`

// gradient is that of a new network on all rows, and the loss.
func gradient(t *testing.T, d learner.Dataset, params string, procs int) (grad []float64, loss float64) {
	t.Helper()
	m := layered(t, "mlp-classifier", params, learner.Env{Seed: 3, Procs: procs})
	if _, err := m.Init(d.Schema); err != nil {
		t.Fatal(err)
	}
	grad = make([]float64, len(m.Parameters()))
	loss, _, err := m.Gradient(t.Context(), learner.Step{Seed: 1}, d, grad)
	if err != nil {
		t.Fatal(err)
	}
	return grad, loss
}

// TestPrecisionOfTheGradient: in single precision it is that in double, which
// finite differences are held to, but for six digits.
func TestPrecisionOfTheGradient(t *testing.T) {
	d, _ := testdata.Load(t, "digits")
	single, loss := gradient(t, d, inFloat32, 1)
	double, want := gradient(t, d, `{"hidden_layer_sizes": [40, 24], "activation": "tanh", "layer_norm": true}`, 1)
	if apart := floats.Distance(single, double, 2) / floats.Norm(double, 2); apart > 1e-6 || apart == 0 {
		t.Errorf("the gradients are %.1e of their size apart, want up to 1e-6, and more than 0", apart)
	}
	if apart := math.Abs(loss/want - 1); apart > 1e-6 {
		t.Errorf("the losses are %v and %v", loss, want)
	}
	threaded, _ := gradient(t, d, inFloat32, 3)
	if !slices.Equal(single, threaded) {
		t.Error("three threads make another gradient")
	}
}

// TestPrecisionOfStages: a network in stages computes the same bits as whole,
// in single precision too.
func TestPrecisionOfStages(t *testing.T) {
	d, _ := testdata.Load(t, "digits")
	whole, _ := gradient(t, d, inFloat32, 2)
	m := layered(t, "mlp-classifier", inFloat32, learner.Env{Seed: 3, Procs: 1})
	layers, err := m.Layers(d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	first, err := m.Build(d.Schema, 0, 4)
	if err != nil {
		t.Fatal(err)
	}
	second, err := m.Build(d.Schema, 4, len(layers))
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float64, len(whole))
	cut := len(first.Parameters())
	for from, micro := 0, 0; from < d.Len(); from, micro = from+1024, micro+1 { // as the whole network cuts its rows
		var rows []int
		for i := from; i < min(from+1024, d.Len()); i++ {
			rows = append(rows, i)
		}
		part := d.Select(rows)
		between, err := first.Forward(t.Context(), learner.Step{Seed: 1}, micro, part.Rows, part.X)
		if err != nil {
			t.Fatal(err)
		}
		out, err := second.Forward(t.Context(), learner.Step{Seed: 1}, micro, part.Rows, between)
		if err != nil {
			t.Fatal(err)
		}
		dOut := mat.DenseCopyOf(out)
		if _, _, err := m.(learner.Objective).OutputLoss(out, part.Y, nil, dOut); err != nil {
			t.Fatal(err)
		}
		if dOut, err = second.Backward(t.Context(), micro, dOut, grad[cut:]); err != nil {
			t.Fatal(err)
		}
		if _, err = first.Backward(t.Context(), micro, dOut, grad[:cut]); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(grad, whole) {
		t.Error("two stages make another gradient than one network")
	}
}

// TestPrecisionOfFit: a network that was trained in single precision is as good,
// has the same bits on any number of threads, and predicts in double precision: what a
// learner without the parameter makes of its snapshot is the same.
func TestPrecisionOfFit(t *testing.T) {
	train, test := testdata.Load(t, "digits")
	standardise(train, test)
	var params, predicted []float64
	for _, procs := range []int{1, 2} {
		m := layered(t, "mlp-classifier", inFloat32, learner.Env{Seed: 3, Procs: procs})
		if err := m.Fit(t.Context(), train); err != nil {
			t.Fatal(err)
		}
		answers, err := m.Predict(t.Context(), test.X)
		if err != nil {
			t.Fatal(err)
		}
		if got := metrics.Accuracy(test.Y, answers, nil); got < 0.95 {
			t.Errorf("accuracy %v, want 0.95", got)
		}
		if params != nil && !slices.Equal(m.Parameters(), params) {
			t.Errorf("%d threads make another network", procs)
		}
		params = m.Parameters()
		stored, err := m.(learner.Snapshotter).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		other, err := registry.New("mlp-classifier", []byte(`{}`), learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if err := other.(learner.Snapshotter).UnmarshalBinary(stored); err != nil {
			t.Fatal(err)
		}
		if predicted, err = other.Predict(t.Context(), test.X); err != nil {
			t.Fatal(err)
		}
		a, err := m.(learner.Classifier).PredictProba(t.Context(), test.X)
		if err != nil {
			t.Fatal(err)
		}
		b, err := other.(learner.Classifier).PredictProba(t.Context(), test.X)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(predicted, answers) || !mat.Equal(a, b) {
			t.Error("a learner of double precision predicts others of its snapshot")
		}
	}
}
