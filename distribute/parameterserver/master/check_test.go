package master

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
)

// checked is a training of mini-batches of 4, with a worker that has 7 rows and 3 held out.
func checked() (*training, *track) {
	t := &training{
		Fit: &cluster.Fit{ID: "f"}, params: make([]float64, 2),
		master: &Master{learner: &cluster.OneLearner{Info: registry.Info{Traits: learner.Traits{NonNegativeLoss: true}}}},
		set:    parameterserver.Settings{Mode: parameterserver.MinibatchMode, BatchSize: 4, EarlyStopping: true, ValidationFraction: 0.3},
	}
	return t, &track{rows: 7, validation: 3}
}

// Each number of an answer of a worker has a check. The gradient's are in faults_test.go.
func TestAnswersAreChecked(t *testing.T) {
	tr, k := checked()
	head := parameterserver.StepFrame{FitID: "f", Step: 3, Mode: parameterserver.MinibatchMode, Validate: true}
	honest := parameterserver.StepAnswer{
		FitID: "f", Mode: parameterserver.MinibatchMode, Step: 3, Rows: 3, Loss: 2.5, Weight: 3, ValidationLoss: 0.5, ValidationWeight: 3, Seconds: 0.1,
	}
	mastertest.Lies(t, honest, func(a parameterserver.StepAnswer) error { return tr.checkStep(a, k, head) }, []mastertest.Lie{
		{Field: "step", Value: 2, Want: "answered step 2"},
		{Field: "mode", Value: "local", Want: `of mode "local"`},
		{Field: "fit_id", Value: "g", Want: `of fit "g"`},
		{Field: "rows", Value: 4, Want: "of 4 rows"}, // the second batch of seven rows has three
		{Field: "rows", Value: -3, Want: "of -3 rows"},
		{Field: "weight", Value: 3e6, Want: "weight 3e+06"},
		{Field: "weight", Value: -3, Want: "weight -3"},
		{Field: "weight", Value: 0, Want: "weight 0"},
		{Field: "loss", Value: -2.5, Want: "its loss is -2.5"},
		{Field: "validation_loss", Value: -0.5, Want: "its loss of the held-out rows is -0.5"},
		{Field: "validation_weight", Value: 3e6, Want: "held-out rows with weight 3e+06; there are 3"},
		{Field: "validation_weight", Value: 0, Want: "held-out rows with weight 0; there are 3"},
		{Field: "seconds", Value: -1, Want: "took -1 seconds"},
	})
	head.Validate = false
	if err := tr.checkStep(honest, k, head); err == nil {
		t.Error("held-out rows that nobody asked for are accepted")
	}
	for step, rows := range []int{4, 3, 4, 3} {
		if got := tr.rowsOf(k, step); got != rows {
			t.Errorf("step %d has %d rows, want %d", step, got, rows)
		}
	}
	tr.set.Mode = parameterserver.FullMode
	if got := tr.rowsOf(k, 3); got != 7 {
		t.Errorf("a step of mode full has %d rows, want 7", got)
	}
}

func TestBeginIsChecked(t *testing.T) {
	tr, _ := checked()
	honest := parameterserver.BeginAnswer{FitID: "f", Worker: "w", Rows: 7, ValidationRows: 3, Parameters: 2, Seconds: 0.1}
	mastertest.Lies(t, honest, func(b parameterserver.BeginAnswer) error { return tr.checkBegin(b, 10) }, []mastertest.Lie{
		{Field: "fit_id", Value: "g", Want: `it began fit "g"`},
		{Field: "rows", Value: 0, Want: "0 rows"},
		{Field: "rows", Value: 7e6, Want: "its schema has 10"},
		{Field: "validation_rows", Value: -3, Want: "-3 held out"},
		{Field: "validation_rows", Value: 2, Want: "its schema has 10"},
		{Field: "parameters", Value: 3, Want: "3 parameters"},
		{Field: "seconds", Value: -1, Want: "took -1 seconds"},
	})
	if err := tr.checkBegin(parameterserver.BeginAnswer{FitID: "f", Rows: 1, ValidationRows: 9, Parameters: 2}, 10); err == nil {
		t.Error("a worker may hold out nine rows of ten, where the share is 0.3")
	}
}

func TestMomentsAreChecked(t *testing.T) {
	mastertest.Lies(t, parameterserver.MomentsAnswer{FitID: "f", Weight: 5, Seconds: 0.1}, func(a parameterserver.MomentsAnswer) error {
		one := moments.Moments{Weight: a.Weight, Mean: []float64{-2}, M2: []float64{4}}
		return errors.Join(checkMoments(one, 5), cluster.CheckSeconds(a.Seconds))
	}, []mastertest.Lie{
		{Field: "weight", Value: 5e6, Want: "of 5e+06 rows, and it has 5"},
		{Field: "weight", Value: 4.5, Want: "of 4.5 rows"},
		{Field: "weight", Value: 0, Want: "of 0 rows"},
		{Field: "weight", Value: -5, Want: "of -5 rows"},
		{Field: "seconds", Value: -1, Want: "took -1 seconds"},
	})
	for _, tt := range []struct {
		rows, mean, m2 float64
		want           string
	}{
		{5, math.NaN(), 1, "mean NaN"},
		{5, 0, math.Inf(1), "squared deviations +Inf"},
		{5, 0, -1, "is -1, which is negative"},
		{1, 7, 1, "although it has a single row"},
	} {
		one := moments.Moments{Weight: tt.rows, Mean: []float64{0, tt.mean}, M2: []float64{1, tt.m2}}
		if tt.rows == 1 {
			one.M2[0] = 0
		}
		if err := checkMoments(one, 5); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "column 1") {
			t.Errorf("%+v: got %v, want %q", one, err, tt.want)
		}
	}
}

// With the mean in the place of the median, the robust moments are those of all rows; with the median,
// one member of three cannot move them far.
func TestRobustMoments(t *testing.T) {
	found := []moments.Moments{
		{Weight: 4, Mean: []float64{1, 10}, M2: []float64{8, 4}},
		{}, // one that is out of the fit
		{Weight: 4, Mean: []float64{3, 10}, M2: []float64{4, 8}},
		{Weight: 4, Mean: []float64{2, 13}, M2: []float64{12, 12}},
	}
	mean := func(column []float64) (m float64) {
		for _, v := range column {
			m += v / float64(len(column))
		}
		return m
	}
	var all moments.Moments
	for _, one := range found {
		var err error
		if all, err = moments.Merge(all, one); err != nil {
			t.Fatal(err)
		}
	}
	mastertest.CloseTo(t, "means", robustMoments(found, mean).Mean, all.Mean, 1e-15)
	mastertest.CloseTo(t, "variances", robustMoments(found, mean).Variance(), all.Variance(), 1e-15)
	median := middleOf(parameterserver.Settings{Aggregation: parameterserver.AggregateMedian})
	found[3] = moments.Moments{Weight: 4, Mean: []float64{2e6, -1e6}, M2: []float64{12e6, 0}}
	got := robustMoments(found, median)
	mastertest.CloseTo(t, "median means", got.Mean, []float64{3, 10}, 0)
	mastertest.CloseTo(t, "median variances", got.Variance(), []float64{2 + 4, 2}, 0)
}

// With a robust aggregation one worker can move neither the loss nor the number of rows.
func TestLossesAreCombinedRobustly(t *testing.T) {
	for _, tt := range []struct {
		aggregation            string
		loss, validation, rows float64
	}{
		{parameterserver.AggregateMean, (3*2 + 3e9 + 4*3) / 10, (1 + 1e9 + 2) / 3, 10},
		{parameterserver.AggregateMedian, 3, 2, 9},
	} {
		tr, _ := checked()
		tr.master = &Master{middle: middleOf(parameterserver.Settings{Aggregation: tt.aggregation})}
		s := &stepSums{}
		all := &sum{}
		for i, a := range []parameterserver.StepAnswer{
			{Rows: 3, Weight: 3, Loss: 6, ValidationLoss: 1, ValidationWeight: 1},
			{Rows: 3, Weight: 3, Loss: 3e9, ValidationLoss: 1e9, ValidationWeight: 1},
			{Rows: 4, Weight: 4, Loss: 12, ValidationLoss: 2, ValidationWeight: 1},
		} {
			tr.add(all, s, &cluster.Member{Index: i}, stepReply{answer: a})
		}
		tr.combine(all, s)
		mastertest.CloseTo(t, tt.aggregation, []float64{s.loss, s.validation, s.rows}, []float64{tt.loss, tt.validation, tt.rows}, 1e-12)
	}
}
