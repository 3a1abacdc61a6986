package cluster_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// A schema that contradicts itself is refused, whichever of its numbers is wrong.
func TestCheckSchema(t *testing.T) {
	check := func(s api.WorkerSchema) error { return cluster.CheckSchema(&s) }
	classes := api.WorkerSchema{Worker: "w", Task: learner.Classification, Features: []string{"a", "b"}, Rows: 5,
		Classes: []learner.Label{"no", "yes"}, Counts: []int{2, 3}, Protocol: api.Protocol, Centers: []float64{1, -2}}
	mastertest.Lies(t, classes, check, []mastertest.Lie{
		{Field: "rows", Value: 0, Want: "0 rows"},
		{Field: "rows", Value: -3, Want: "-3 rows"},
		{Field: "rows", Value: 1e12, Want: "those of its classes add up to 5"},
		{Field: "class_counts", Value: []int{2, 4}, Want: "of which 4 have the label yes"},
		{Field: "class_counts", Value: []int{-2, 7}, Want: "of which -2 have the label no"},
		{Field: "class_counts", Value: []int{2, 2}, Want: "add up to 4"},
		{Field: "class_counts", Value: []int{math.MaxInt, math.MaxInt}, Want: "must add up"},
		{Field: "class_counts", Value: []int{5}, Want: "2 classes, and the number of rows of 1"},
		{Field: "target_mean", Value: 7, Want: "mean target 7"},
		{Field: "protocol", Value: -1, Want: "version -1"},
		{Field: "feature_means", Value: []float64{1}, Want: "2 columns, and the means of 1"},
		{Field: "text_columns", Value: []string{"c"}, Want: "no column c"},
		{Field: "missing_columns", Value: []string{"c"}, Want: "no column c"},
		{Field: "classes", Value: []string{"yes", "no"}, Want: "not sorted"},
		{Field: "classes", Value: []string{"yes", "yes"}, Want: "not all different"},
		{Field: "classes", Value: nil, Want: "no classes"},
		{Field: "features", Value: []string{"a", "a"}, Want: "the column a twice"},
		{Field: "features", Value: []string{}, Want: "no columns"},
		{Field: "task", Value: "poetry", Want: `task "poetry"`},
	})
	numbers := api.WorkerSchema{Worker: "w", Task: learner.Regression, Features: []string{"a"}, Rows: 5, Mean: -4}
	if err := check(numbers); err != nil {
		t.Errorf("an honest regression is refused: %v", err)
	}
	numbers.Classes = []learner.Label{"yes"}
	if err := check(numbers); err == nil || !strings.Contains(err.Error(), "1 classes") {
		t.Errorf("classes of a regression: %v", err)
	}
	without := api.WorkerSchema{Task: learner.Classification, Features: []string{"a"}, Rows: 2, Classes: []learner.Label{"1", "2", "10"}}
	if check(without) != nil {
		t.Errorf("a worker may leave the rows of each class out: %v", check(without))
	}
}

func TestCheckOutOfBag(t *testing.T) {
	check := func(o api.OutOfBag) error { return cluster.CheckOutOfBag(&o, learner.Classification, 10) }
	mastertest.Lies(t, api.OutOfBag{Metric: "accuracy", Score: 0.9, Rows: 4}, check, []mastertest.Lie{
		{Field: "score", Value: 1.01, Want: "accuracy is 1.01"},
		{Field: "score", Value: -0.1, Want: "accuracy is -0.1"},
		{Field: "rows", Value: 11, Want: "of 11 rows, and it has 10"},
		{Field: "rows", Value: 0, Want: "of 0 rows"},
		{Field: "metric", Value: "r2", Want: `is "r2"; for classification it is accuracy`},
	})
	if err := cluster.CheckOutOfBag(&api.OutOfBag{Metric: "r2", Score: -40, Rows: 4}, learner.Regression, 10); err != nil {
		t.Errorf("R2 has no lower limit: %v", err)
	}
	if err := cluster.CheckOutOfBag(&api.OutOfBag{Metric: "r2", Score: 1.5, Rows: 4}, learner.Regression, 10); err == nil {
		t.Error("an R2 of 1.5 is accepted")
	}
	if err := cluster.CheckOutOfBag(nil, learner.Regression, 10); err != nil {
		t.Errorf("a worker without a bootstrap has no such score: %v", err)
	}
}

func TestCheckProbabilities(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []float64
		want   string // "" is accepted
	}{
		{"probabilities", []float64{0.25, 0.75, 1, 0}, ""},
		{"of float32", []float64{float64(float32(0.1)), 0.9, 1.0 / 3, 2.0 / 3}, ""},
		{"a million times", []float64{0.25, 0.75, 1e6, 0}, "row 1: its probability of class 0 is 1e+06"},
		{"negative", []float64{-0.25, 1.25, 1, 0}, "row 0: its probability of class 0 is -0.25"},
		{"too little", []float64{0.25, 0.75, 0.4, 0.5}, "row 1: its probabilities add up to 0.9"},
		{"zeros", []float64{0, 0, 1, 0}, "row 0: its probabilities add up to 0"},
		{"NaN", []float64{0.25, 0.75, math.NaN(), 0}, "row 1: it answered NaN"},
		{"too few", []float64{0.25, 0.75}, "2 values for 2 rows"},
	} {
		err := cluster.CheckProbabilities(tt.values, 2, 2)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestCheckLossAndSeconds(t *testing.T) {
	for _, v := range []float64{-1e-9, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if cluster.CheckLoss("loss", v, learner.Traits{NonNegativeLoss: true}) == nil || cluster.CheckSeconds(1, v) == nil {
			t.Errorf("%v is accepted", v)
		}
	}
	if err := cluster.CheckLoss("loss", 0, learner.Traits{NonNegativeLoss: true}); err != nil {
		t.Error(err)
	}
	if err := cluster.CheckLoss("loss", -3, learner.Traits{}); err != nil {
		t.Errorf("a learner may have negative losses: %v", err)
	}
	if err := cluster.CheckLoss("loss", math.Inf(-1), learner.Traits{}); err == nil {
		t.Error("an infinite loss is accepted")
	}
	if err := cluster.CheckSeconds(0, 3.5); err != nil {
		t.Error(err)
	}
}

// A class that only one worker has cannot be told from an invented one: with one faulty worker to
// tolerate, who has it is excluded, and the others agree without it.
func TestSettleWithFaultyMembers(t *testing.T) {
	schema := func(classes ...learner.Label) *api.WorkerSchema {
		return &api.WorkerSchema{Task: learner.Classification, Features: []string{"a"}, Classes: classes}
	}
	for _, tt := range []struct {
		faulty  int
		out     string
		classes int
	}{{0, "", 4}, {1, "w3", 3}} {
		f := cluster.NewTestFit("w1", "w2", "w3")
		f.Schemas = []*api.WorkerSchema{schema("a", "b"), schema("a", "b", "c"), schema("a", "c", "evil")}
		if tt.faulty > 0 {
			f.Schemas[0].Classes = append(f.Schemas[0].Classes, "c")
		}
		model := f.SettleWith(tt.faulty, "parameter_server.aggregation: median")
		if len(model.Classes) != tt.classes {
			t.Errorf("%d faulty: classes %v", tt.faulty, model.Classes)
		}
		failures := f.Failures()
		if tt.out == "" && len(failures) > 0 || tt.out != "" && (len(failures) != 1 || failures[0].Worker != tt.out ||
			!strings.Contains(failures[0].Reason, `the class "evil", which fewer than 2 workers have`)) {
			t.Errorf("%d faulty: %+v", tt.faulty, failures)
		}
	}
}

// The robust baseline is the median of the workers' shares, or means.
func TestCountRobustly(t *testing.T) {
	median := func(column []float64) float64 {
		if len(column) != 3 {
			t.Errorf("%v: want a number of each worker that took part", column)
		}
		return max(min(column[0], column[1]), min(max(column[0], column[1]), column[2]))
	}
	took := func(member int) bool { return member != 3 }
	m := cluster.Model{Task: learner.Classification, Classes: []learner.Label{"a", "b"}, Baseline: make([]float64, 2)}
	counts := func(rows int, counts ...int) *api.WorkerSchema {
		return &api.WorkerSchema{Rows: rows, Classes: m.Classes, Counts: counts}
	}
	m.CountRobustly([]*api.WorkerSchema{counts(10, 4, 6), counts(1e9, 1e9, 0), counts(20, 10, 10), counts(5, 5, 0), {}}, took, median)
	if m.Rows != 1e9+30 || m.Baseline[0] != 0.5 || m.Baseline[1] != 0.5 {
		t.Errorf("%+v", m)
	}
	r := cluster.Model{Task: learner.Regression, Baseline: make([]float64, 1)}
	r.CountRobustly([]*api.WorkerSchema{{Rows: 4, Mean: 1}, {Rows: 4, Mean: 1e12}, {Rows: 4, Mean: 3}}, took, median)
	if r.Baseline[0] != 3 {
		t.Errorf("%+v", r)
	}
}
