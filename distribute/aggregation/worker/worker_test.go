package worker

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/dummy"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// running is a worker behind HTTP.
type running struct {
	t      *testing.T
	worker node.Worker
	url    string
}

func folder(t *testing.T, x, y string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func begin(t *testing.T, spec node.Spec, data string) *running {
	t.Helper()
	spec.Name, spec.Role, spec.Project = "w", aggregation.Role, "test"
	w, err := node.NewWorker(spec, registry.Default, node.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return &running{t, w, server.URL}
}

func (r *running) load() *running {
	r.t.Helper()
	if err := r.worker.Load(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	return r
}

func (r *running) do(method, path, contentType string, body []byte) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, b
}

func (r *running) json(path, body string, wantStatus int) map[string]any {
	r.t.Helper()
	status, b := r.do(http.MethodPost, path, "application/json", []byte(body))
	if status != wantStatus {
		r.t.Fatalf("%s: status %d, want %d: %s", path, status, wantStatus, b)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		r.t.Fatal(err)
	}
	return v
}

const (
	oneRow = `{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`
	dummy  = "dummy-regressor"
)

func TestReadyOnceTheDataIsLoaded(t *testing.T) {
	r := begin(t, node.Spec{Learner: dummy}, folder(t, "a\n1\n", "y\n2\n"))
	for _, path := range []string{api.PathReady, api.PathSchema} {
		if status, b := r.do(http.MethodGet, path, "", nil); status != http.StatusServiceUnavailable {
			t.Errorf("%s before: %d %s", path, status, b)
		}
	}
	if status, _ := r.do(http.MethodGet, api.PathHealth, "", nil); status != 200 {
		t.Errorf("a worker that loads is alive: %d", status)
	}
	r.json(aggregation.PathFit, "", http.StatusServiceUnavailable)
	r.load()
	if status, _ := r.do(http.MethodGet, api.PathReady, "", nil); status != 200 {
		t.Errorf("after: %d", status)
	}
}

// The states of a model: absent, staged, in service, replaced, restored.
func TestStages(t *testing.T) {
	r := begin(t, node.Spec{Learner: dummy}, folder(t, "a\n1\n2\n", "y\n2\n4\n")).load()
	if p := r.json(aggregation.PathPredict, oneRow, http.StatusConflict); p["code"] != "not_fitted" {
		t.Errorf("before fit: %v", p)
	}
	r.json(aggregation.PathFit, `{"fit_id":"one"}`, 200)
	if p := r.json(aggregation.PathPredict, oneRow, http.StatusConflict); p["code"] != "not_fitted" {
		t.Errorf("a staged model serves: %v", p)
	}
	r.json(aggregation.PathCommit, `{"fit_id":"other"}`, http.StatusConflict)
	r.json(aggregation.PathCommit, `{"fit_id":"one"}`, 200)
	r.json(aggregation.PathCommit, `{"fit_id":"one"}`, 200) // again is fine
	if p := r.json(aggregation.PathPredict, oneRow, 200); p["fit_id"] != "one" || p["y_pred_rows"].([]any)[0] != 3.0 {
		t.Errorf("committed: %v", p)
	}
	r.json(aggregation.PathFit, `{"fit_id":"two"}`, 200)
	r.json(aggregation.PathDiscard, `{"fit_id":"two"}`, 200)
	r.json(aggregation.PathCommit, `{"fit_id":"two"}`, http.StatusConflict)
	r.json(aggregation.PathFit, `{"fit_id":"three"}`, 200)
	r.json(aggregation.PathCommit, `{"fit_id":"three"}`, 200)
	if status, b := r.frame("one"); status != 200 {
		t.Errorf("the model before serves who asks for it: %d %s", status, b)
	}
	r.json(aggregation.PathDiscard, `{"fit_id":"three"}`, 200) // takes the commit back
	if p := r.json(aggregation.PathPredict, oneRow, 200); p["fit_id"] != "one" {
		t.Errorf("after taking back: %v", p)
	}
	if status, _ := r.frame("three"); status != http.StatusConflict {
		t.Errorf("a fit that it does not hold: %d", status)
	}
	r.json(aggregation.PathCommit, `{}`, http.StatusUnprocessableEntity)
}

// A fit without a body, as the Python package's master sends it, is served at once by a worker that no master of
// ours has fitted, as often as it comes; it may not replace what such a master has fitted or is about to serve.
func TestFitsWithoutAnID(t *testing.T) {
	r := begin(t, node.Spec{Learner: dummy}, folder(t, "a\n1\n2\n", "y\n2\n4\n")).load()
	for range 2 {
		r.json(aggregation.PathFit, ``, 200)
		if p := r.json(aggregation.PathPredict, oneRow, 200); p["fit_id"] != nil || p["y_pred_rows"].([]any)[0] != 3.0 {
			t.Errorf("fitted directly: %v", p)
		}
	}
	refused := func(when string) {
		t.Helper()
		for _, body := range []string{"", "{}", `{"fit_id":""}`} {
			if p := r.json(aggregation.PathFit, body, http.StatusConflict); p["code"] != string(api.CodeManaged) {
				t.Errorf("%s, %q: %v", when, body, p)
			}
		}
	}
	r.json(aggregation.PathFit, `{"fit_id":"one"}`, 200)
	refused("a model is staged")
	r.json(aggregation.PathCommit, `{"fit_id":"one"}`, 200)
	refused("it serves")
	if p := r.json(aggregation.PathPredict, oneRow, 200); p["fit_id"] != "one" {
		t.Errorf("the model was replaced: %v", p)
	}
	r.json(aggregation.PathFit, `{"fit_id":"two"}`, 200) // the master goes on
	r.json(aggregation.PathCommit, `{"fit_id":"two"}`, 200)
}

// frame predicts one row with a binary frame.
func (r *running) frame(fitID string) (int, []byte) {
	r.t.Helper()
	body, err := wire.Encode(nil, api.PredictFrame{FitID: fitID, Columns: []string{"a"}}, wire.Dense("X", mat.NewDense(1, 1, []float64{1})))
	if err != nil {
		r.t.Fatal(err)
	}
	return r.do(http.MethodPost, aggregation.PathPredict, wire.ContentTypeFrame, body)
}

func TestFrames(t *testing.T) {
	r := begin(t, node.Spec{Learner: "dummy-classifier"}, folder(t, "a\n1\n2\n3\n", "y\nno\nyes\nno\n")).load()
	r.json(aggregation.PathFit, `{"fit_id":"f","classes":["maybe","no","yes"]}`, 200)
	r.json(aggregation.PathCommit, `{"fit_id":"f"}`, 200)
	status, b := r.frame("f")
	if status != 200 {
		t.Fatalf("%d %s", status, b)
	}
	var head api.PredictedFrame
	arrays, err := wire.Decode(b, &head)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(head.Classes, []learner.Label{"maybe", "no", "yes"}) || head.FitID != "f" || len(arrays) != 1 {
		t.Fatalf("got %+v %+v", head, arrays)
	}
	for k, want := range []float64{0, 2.0 / 3, 1.0 / 3} {
		if math.Abs(arrays[0].Data[k]-want) > 1e-15 {
			t.Errorf("class %d: %v, want %v", k, arrays[0].Data[k], want)
		}
	}
	for name, body := range map[string][]byte{
		"damaged": append([]byte("X"), b[1:]...), "truncated": b[:len(b)-3], "empty": []byte("CHMF"), "an answer for a request": b,
	} {
		if status, b := r.do(http.MethodPost, aggregation.PathPredict, wire.ContentTypeFrame, body); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, status, b)
		}
	}
	r.json(aggregation.PathFit, `{"fit_id":"g","classes":["no"]}`, http.StatusUnprocessableEntity) // "yes" is not agreed on
}

func TestBootstrap(t *testing.T) {
	counts := bootstrap(1000, 5)
	var drawn float64
	zero := 0
	for _, c := range counts {
		drawn += c
		if c == 0 {
			zero++
		}
	}
	if drawn != 1000 || zero < 320 || zero > 420 { // 1/e of the rows, give or take five standard deviations
		t.Errorf("%v drawn, %d rows left out", drawn, zero)
	}
	if !slices.Equal(counts, bootstrap(1000, 5)) || slices.Equal(counts, bootstrap(1000, 6)) {
		t.Error("a bootstrap is a function of its seed")
	}

	x, y := "a\n", "y\n"
	for range 40 {
		x += "1\n2\n"
		y += "0\n1\n"
	}
	r := begin(t, node.Spec{Learner: "dummy-classifier", Bootstrap: true, Seed: 3}, folder(t, x, y)).load()
	fit := r.json(aggregation.PathFit, "", 200)
	bag, ok := fit["out_of_bag"].(map[string]any)
	if !ok || bag["metric"] != "accuracy" || bag["rows"].(float64) < 10 {
		t.Errorf("out of bag: %v", fit)
	}
}

func TestDocsAndStatus(t *testing.T) {
	r := begin(t, node.Spec{Learner: dummy}, folder(t, "a\n1\n", "y\n2\n")).load()
	if status, b := r.do(http.MethodGet, "/docs", "", nil); status != 200 || !strings.Contains(string(b), aggregation.PathPredict) {
		t.Errorf("docs: %d %s", status, b)
	}
	status, b := r.do(http.MethodGet, api.PathStatus, "", nil)
	var s api.WorkerStatus
	if err := json.Unmarshal(b, &s); err != nil || status != 200 || !s.Ready || s.Rows != 1 || s.Learner.Name != dummy {
		t.Errorf("status: %d %s %v", status, b, err)
	}
}
