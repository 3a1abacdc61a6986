package mlp_test

import (
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// TestSchemaRefused: a schema that no network can be for is a DataError, of
// whatever is asked.
func TestSchemaRefused(t *testing.T) {
	features, classes := []string{"a", "b"}, []learner.Label{"no", "yes"}
	for _, tc := range []struct {
		name, learner string
		schema        learner.Schema
	}{
		{"no features", "mlp-classifier", learner.Schema{Classes: classes}},
		{"no classes", "mlp-classifier", learner.Schema{Features: features}},
		{"an empty list of classes", "mlp-classifier", learner.Schema{Features: features, Classes: []learner.Label{}}},
		{"classes for a regressor", "mlp-regressor", learner.Schema{Features: features, Classes: classes}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := layered(t, tc.learner, `{}`, learner.Env{})
			_, initErr := m.Init(tc.schema)
			_, layersErr := m.Layers(tc.schema)
			_, buildErr := m.Build(tc.schema, 0, 1)
			for what, err := range map[string]error{"Init": initErr, "Layers": layersErr, "Build": buildErr} {
				var data *learner.DataError
				if !errors.As(err, &data) {
					t.Errorf("%s: error %v, want a DataError", what, err)
				}
			}
			if m.Parameters() != nil {
				t.Error("it has parameters all the same")
			}
		})
	}
}

// TestOtherRows: rows that do not fit the network.
func TestOtherRows(t *testing.T) {
	d := spirals(10, 0, 1)
	m := layered(t, "mlp-classifier", `{}`, learner.Env{})
	if _, err := m.Init(d.Schema); err != nil {
		t.Fatal(err)
	}
	var data *learner.DataError
	more := d
	more.Classes = append([]learner.Label{"one more"}, d.Classes...)
	if _, _, err := m.Gradient(t.Context(), learner.Step{}, more, make([]float64, len(m.Parameters()))); !errors.As(err, &data) {
		t.Errorf("Gradient with another class: error %v, want a DataError", err)
	}
	s, err := m.Build(d.Schema, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]*mat.Dense{"none": nil, "empty": {}, "of another width": mat.NewDense(1, 3, nil)} {
		if _, err := s.(learner.StagePredictor).Predict(t.Context(), x); !errors.As(err, &data) {
			t.Errorf("a stage predicts for rows %s: error %v, want a DataError", name, err)
		}
	}
}
