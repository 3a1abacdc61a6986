package master

import (
	"errors"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
)

// checked is a training of two stages of 6 and 2 parameters on ten rows, two of them held out.
func checked() *training {
	t := &training{
		Fit:    &cluster.Fit{ID: "f", Cluster: &cluster.Cluster{Members: []*cluster.Member{{Name: "w1"}, {Name: "w2", Index: 1}}}},
		master: &Master{learner: &cluster.OneLearner{Info: registry.Info{Traits: learner.Traits{NonNegativeLoss: true}}}},
		set:    pipeline.Settings{BatchSize: 5, EarlyStopping: true, ValidationFraction: 0.2},
		layers: []learner.LayerSpec{{Parameters: 6}, {Parameters: 2}}, cuts: []int{0, 1, 2},
		begun: []pipeline.BeginAnswer{{Rows: 8, ValidationRows: 2}, {}},
	}
	t.Schemas = []*api.WorkerSchema{{Rows: 10}, {Rows: 10}}
	t.report.MicroBatches = 4
	return t
}

// Each number of a stage's answer has a check.
func TestAnswersAreChecked(t *testing.T) {
	tr := checked()
	begin := pipeline.BeginAnswer{FitID: "f", Worker: "w2", Rows: 8, ValidationRows: 2, Parameters: 2, Layers: 2, Seconds: 0.1}
	mastertest.Lies(t, begin, func(b pipeline.BeginAnswer) error {
		tr.begun[1] = b
		return tr.checkBegin(1)
	}, []mastertest.Lie{
		{Field: "fit_id", Value: "g", Want: `it began fit "g"`},
		{Field: "rows", Value: 8e6, Want: "its schema has 10"},
		{Field: "rows", Value: -8, Want: "it began fit"},
		{Field: "validation_rows", Value: 3, Want: "its schema has 10"},
		{Field: "validation_rows", Value: -2, Want: "-2 held out"},
		{Field: "parameters", Value: 6, Want: "with 6 parameters"},
		{Field: "layers", Value: 3, Want: "3 layers"},
		{Field: "seconds", Value: -1, Want: "took -1 seconds"},
	})
	step := pipeline.StepAnswer{Loss: 2, Weight: 3, Rows: 3, Penalties: []float64{0.5}, Norms: []float64{1},
		Computing: 0.1, Waiting: 0.1, Held: 4, Sent: 9, Received: 9}
	mastertest.Lies(t, step, func(a pipeline.StepAnswer) error { return tr.checkStep(a, 3, true, true) }, []mastertest.Lie{
		{Field: "loss", Value: -2, Want: "its loss is -2"},
		{Field: "weight", Value: 3e6, Want: "weight 3e+06"},
		{Field: "weight", Value: 0, Want: "weight 0"},
		{Field: "rows", Value: 5, Want: "a step of 5 rows; the mini-batch has 3"},
		{Field: "penalties", Value: []float64{-0.5}, Want: "its penalty is -0.5"},
		{Field: "norms", Value: []float64{-1}, Want: "the norm -1"},
		{Field: "norms", Value: []float64{1, 1}, Want: "2 norms for 1 pieces"},
		{Field: "computing", Value: -1, Want: "took -1 seconds"},
		{Field: "waiting", Value: -1, Want: "took -1 seconds"},
		{Field: "held", Value: 5, Want: "held 5 micro-batches of 4"},
		{Field: "held", Value: -1, Want: "held -1 micro-batches"},
		{Field: "sent", Value: -1, Want: "sent -1 bytes"},
		{Field: "received", Value: -1, Want: "received -1"},
	})
	mastertest.Lies(t, pipeline.EvaluateAnswer{Score: 0.5}, func(a pipeline.EvaluateAnswer) error { return checkScore(a.Score, learner.Classification) },
		[]mastertest.Lie{{Field: "score", Value: 1e6, Want: "is 1e+06"}, {Field: "score", Value: -0.1, Want: "is -0.1"}})
	if checkScore(-7, learner.Regression) != nil || checkScore(1.1, learner.Regression) == nil {
		t.Error("R2 is at most 1, and has no lower limit")
	}
}

// The stage that answers wrongly is named, and treated as lost; those before the last have no loss.
func TestWrongStageIsNamed(t *testing.T) {
	tr := checked()
	all := []pipeline.StepAnswer{{Rows: 5}, {Rows: 5, Weight: 5, Loss: 1}}
	if err := tr.checkSteps(all, 0, false); err != nil {
		t.Fatal(err)
	}
	all[0].Penalties = []float64{-1}
	var lost *stageLostError
	if err := tr.checkSteps(all, 0, false); !errors.As(err, &lost) || lost.failures[0].Worker != "w1" || lost.failures[0].Code != api.CodeWorkersFailed {
		t.Errorf("%v", err)
	}
	all[0].Penalties, all[1].Loss = nil, -1
	if err := tr.checkSteps(all, 0, false); !errors.As(err, &lost) || lost.failures[0].Worker != "w2" {
		t.Errorf("%v", err)
	}
	if err := tr.checkSteps(all[:1], 1, false); err == nil {
		t.Error("the second mini-batch of eight rows has three, not five")
	}
}

// The last stage's answer to a prediction must be of the model in service, and its probabilities such.
func TestPredictionsAreChecked(t *testing.T) {
	classes := []learner.Label{"a", "b"}
	m := &network{Model: cluster.Model{FitID: "f", Task: learner.Classification, Classes: classes}}
	head := api.PredictedFrame{FitID: "f", Classes: classes}
	for _, tt := range []struct {
		name   string
		head   api.PredictedFrame
		values []float64
		ok     bool
	}{
		{"honest", head, []float64{0.25, 0.75}, true},
		{"a million times", head, []float64{0.25e6, 0.75e6}, false},
		{"other classes", api.PredictedFrame{FitID: "f", Classes: classes[:1]}, []float64{0.25, 0.75}, false},
		{"of another fit", api.PredictedFrame{FitID: "g", Classes: classes}, []float64{0.25, 0.75}, false},
	} {
		if err := checkPredicted(m, tt.head, tt.values, 1); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
