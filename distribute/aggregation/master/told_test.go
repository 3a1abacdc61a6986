package master

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// What a worker tells is put into the model's order; what no learner can have learned is refused.
func TestWhatAWorkerTellsIsChecked(t *testing.T) {
	model := &cluster.Model{FitID: "f", Task: learner.Classification, Features: []string{"a", "b", "c"}, Classes: []learner.Label{"x", "y", "z"}, Rows: 10}
	head := aggregation.ExplainAnswer{FitID: "f", Features: []string{"c", "a", "b"}}
	importances := func(v ...float64) wire.Array { return wire.Vector(aggregation.ArrayImportances, v) }
	coef := func(rows, cols int, v ...float64) wire.Array {
		return wire.Dense(aggregation.ArrayCoef, mat.NewDense(rows, cols, v))
	}
	intercept := func(v ...float64) wire.Array { return wire.Vector(aggregation.ArrayIntercept, v) }
	nine := coef(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9)

	var told cluster.Told
	if err := readTold(&told, head, []wire.Array{importances(0.5, 0.25, 0.25), nine, intercept(1, 2, 3)}, model); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told.Importances, []float64{0.25, 0.25, 0.5}) || !mat.Equal(told.Coef, mat.NewDense(3, 3, []float64{2, 3, 1, 5, 6, 4, 8, 9, 7})) {
		t.Errorf("%+v", told)
	}
	if err := readTold(&told, head, []wire.Array{importances(0, 0, 0)}, model); err != nil {
		t.Errorf("a learner that has learned nothing: %v", err)
	}
	for _, c := range []struct {
		name, says string
		head       func(*aggregation.ExplainAnswer)
		arrays     []wire.Array
	}{
		{"another fit", "model of fit", func(h *aggregation.ExplainAnswer) { h.FitID = "g" }, nil},
		{"another feature", "features", func(h *aggregation.ExplainAnswer) { h.Features = []string{"a", "b", "d"} }, nil},
		{"one more feature", "features", func(h *aggregation.ExplainAnswer) { h.Features = []string{"a", "b", "c", "d"} }, nil},
		{"too few importances", "2 importances for 3", nil, []wire.Array{importances(0.5, 0.5)}},
		{"a negative importance", "is -0.5", nil, []wire.Array{importances(1, 0.5, -0.5)}},
		{"an importance that is no number", "is NaN", nil, []wire.Array{importances(0.5, 0.5, math.NaN())}},
		{"importances that are too large", "add up to 1.5", nil, []wire.Array{importances(0.5, 0.5, 0.5)}},
		{"too few coefficients", "shape [3 2]", nil, []wire.Array{coef(3, 2, 1, 2, 3, 4, 5, 6), intercept(1, 2, 3)}},
		{"no coefficients", "shape [0 0]", nil, []wire.Array{wire.Dense(aggregation.ArrayCoef, nil), intercept(1, 2, 3)}},
		{"a list of coefficients", "shape [3]", nil, []wire.Array{wire.Vector(aggregation.ArrayCoef, []float64{1, 2, 3}), intercept(1)}},
		{"coefficients without intercepts", "0 intercepts for 3", nil, []wire.Array{nine}},
		{"intercepts without coefficients", "without coefficients", nil, []wire.Array{intercept(1, 2, 3)}},
		{"too few intercepts", "2 intercepts for 3", nil, []wire.Array{nine, intercept(1, 2)}},
		{"an infinite intercept", "not all finite", nil, []wire.Array{nine, intercept(1, 2, math.Inf(1))}},
		{"a coefficient that is no number", "not all finite", nil, []wire.Array{coef(3, 3, 1, 2, 3, 4, math.NaN(), 6, 7, 8, 9), intercept(1, 2, 3)}},
		{"one output of three classes", "of 1 outputs", nil, []wire.Array{coef(1, 3, 1, 2, 3), intercept(1)}},
		{"something else", "nobody asked", nil, []wire.Array{wire.Vector("secrets", []float64{1})}},
		{"an out-of-bag score of too many rows", "out-of-bag", func(h *aggregation.ExplainAnswer) {
			h.OutOfBag = &api.OutOfBag{Metric: "accuracy", Score: 1, Rows: 11}
		}, nil},
	} {
		said := head
		if c.head != nil {
			c.head(&said)
		}
		if err := readTold(&cluster.Told{}, said, c.arrays, model); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}
