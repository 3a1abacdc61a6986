package cluster

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/models"
)

// The fits of the examples.
const (
	ExampleFit   = "20260301T090000.000-5f1c2ab7" // that of the model in service
	exampleOlder = "20260228T173000.000-0d9e83c4"
)

// answered documents the answer to an operation by an example. Its schema is that of the operation's answer.
func answered(status int, example any) map[string]*huma.Response {
	r := &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{"application/json": {}}}
	if text, err := json.Marshal(example); err == nil { // it holds finite numbers and texts
		r.Content["application/json"].Example = json.RawMessage(text)
	}
	return map[string]*huma.Response{strconv.Itoa(status): r}
}

// also documents an answer beside the one that an operation is registered with.
func (s *Server) also(status int, example any) *huma.Response {
	r := answered(status, example)[strconv.Itoa(status)]
	r.Content["application/json"].Schema = s.Huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(example), true, "")
	return r
}

// documentSeeds says of the seeds what they are in JSON: texts, since a number of JSON has not as many bits as a seed.
func (s *Server) documentSeeds() {
	for _, name := range []string{"Manifest", "Run", "RunSummary"} {
		seed := s.Huma.OpenAPI().Components.Schemas.Map()[name].Properties["seed"]
		*seed = huma.Schema{Type: huma.TypeString, Pattern: "^[0-9]+$", Description: "A whole number, as a text since it may have 64 bits."}
		seed.PrecomputeMessages()
	}
}

// exampleTime is when the model of the examples was stored.
func exampleTime() time.Time { return time.Date(2026, 3, 1, 9, 0, 1, 0, time.UTC) }

// exampleReport is the answer of a fit.
func exampleReport() *api.FitResponse {
	return &api.FitResponse{
		Fit: "ok", FitID: ExampleFit, Seconds: 1.25, Rows: 120, Classes: []learner.Label{"no", "yes"},
		Workers: []api.WorkerFit{{Worker: "worker1", Rows: 60, Seconds: 1.21, Wire: 0.02}, {Worker: "worker2", Rows: 60, Seconds: 1.19, Wire: 0.02}},
	}
}

// exampleWorkers are those of a project.
func exampleWorkers() []models.Worker {
	worker := func(name string) models.Worker {
		return models.Worker{
			Name: name, Learner: "tree-classifier", Params: json.RawMessage(`{"max_depth":5}`), Weight: 1, Rows: 60,
			RowsSum: "9b1f6c0d2a7e4835", ConfigHash: "c3a1d9e07b54",
		}
	}
	return []models.Worker{worker("worker1"), worker("worker2")}
}

// exampleScores are attached to the model of the examples.
func exampleScores() []models.Score {
	return []models.Score{{Name: "test_data/X_test.csv", At: exampleTime().Add(time.Minute), Result: &api.ScoreResponse{
		Task: learner.Classification, Rows: 30, Baseline: 0.6, FitID: ExampleFit,
		Classification: &metrics.Classification{
			Rows: 30, Accuracy: 0.9, BalancedAccuracy: 0.892, MacroF1: 0.894, Baseline: 0.6, Classes: []learner.Label{"no", "yes"},
			Confusion: [][]float64{{17, 1}, {2, 10}},
		},
		Members: []api.WorkerScore{{Worker: "worker1"}, {Worker: "worker2"}},
	}}}
}

// exampleDetail is a stored model.
func exampleDetail() models.Detail {
	part := func(worker, sum string) models.Part {
		return models.Part{Name: worker, Size: 2048, SHA256: sum}
	}
	return models.Detail{
		Manifest: &models.Manifest{
			Format: models.FormatVersion, ID: ExampleFit, Created: exampleTime(), Project: "loans", Kind: "aggregation", Version: "v1.0.0", Go: "go1.26",
			Seed: 1, ConfigHash: "7d20b1c96e3f", Config: "project: loans\nworkers: 2\nlearner: tree-classifier\nparams: {max_depth: 5}\n",
			Workers: exampleWorkers(), Report: exampleReport(),
			Model: models.Model{
				Task: learner.Classification, Features: []string{"age", "income"}, Classes: []learner.Label{"no", "yes"}, Baseline: []float64{70, 50}, Rows: 120,
			},
			Parts: []models.Part{
				part("worker1", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
				part("worker2", "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"),
			},
		},
		Serving: true, Bytes: 4096, Scores: exampleScores(), Settings: exampleSettings(),
	}
}

// exampleSettings are those of an aggregation.
func exampleSettings() json.RawMessage {
	return json.RawMessage(`{"combine":"mean","max_recoveries":3,"quorum":2,"recovery_timeout":"0s"}`)
}

// exampleListing is what is stored.
func exampleListing() models.Listing {
	d := exampleDetail()
	at := models.Summary{
		ID: d.Manifest.ID, Created: d.Manifest.Created, Project: d.Manifest.Project, Kind: d.Manifest.Kind, Task: d.Manifest.Model.Task,
		Learners: models.Uses(d.Manifest.Workers), Workers: 2, Rows: 120, Seconds: 1.25, Bytes: d.Bytes, Serving: true, Scores: exampleMarks(),
	}
	before := at
	before.ID, before.Created, before.Serving, before.Scores = exampleOlder, exampleTime().Add(-15*time.Hour-30*time.Minute), false, nil
	return models.Listing{Models: []models.Summary{at, before}}
}

// exampleMarks are the scores in one number each.
func exampleMarks() []models.Mark {
	var all []models.Mark
	for _, s := range exampleScores() {
		metric, score := models.Main(s.Result)
		all = append(all, models.Mark{Name: s.Name, At: s.At, Metric: metric, Score: score, Baseline: &s.Result.Baseline, Rows: s.Result.Rows})
	}
	return all
}

// exampleServed is the answer to a model that is put into service.
func exampleServed() api.ServeResponse {
	return api.ServeResponse{ID: ExampleFit, State: "serving", Before: exampleOlder, Seconds: 0.04}
}

// exampleRun is a recorded fit.
func exampleRun() models.Run {
	d := exampleDetail()
	return models.Run{
		ID: ExampleFit, Kind: d.Manifest.Kind, State: api.FitSucceeded, Started: exampleTime().Add(-1250 * time.Millisecond), Seconds: 1.25,
		Settings: d.Settings, Seed: d.Manifest.Seed, Workers: d.Manifest.Workers, Report: d.Manifest.Report, Scores: d.Scores,
	}
}

// exampleHistory is the recorded fits.
func exampleHistory() models.History {
	r := exampleRun()
	at := models.RunSummary{
		ID: r.ID, Kind: r.Kind, State: r.State, Started: r.Started, Seconds: r.Seconds, Learners: models.Uses(r.Workers), Settings: r.Settings, Seed: r.Seed,
		Rows: 120, Workers: 2, Of: 2, Scores: exampleMarks(), Kept: true, Serving: true,
	}
	failed := models.RunSummary{
		ID: exampleOlder, Kind: r.Kind, State: api.FitFailed, Started: r.Started.Add(-15 * time.Hour), Seconds: 0.31, Learners: at.Learners, Seed: r.Seed,
		Error: "Only 1 of 2 workers fitted; the quorum is 2.", Rows: 0, Workers: 0, Of: 2, Failures: 1,
	}
	return models.History{Runs: []models.RunSummary{at, failed}}
}

// exampleImported is a model that was taken in, which is not in service, and whose fit was recorded elsewhere.
func exampleImported() models.Detail {
	d := exampleDetail()
	d.Serving, d.Settings = false, nil
	return d
}
