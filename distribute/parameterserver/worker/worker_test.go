package worker_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	_ "github.com/gochimera/chimera/distribute/parameterserver/worker"
	"github.com/gochimera/chimera/internal/wire"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// sgdWorker serves an sgd worker with ten rows that lie on a line.
func sgdWorker(t *testing.T, faults string) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	x, y := "a,b\n", "target\n"
	for i := range 10 {
		x += fmt.Sprintf("%d,%d\n", i, i*i%7)
		y += fmt.Sprintf("%d\n", 2*i)
	}
	for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spec := node.Spec{Name: "w1", Role: parameterserver.Role, Project: "test", Learner: "sgd-regressor", Seed: 3, Faults: faults}
	w, err := node.NewWorker(spec, registry.Default, node.Options{Data: dir})
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

// post sends a frame; status 0 means that the connection broke.
func post(t *testing.T, s *httptest.Server, path string, head any, arrays ...wire.Array) (status int, body []byte) {
	t.Helper()
	frame, err := wire.Encode(nil, head, arrays...)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Client().Post(s.URL+path, wire.ContentTypeFrame, bytes.NewReader(frame))
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

func beginning(mode parameterserver.Mode) parameterserver.BeginFrame {
	return parameterserver.BeginFrame{FitID: "f", Features: []string{"b", "a"}, Mode: mode, BatchSize: 3, LocalEpochs: 2, Seed: 9, Penalty: "l2", Alpha: 0.1}
}

func answer(t *testing.T, body []byte) (parameterserver.StepAnswer, []float64) {
	t.Helper()
	var head parameterserver.StepAnswer
	arrays, err := wire.Decode(body, &head)
	if err != nil || len(arrays) != 1 {
		t.Fatalf("%d arrays, %v: %.200q", len(arrays), err, body)
	}
	return head, arrays[0].Data
}

// A step's answer does not depend on earlier steps: a worker that is asked for the steps in any order,
// one that is asked twice, and one that begins in the middle answer with the same bits.
func TestSGDAnswersDoNotRemember(t *testing.T) {
	for _, mode := range []parameterserver.Mode{parameterserver.MinibatchMode, parameterserver.LocalMode} {
		first := map[int][]float64{}
		for _, order := range [][]int{{0, 1, 2, 3, 4, 5, 6}, {6, 5, 4, 3, 2, 1, 0}, {4, 4, 0, 6}} {
			s := sgdWorker(t, "")
			if status, body := post(t, s, parameterserver.PathBegin, beginning(mode)); status != http.StatusOK {
				t.Fatalf("begin: status %d: %s", status, body)
			}
			for _, step := range order {
				p := []float64{0.1 * float64(step), 0.5, -0.2}
				frame := parameterserver.StepFrame{FitID: "f", Step: step, Mode: mode, Rate: 0.001}
				status, body := post(t, s, parameterserver.PathStep, frame, wire.Vector(parameterserver.ArrayParameters, p))
				if status != http.StatusOK {
					t.Fatalf("step %d: status %d: %s", step, status, body)
				}
				head, got := answer(t, body)
				if head.Step != step || head.Mode != mode || head.FitID != "f" || head.Rows < 1 {
					t.Errorf("%+v", head)
				}
				if want, ok := first[step]; ok && !slices.Equal(got, want) {
					t.Errorf("%s, step %d in order %v: %v, before %v", mode, step, order, got, want)
				}
				first[step] = got
			}
		}
	}
}

func TestSGDRefuses(t *testing.T) {
	s := sgdWorker(t, "")
	step := parameterserver.StepFrame{FitID: "f", Mode: parameterserver.MinibatchMode}
	p := wire.Vector(parameterserver.ArrayParameters, make([]float64, 3))
	refused := func(name string, wantStatus int, wantCode api.Code, path string, head any, arrays ...wire.Array) {
		t.Helper()
		status, body := post(t, s, path, head, arrays...)
		if status != wantStatus || !strings.Contains(string(body), `"code":"`+string(wantCode)+`"`) {
			t.Errorf("%s: status %d: %s", name, status, body)
		}
	}
	refused("a step before the fit", 409, api.CodeOutdated, parameterserver.PathStep, step, p)
	changed := func(change func(*parameterserver.BeginFrame)) parameterserver.BeginFrame {
		b := beginning(parameterserver.MinibatchMode)
		change(&b)
		return b
	}
	refused("an unknown mode", 422, api.CodeInvalidRequest, parameterserver.PathBegin, changed(func(b *parameterserver.BeginFrame) { b.Mode = "async" }))
	refused("no batch", 422, api.CodeInvalidRequest, parameterserver.PathBegin, changed(func(b *parameterserver.BeginFrame) { b.BatchSize = 0 }))
	refused("no local epochs", 422, api.CodeInvalidRequest, parameterserver.PathBegin,
		changed(func(b *parameterserver.BeginFrame) { b.Mode, b.LocalEpochs = parameterserver.LocalMode, 0 }))
	refused("an unknown column", 422, api.CodeInvalidRequest, parameterserver.PathBegin,
		changed(func(b *parameterserver.BeginFrame) { b.Features = []string{"a", "z"} }))
	refused("an unknown penalty", 422, api.CodeUnusableData, parameterserver.PathBegin, changed(func(b *parameterserver.BeginFrame) { b.Penalty = "l3" }))
	refused("a scale of 0", 422, api.CodeInvalidRequest, parameterserver.PathBegin,
		beginning(parameterserver.FullMode), wire.Vector("mean", []float64{0, 0}), wire.Vector("scale", []float64{1, 0}))
	if status, body := post(t, s, parameterserver.PathBegin, beginning(parameterserver.MinibatchMode)); status != http.StatusOK {
		t.Fatalf("begin: status %d: %s", status, body)
	}
	refused("another fit", 409, api.CodeOutdated, parameterserver.PathStep, parameterserver.StepFrame{FitID: "g", Mode: parameterserver.MinibatchMode}, p)
	refused("another mode", 422, api.CodeInvalidRequest, parameterserver.PathStep, parameterserver.StepFrame{FitID: "f", Mode: parameterserver.FullMode}, p)
	refused("too few parameters", 422, api.CodeInvalidRequest, parameterserver.PathStep, step,
		wire.Vector(parameterserver.ArrayParameters, make([]float64, 2)))
	refused("no parameters", 400, api.CodeMalformedBody, parameterserver.PathStep, step)
	refused("parameters too large", 422, api.CodeDiverged, parameterserver.PathStep, step,
		wire.Vector(parameterserver.ArrayParameters, []float64{1e300, 1e300, 0}))
	refused("not a frame of moments", 422, api.CodeInvalidRequest, parameterserver.PathMoments, parameterserver.MomentsFrame{FitID: "f", Features: []string{"z"}})
	res, err := s.Client().Post(s.URL+parameterserver.PathEnd, "application/json", strings.NewReader(`{"fit_id":"f"}`))
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	refused("a step after the end", 409, api.CodeOutdated, parameterserver.PathStep, step, p)
}

// Faults are also injected into the steps of the Python package's master, which have no number: they
// are counted.
func TestSGDFaultsOfStepsInJSON(t *testing.T) {
	outcome := func(faults string) string {
		s := sgdWorker(t, faults)
		var seen strings.Builder
		for range 12 {
			res, err := s.Client().Post(s.URL+parameterserver.PathStep, "application/json", strings.NewReader(`{"weights":[0,0],"bias":[0]}`))
			if err != nil {
				seen.WriteString("-") // the connection broke
				continue
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case res.StatusCode == http.StatusUnprocessableEntity && strings.Contains(string(body), "NaN"):
				seen.WriteString("n")
			case res.StatusCode == http.StatusOK && strings.Contains(string(body), `"weights_gradients":[-`):
				seen.WriteString("+")
			case res.StatusCode == http.StatusOK:
				seen.WriteString("!") // turned around
			default:
				t.Fatalf("status %d: %s", res.StatusCode, body)
			}
		}
		return seen.String()
	}
	if got := outcome(""); got != strings.Repeat("+", 12) {
		t.Errorf("without faults: %s", got)
	}
	for faults, sign := range map[string]string{`{"drop":0.5}`: "-", `{"corrupt":"nan","corrupt_rate":0.5}`: "n", `{"corrupt":"sign","corrupt_rate":0.5}`: "!"} {
		a, b := outcome(faults), outcome(faults)
		if a != b || !strings.Contains(a, "+") || !strings.Contains(a, sign) {
			t.Errorf("%s: %s, then %s", faults, a, b)
		}
	}
	if got := outcome(`{"die_at":4}`); got != "+++---------" {
		t.Errorf("die_at 4: %s", got)
	}
}

// Faults are drawn from the seed and the step: two workers with the same seed have the same faults.
func TestSGDFaults(t *testing.T) {
	outcome := func(faults string) string {
		s := sgdWorker(t, faults)
		if status, body := post(t, s, parameterserver.PathBegin, beginning(parameterserver.FullMode)); status != http.StatusOK {
			t.Fatalf("begin: status %d: %s", status, body)
		}
		var seen strings.Builder
		for step := range 12 {
			head := parameterserver.StepFrame{FitID: "f", Step: step, Mode: parameterserver.FullMode}
			status, body := post(t, s, parameterserver.PathStep, head, wire.Vector(parameterserver.ArrayParameters, []float64{1, 1, 1}))
			if status == 0 {
				seen.WriteString("-")
				continue
			}
			_, g := answer(t, body)
			switch {
			case g[0] != g[0]:
				seen.WriteString("n")
			case g[0] < -1e6 || g[0] > 1e6:
				seen.WriteString("s")
			default:
				seen.WriteString("+")
			}
		}
		return seen.String()
	}
	if got := outcome(""); got != strings.Repeat("+", 12) {
		t.Errorf("without faults: %s", got)
	}
	for _, faults := range []string{`{"drop":0.5}`, `{"corrupt":"nan","corrupt_rate":0.5}`, `{"corrupt":"scale","corrupt_rate":0.5}`} {
		a, b := outcome(faults), outcome(faults)
		if a != b || !strings.Contains(a, "+") || a == strings.Repeat("+", 12) {
			t.Errorf("%s: %s, then %s", faults, a, b)
		}
	}
	if got := outcome(`{"die_at":4}`); got != "+++---------" {
		t.Errorf("die_at 4: %s", got)
	}
	lying := node.Spec{Name: "w", Role: parameterserver.Role, Learner: "sgd-regressor", Faults: `{"corrupt":"lie"}`}
	if _, err := node.NewWorker(lying, registry.Default, node.Options{}); err == nil {
		t.Error("an unknown corruption is accepted")
	}
}
