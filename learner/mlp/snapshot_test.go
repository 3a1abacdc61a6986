package mlp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
)

// TestSnapshotHoldsTheNetwork: a learner made with other parameters reads a
// perceptron whole, and fits its own again.
func TestSnapshotHoldsTheNetwork(t *testing.T) {
	d := spirals(30, 0.1, 1)
	m := fitted(t, "mlp-classifier", everything, learner.Env{Seed: 3}, d)
	want, err := m.Predict(t.Context(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	data, err := m.(learner.Snapshotter).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	other := layered(t, "mlp-classifier", `{"hidden_layer_sizes": [3], "max_iter": 2}`, learner.Env{})
	if err := other.(learner.Snapshotter).UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	got, err := other.Predict(t.Context(), d.X)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Error("read into a learner with other parameters, it answers differently")
	}
	if err := other.Fit(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if n := len(other.Parameters()); n != 2*3+3+3*1+1 {
		t.Errorf("fitted again it has %d parameters, its own network has 13", n)
	}
}

// written is a snapshot of a perceptron from 2 to 2 values without hidden
// layers, with one thing changed.
func written(kind string, in, out int, perceptron bool, activation string, layers []string, params []float64) []byte {
	w := snapshot.NewWriter(kind, 1)
	w.Int(in)
	w.Int(out)
	w.Bool(perceptron)
	w.Ints([]int{3})
	w.String(activation)
	w.String("glorot")
	w.Float(0)
	w.Bool(false)
	w.Strings(layers)
	w.Floats(params)
	return w.Seal()
}

func TestSnapshotRefused(t *testing.T) {
	layers := []string{"dense_1: 2 to 3, 9 parameters", "relu_1: 3 to 3, 0 parameters", "dense_2: 3 to 2, 4 parameters"}
	params := make([]float64, 13)
	m := layered(t, "mlp-classifier", `{}`, learner.Env{}).(learner.Snapshotter)
	if err := m.UnmarshalBinary(written("mlp.classifier", 2, 2, true, "relu", layers, params)); err != nil {
		t.Fatalf("what is right is refused: %v", err)
	}
	for _, tc := range []struct {
		name, want string
		data       []byte
	}{
		{"a regressor's", `holds a "mlp.regressor"`, written("mlp.regressor", 2, 2, true, "relu", layers, params)},
		{"no inputs", "from 0 to 2", written("mlp.classifier", 0, 2, true, "relu", layers, params)},
		{"no outputs", "from 2 to 0", written("mlp.classifier", 2, 0, true, "relu", layers, params)},
		{"an unknown activation", "swish", written("mlp.classifier", 2, 2, true, "swish", layers, params)},
		{"other layers than declared", "this learner makes one of", written("mlp.classifier", 2, 2, true, "tanh", layers, params)},
		{"other inputs than declared", "this learner makes one of", written("mlp.classifier", 3, 2, true, "relu", layers, params)},
		{"a parameter missing", "12 parameters", written("mlp.classifier", 2, 2, true, "relu", layers, params[1:])},
		{"the two outputs of two classes before v0.2", "this learner makes one of", written("mlp.classifier", 2, 2, true, "relu",
			[]string{"dense_1: 2 to 3, 9 parameters", "relu_1: 3 to 3, 0 parameters", "dense_2: 3 to 2, 8 parameters"}, make([]float64, 17))},
		{"an architecture of your own", "this learner makes one of", written("mlp.classifier", 2, 2, false, "relu", layers, params)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := m.UnmarshalBinary(tc.data)
			if !errors.Is(err, learner.ErrSnapshot) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want a learner.ErrSnapshot that says %q", err, tc.want)
			}
		})
	}
}
