package master

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/prepare/table"
)

// Each number of a worker's answer to a fit has a check.
func TestFitAnswersAreChecked(t *testing.T) {
	honest := aggregation.FitResponse{Fit: "ok", FitID: "f", Rows: 10, Seconds: 0.5, OutOfBag: &api.OutOfBag{Metric: "accuracy", Score: 0.75, Rows: 4},
		Convergence: learner.Ended(false, 100, "raise max_iter")}
	mastertest.Lies(t, honest, func(f aggregation.FitResponse) error {
		return checkFit(f, &api.WorkerSchema{Rows: 10}, learner.Classification)
	}, []mastertest.Lie{
		{Field: "rows", Value: 1e7, Want: "it fitted 10000000 rows, but its schema has 10"},
		{Field: "rows", Value: -10, Want: "it fitted -10 rows"},
		{Field: "seconds", Value: -1, Want: "took -1 seconds"},
		{Field: "out_of_bag.score", Value: 75, Want: "accuracy is 75"},
		{Field: "out_of_bag.rows", Value: 40, Want: "of 40 rows"},
		{Field: "convergence.iterations", Value: -1, Want: "took -1 iterations"},
		{Field: "convergence.iterations", Value: 1e12, Want: "took 1000000000000 iterations"},
		{Field: "convergence.converged", Value: true, Want: "its fit converged, and"},
		{Field: "convergence.advice", Value: " ", Want: "not what to do"},
		{Field: "convergence.advice", Value: "raise\x1b[2J", Want: "control characters"},
	})
}

// Predictions of a wrong fit, form or size are refused, and so is what is no probability.
func TestPredictionsAreChecked(t *testing.T) {
	classes := []learner.Label{"no", "yes"}
	q := query{model: cluster.Model{FitID: "f", Task: learner.Classification, Classes: classes},
		raw: table.Rows{Columns: []string{"a"}, X: mat.NewDense(2, 1, nil)}}
	head := api.PredictedFrame{FitID: "f", Classes: classes}
	for _, tt := range []struct {
		name   string
		head   api.PredictedFrame
		values []float64
		ok     bool
	}{
		{"honest", head, []float64{0.25, 0.75, 1, 0}, true},
		{"a million times", head, []float64{0.25e6, 0.75e6, 1e6, 0}, false},
		{"negated", head, []float64{-0.25, -0.75, -1, 0}, false},
		{"sums of two", head, []float64{1, 1, 1, 1}, false},
		{"values instead", api.PredictedFrame{FitID: "f"}, []float64{0, 1}, false},
		{"other classes", api.PredictedFrame{FitID: "f", Classes: []learner.Label{"no", "evil"}}, []float64{0.25, 0.75, 1, 0}, false},
		{"of another fit", api.PredictedFrame{FitID: "g", Classes: classes}, []float64{0.25, 0.75, 1, 0}, false},
		{"for fewer rows", head, []float64{0.25, 0.75}, false},
	} {
		r, err := q.read(cluster.Reply[api.PredictedFrame]{Value: tt.head, Arrays: []wire.Array{wire.Vector("proba", tt.values)}})
		if (err == nil) != tt.ok || tt.ok && r.Proba.At(0, 1) != 0.75 {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	q.model = cluster.Model{FitID: "f", Task: learner.Regression}
	if _, err := q.read(cluster.Reply[api.PredictedFrame]{Value: head, Arrays: []wire.Array{wire.Vector("proba", []float64{0, 1, 0, 1})}}); err == nil {
		t.Error("probabilities of a regression are accepted")
	}
}
