package cluster

import (
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// What the project of the examples answers, which has two columns and two workers.

func exampleColumns() []string { return []string{"age", "income"} }

func exampleClasses() []learner.Label { return []learner.Label{"no", "yes"} }

func exampleMembers() []string { return []string{"worker1", "worker2"} }

// exampleRequest is a row to be predicted.
func exampleRequest() exampleBody {
	return exampleBody{Columns: exampleColumns(), Rows: [][]any{{34, 52000}}}
}

func examplePrediction() api.PredictResponse {
	return api.PredictResponse{
		Y: api.YRows{Values: []float64{0.85}}, Labels: api.Labels{"yes"}, Proba: api.NewProbaRows(mat.NewDense(1, 2, []float64{0.15, 0.85})),
		Classes: exampleClasses(), FitID: ExampleFit, Workers: exampleMembers(),
	}
}

func exampleImportances() *api.Importances {
	return &api.Importances{
		FitID:    ExampleFit,
		Features: []api.FeatureImportance{{Feature: "age", Column: "age", Importance: 0.25}, {Feature: "income", Column: "income", Importance: 0.75}},
		Columns:  []api.ColumnImportance{{Column: "age", Importance: 0.25}, {Column: "income", Importance: 0.75}},
		Workers: []api.WorkerImportances{
			{Worker: "worker1", Weight: 1, Importances: api.Floats{0.2, 0.8}}, {Worker: "worker2", Weight: 1, Importances: api.Floats{0.3, 0.7}},
		},
	}
}

func exampleCoefficients() *api.LinearCoefficients {
	line := func(age, income, intercept float64) api.LinearModel {
		return api.LinearModel{Coef: []api.Floats{{age, income}}, Intercept: api.Floats{intercept}}
	}
	model := line(0.5, 1.25, -0.25)
	return &api.LinearCoefficients{
		FitID: ExampleFit, Task: learner.Classification, Outputs: exampleClasses(),
		Features: []api.FeatureOrigin{{Feature: "age", Column: "age"}, {Feature: "income", Column: "income"}},
		Model:    &model,
		Workers: []api.WorkerCoefficients{
			{Worker: "worker1", Weight: 1, LinearModel: line(0.25, 1.5, -0.5)}, {Worker: "worker2", Weight: 1, LinearModel: line(0.75, 1, 0)},
		},
	}
}

func exampleOutOfBag() *api.OutOfBagScores {
	score := func(v float64) *api.OutOfBag { return &api.OutOfBag{Metric: "accuracy", Score: v, Rows: 22} }
	return &api.OutOfBagScores{FitID: ExampleFit, Workers: []api.WorkerOutOfBag{
		{Worker: "worker1", OutOfBag: score(0.8636)}, {Worker: "worker2", OutOfBag: score(0.9091)},
	}}
}

func examplePermutation() *api.PermutationImportances {
	return &api.PermutationImportances{
		FitID: ExampleFit, Rows: 30, Metric: "accuracy", Baseline: 0.9, Repeats: 2, Workers: exampleMembers(),
		Columns: []api.PermutationImportance{
			{Column: "age", Mean: 0.05, Std: 0.0167, Importances: api.Floats{0.0333, 0.0667}},
			{Column: "income", Mean: 0.3, Std: 0.0333, Importances: api.Floats{0.2667, 0.3333}},
		},
	}
}

func exampleDependence() *api.PartialDependence {
	return &api.PartialDependence{
		FitID: ExampleFit, Rows: 30, Column: "age", Kind: prepare.Numeric, Values: api.Floats{20, 40, 60}, Classes: exampleClasses(),
		Average: []api.Floats{{0.7, 0.4, 0.25}, {0.3, 0.6, 0.75}}, Workers: exampleMembers(),
	}
}

// exampleJob is a fit that has ended.
func exampleJob() *api.FitJob {
	return &api.FitJob{FitID: ExampleFit, State: api.FitSucceeded, Started: exampleRun().Started, Seconds: 1.25, Result: exampleReport()}
}

// exampleStatus is the state of a master of a kind.
func exampleStatus(kind string) api.MasterStatus {
	job := exampleJob()
	job.Result = nil
	st := api.MasterStatus{
		Master: kind, Project: "loans", Version: "v1.0.0", Uptime: 3600, Fitted: true, FitID: ExampleFit, Task: learner.Classification, Features: exampleColumns(),
		Classes: exampleClasses(), Fit: job, Model: &api.ServingModel{ID: ExampleFit, Created: exampleTime()},
	}
	for i, name := range exampleMembers() {
		st.Workers = append(st.Workers, api.Member{
			Worker: name, URL: []string{"http://127.0.0.1:40001", "http://127.0.0.1:40002"}[i], State: api.MemberUp,
			Since: exampleTime().Add(-1), FitID: ExampleFit, Calls: 12,
		})
	}
	return st
}

// exampleStructure is what another project's model has found.
func exampleStructure() *api.Structure {
	return &api.Structure{
		FitID: ExampleFit, Task: learner.Clustering, Features: exampleColumns(),
		Clusters: []api.ClusterInfo{{Name: "0", Weight: 70, Center: api.Floats{-0.5, -0.75}}, {Name: "1", Weight: 50, Center: api.Floats{0.75, 1}}},
	}
}
