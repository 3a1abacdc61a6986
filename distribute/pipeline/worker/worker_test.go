package worker_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/distribute/pipeline"
	_ "github.com/gochimera/chimera/distribute/pipeline/worker"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// stageWorker serves a stage with twelve rows of two classes.
func stageWorker(t *testing.T) *httptest.Server {
	t.Helper()
	return stageWorkerWith(t, `{"hidden_layer_sizes":[4]}`, rest.Limits{})
}

func stageWorkerWith(t *testing.T, params string, limits rest.Limits) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	x, y := "a,b\n", "class\n"
	for i := range 12 {
		x += fmt.Sprintf("%d,%d\n", i, i*i%7)
		y += []string{"no\n", "yes\n"}[i%2]
	}
	for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spec := node.Spec{Name: "s1", Role: pipeline.Role, Project: "test", Learner: "mlp-classifier", Params: params}
	w, err := node.NewWorker(spec, registry.Default, node.Options{Data: dir, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	return s
}

// only is the begin request for a network in one stage.
func only() pipeline.BeginFrame {
	return pipeline.BeginFrame{
		FitID: "f", Features: []string{"b", "a"}, Classes: []learner.Label{"no", "yes"}, Seed: 9, Stages: 1, To: 3,
		Schedule: "1f1b", MicroBatches: 2, BatchSize: 5, Shuffle: true, Standardize: true,
		Solver: "adam", Alpha: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8,
	}
}

// last is the begin request for the second of two stages, which takes four values per row.
func last() pipeline.BeginFrame {
	head := only()
	head.Stage, head.Stages, head.From = 1, 2, 1
	head.Previous = &pipeline.Peer{Worker: "s0", URL: "http://127.0.0.1:1"}
	return head
}

func begin(t *testing.T, s *httptest.Server, head pipeline.BeginFrame) pipeline.BeginAnswer {
	t.Helper()
	status, body := post(t, s, pipeline.PathBegin, head)
	if status != http.StatusOK {
		t.Fatalf("begin: status %d: %s", status, body)
	}
	var a pipeline.BeginAnswer
	if _, err := wire.Decode(body, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func stageStep(epoch, batch, step int) pipeline.StepFrame {
	return pipeline.StepFrame{Command: pipeline.Command{FitID: "f", Step: step}, Epoch: epoch, Batch: batch, Rate: 0.1}
}

// state is what the stage stores of its fit.
func state(t *testing.T, s *httptest.Server) []byte {
	t.Helper()
	res, err := s.Client().Get(s.URL + pipeline.PathCheckpoint + "?fit_id=f")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v: %s", res.StatusCode, err, body)
	}
	return body
}

func raw(t *testing.T, s *httptest.Server, path, contentType string, body []byte) (int, string) {
	t.Helper()
	res, err := s.Client().Post(s.URL+path, contentType, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// post sends a frame.
func post(t *testing.T, s *httptest.Server, path string, head any, arrays ...wire.Array) (status int, body []byte) {
	t.Helper()
	frame, err := wire.Encode(nil, head, arrays...)
	if err != nil {
		t.Fatal(err)
	}
	status, text := raw(t, s, path, wire.ContentTypeFrame, frame)
	return status, []byte(text)
}

// TestStageRefuses: an invalid request gets a 4xx with a reason, and changes nothing.
func TestStageRefuses(t *testing.T) {
	s := stageWorker(t)
	for name, change := range map[string]func(*pipeline.BeginFrame){
		"no id":                              func(h *pipeline.BeginFrame) { h.FitID = "" },
		"a stage beyond":                     func(h *pipeline.BeginFrame) { h.Stage = 1 },
		"a missing neighbour":                func(h *pipeline.BeginFrame) { h.Stages = 2 },
		"no rows a batch":                    func(h *pipeline.BeginFrame) { h.BatchSize = 0 },
		"no micro-batches":                   func(h *pipeline.BeginFrame) { h.MicroBatches = 0 },
		"another schedule":                   func(h *pipeline.BeginFrame) { h.Schedule = "zigzag" },
		"another solver":                     func(h *pipeline.BeginFrame) { h.Solver = "magic" },
		"another column":                     func(h *pipeline.BeginFrame) { h.Features[0] = "z" },
		"a class less":                       func(h *pipeline.BeginFrame) { h.Classes = h.Classes[:1] },
		"a layer too many":                   func(h *pipeline.BeginFrame) { h.To = 4 },
		"a layer before all":                 func(h *pipeline.BeginFrame) { h.From = -1 },
		"no layers":                          func(h *pipeline.BeginFrame) { h.From = h.To },
		"micro-batches that no memory holds": func(h *pipeline.BeginFrame) { h.MicroBatches = 1 << 40 },
		"all rows held out":                  func(h *pipeline.BeginFrame) { h.Validation = 1 },
	} {
		head := only()
		change(&head)
		if status, body := post(t, s, pipeline.PathBegin, head); status < 400 || status > 499 {
			t.Errorf("begin with %s: status %d: %s", name, status, body)
		}
	}
	if status, _ := post(t, s, pipeline.PathStep, stageStep(0, 0, 0)); status != http.StatusConflict {
		t.Errorf("a step before the fit has begun: status %d", status)
	}
	second := only()
	second.FitID, second.Attempt = "h", 1
	begin(t, s, second)
	second.Attempt = 0
	if status, body := post(t, s, pipeline.PathBegin, second); status != http.StatusConflict {
		t.Errorf("an attempt that is over begins: status %d: %s", status, body)
	}
	begin(t, s, only())
	for _, tt := range []struct {
		name   string
		path   string
		head   any
		status int
	}{
		{"another fit", pipeline.PathStep, pipeline.StepFrame{Command: pipeline.Command{FitID: "g"}}, http.StatusConflict},
		{"another attempt", pipeline.PathStep, pipeline.StepFrame{Command: pipeline.Command{FitID: "f", Attempt: 1}}, http.StatusConflict},
		{"a step too early", pipeline.PathStep, stageStep(0, 1, 1), http.StatusConflict},
		{"a batch whose rows no number counts", pipeline.PathStep, stageStep(0, 1<<61, 0), http.StatusUnprocessableEntity},
		{"a batch that is not there", pipeline.PathStep, stageStep(0, 3, 0), http.StatusUnprocessableEntity},
		{"a move without a step", pipeline.PathMove, pipeline.MoveFrame{Command: pipeline.Command{FitID: "f"}}, http.StatusUnprocessableEntity},
		{"a score without rows held out", pipeline.PathEvaluate, pipeline.EvaluateFrame{Command: pipeline.Command{FitID: "f"}}, http.StatusUnprocessableEntity},
		{"a micro-batch without numbers", pipeline.PathMicroBatch, pipeline.MicroBatchFrame{FitID: "f"}, http.StatusBadRequest},
		{"a micro-batch of another fit", pipeline.PathMicroBatch, pipeline.MicroBatchFrame{FitID: "g"}, http.StatusConflict},
		{"a prediction before there is a model", pipeline.PathPredict, pipeline.PredictFrame{FitID: "f"}, http.StatusConflict},
	} {
		if status, body := post(t, s, tt.path, tt.head); status != tt.status {
			t.Errorf("%s: status %d, want %d: %s", tt.name, status, tt.status, body)
		}
	}
	if status, body := raw(t, s, pipeline.PathStep, "application/json", []byte("{}")); status != http.StatusUnsupportedMediaType {
		t.Errorf("a step in JSON: status %d: %s", status, body)
	}
	best := []byte(`{"fit_id":"f","attempt":0,"best":true}`)
	if status, body := raw(t, s, pipeline.PathFinish, "application/json", best); status != http.StatusUnprocessableEntity {
		t.Errorf("the best of nothing: status %d: %s", status, body)
	}
	if status, body := post(t, s, pipeline.PathStep, stageStep(0, 0, 0)); status != http.StatusOK {
		t.Errorf("the first step after all that: status %d: %s", status, body)
	}
}

// TestStageSums: the checksums differ for different rows and orders of rows, and do not depend on the
// order of the file's columns.
func TestStageSums(t *testing.T) {
	a, b := stageWorker(t), stageWorker(t)
	first := begin(t, a, only())
	if second := begin(t, b, only()); second.RowsSum != first.RowsSum || second.OrderSum != first.OrderSum {
		t.Errorf("two copies: %+v and %+v", first, second)
	}
	other := only()
	other.Seed = 10
	if got := begin(t, a, other); got.RowsSum != first.RowsSum || got.OrderSum == first.OrderSum {
		t.Errorf("another seed: %+v, before %+v", got, first)
	}
	held := only()
	held.Validation = 0.25
	if got := begin(t, a, held); got.OrderSum == first.OrderSum || got.Rows != 9 || got.ValidationRows != 3 {
		t.Errorf("rows held out: %+v, before %+v", got, first)
	}
}

// TestStageGoesOn: a stage with a restored state continues as if nothing had happened, even between a
// step and the best parameters; a damaged state, and one of other layers, are refused and change
// nothing.
func TestStageGoesOn(t *testing.T) {
	s := stageWorker(t)
	begin(t, s, only())
	steps := func(s *httptest.Server, from, to int) {
		t.Helper()
		for k := from; k < to; k++ {
			frame := stageStep(k/3, k%3, k)
			frame.Keep = k == 2
			if status, body := post(t, s, pipeline.PathStep, frame); status != http.StatusOK {
				t.Fatalf("step %d: status %d: %s", k, status, body)
			}
		}
	}
	steps(s, 0, 4)
	middle := state(t, s)
	steps(s, 4, 9)
	want := state(t, s)

	other := stageWorker(t)
	if status, body := raw(t, other, pipeline.PathCheckpoint, wire.ContentTypeFrame, middle); status != http.StatusConflict {
		t.Errorf("a state without a fit: status %d: %s", status, body)
	}
	begin(t, other, only())
	damaged := slices.Clone(middle)
	damaged[len(damaged)/2] ^= 1
	for name, bad := range map[string][]byte{"damaged": damaged, "cut short": middle[:len(middle)-8], "empty": {}} {
		if status, body := raw(t, other, pipeline.PathCheckpoint, wire.ContentTypeFrame, bad); status < 400 || status > 499 {
			t.Errorf("a state that is %s: status %d: %s", name, status, body)
		}
	}
	if status, body := raw(t, other, pipeline.PathCheckpoint, wire.ContentTypeFrame, middle); status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	steps(other, 4, 9)
	if got := state(t, other); !slices.Equal(got, want) {
		t.Error("it ends elsewhere than the stage that was not interrupted")
	}
	for _, one := range []*httptest.Server{s, other} {
		if status, body := raw(t, one, pipeline.PathFinish, "application/json", []byte(`{"fit_id":"f","attempt":0,"best":true}`)); status != http.StatusOK {
			t.Fatalf("status %d: %s", status, body)
		}
	}
	one := state(t, s)
	two := state(t, other)
	if !slices.Equal(one, two) || slices.Equal(one, want) {
		t.Error("the models of the best parameters differ")
	}

	half := stageWorker(t)
	head := only()
	head.To, head.Stages, head.Next = 2, 2, &pipeline.Peer{Worker: "s2", URL: half.URL}
	begin(t, half, head)
	if status, body := raw(t, half, pipeline.PathCheckpoint, wire.ContentTypeFrame, middle); status != http.StatusUnprocessableEntity {
		t.Errorf("the state of other layers: status %d: %s", status, body)
	}
}

// TestStageTakesItsStateBack even if the state is larger than other bodies may be.
func TestStageTakesItsStateBack(t *testing.T) {
	s := stageWorkerWith(t, `{"hidden_layer_sizes":[100]}`, rest.Limits{MaxBody: 2000})
	begin(t, s, only())
	if status, body := post(t, s, pipeline.PathStep, stageStep(0, 0, 0)); status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	middle := state(t, s)
	if len(middle) < 10_000 {
		t.Fatalf("the state has %d bytes", len(middle))
	}
	begin(t, s, only())
	if status, body := raw(t, s, pipeline.PathCheckpoint, wire.ContentTypeFrame, middle); status != http.StatusOK {
		t.Errorf("status %d: %s", status, body)
	}
	if got := state(t, s); !slices.Equal(got, middle) {
		t.Error("it is another than it was given")
	}
	if status, _ := raw(t, s, pipeline.PathStep, wire.ContentTypeFrame, middle); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a step as large: status %d", status)
	}
}

// TestStageInboxIsBounded: a neighbour cannot make a stage keep any number of micro-batches.
func TestStageInboxIsBounded(t *testing.T) {
	s := stageWorker(t)
	begin(t, s, last())
	x := wire.Array{Name: "x", Shape: []int{1, 4}, Data: make([]float64, 4)}
	for name, bad := range map[string]wire.Array{
		"another width": {Name: "x", Shape: []int{1, 3}, Data: make([]float64, 3)},
		"no rows":       {Name: "x", Shape: []int{0, 4}},
		"too many rows": {Name: "x", Shape: []int{6, 4}, Data: make([]float64, 24)},
	} {
		if status, body := post(t, s, pipeline.PathMicroBatch, pipeline.MicroBatchFrame{FitID: "f"}, bad); status != http.StatusUnprocessableEntity {
			t.Errorf("a micro-batch of %s: status %d: %s", name, status, body)
		}
	}
	if status, body := post(t, s, pipeline.PathMicroBatch, pipeline.MicroBatchFrame{FitID: "f", Back: true}, x); status != http.StatusUnprocessableEntity {
		t.Errorf("gradients for the last stage: status %d: %s", status, body)
	}
	for micro := range 5000 {
		status, body := post(t, s, pipeline.PathMicroBatch, pipeline.MicroBatchFrame{FitID: "f", Step: 7, Micro: micro}, x)
		if status == http.StatusUnprocessableEntity && strings.Contains(string(body), "micro-batches are already waiting") {
			return
		}
		if status != http.StatusOK {
			t.Fatalf("micro-batch %d: status %d: %s", micro, status, body)
		}
	}
	t.Error("it takes 5,000 micro-batches")
}

// A begin that arrives after its fit has ended, because the network or the worker was slow, must not
// replace the next fit.
func TestABeginThatComesLateIsRefused(t *testing.T) {
	s := stageWorker(t)
	begin(t, s, only())
	if status, text := raw(t, s, pipeline.PathDiscard, "application/json", []byte(`{"fit_id": "f"}`)); status != http.StatusOK {
		t.Fatalf("discard: status %d: %s", status, text)
	}
	next := only()
	next.FitID = "g"
	begin(t, s, next)
	if status, body := post(t, s, pipeline.PathBegin, only()); status != http.StatusConflict {
		t.Errorf("a begin of a fit that is over: status %d: %s", status, body)
	}
	step := stageStep(0, 0, 0)
	step.FitID = "g"
	if status, body := post(t, s, pipeline.PathStep, step); status != http.StatusOK {
		t.Errorf("a step of the next fit: status %d: %s", status, body)
	}
}
