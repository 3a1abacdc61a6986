package worker

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/knn"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

const (
	shardX = "a,b\n1,5\n2,3\n3,8\n4,1\n5,4\n6,7\n7,2\n8,6\n"
	shardY = "y\nno\nyes\nno\nyes\nyes\nno\nyes\nno\n"
)

// snapshot asks for a model.
func (r *running) snapshot(fitID string) (int, []byte) {
	r.t.Helper()
	return r.do(http.MethodGet, aggregation.PathSnapshot+"?fit_id="+url.QueryEscape(fitID), "", nil)
}

func (r *running) restore(frame []byte) (int, []byte) {
	r.t.Helper()
	return r.do(http.MethodPost, aggregation.PathSnapshot, wire.ContentTypeFrame, frame)
}

// predicted is the answer of a fit's model for a few rows, without its head.
func (r *running) predicted(fitID string) []float64 {
	r.t.Helper()
	x := mat.NewDense(4, 2, []float64{1, 5, 2, 2, 7, 7, -3, 100})
	body, err := wire.Encode(nil, api.PredictFrame{FitID: fitID, Columns: []string{"a", "b"}}, wire.Dense("X", x))
	if err != nil {
		r.t.Fatal(err)
	}
	status, answer := r.do(http.MethodPost, aggregation.PathPredict, wire.ContentTypeFrame, body)
	if status != http.StatusOK {
		r.t.Fatalf("predict: %d %s", status, answer)
	}
	arrays, err := wire.Decode(answer, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return arrays[0].Data
}

// A model that was handed out serves with the same bits in a worker that has no rows, and is handed out again as it came. The
// model in service stays until the other is committed, and answers who asks for it after that.
func TestAModelComesBack(t *testing.T) {
	for _, spec := range []node.Spec{
		{Learner: "tree-classifier", Params: `{"max_depth":3}`, Bootstrap: true, Seed: 4, ConfigHash: "h"},
		{Learner: "knn-classifier"},
		{Learner: "dummy-classifier"},
	} {
		t.Run(spec.Learner, func(t *testing.T) {
			first := begin(t, spec, folder(t, shardX, shardY)).load()
			first.json(aggregation.PathFit, `{"fit_id":"one","classes":["maybe","no","yes"]}`, 200)
			status, frame := first.snapshot("one") // staged
			if status != http.StatusOK {
				t.Fatalf("%d %s", status, frame)
			}
			first.json(aggregation.PathCommit, `{"fit_id":"one"}`, 200)
			want := first.predicted("one")
			if _, again := first.snapshot("one"); !bytes.Equal(frame, again) {
				t.Error("in service, it is handed out as another")
			}

			second := begin(t, spec, t.TempDir()) // whose rows are not there, and are never read
			if status, b := second.restore(frame); status != http.StatusOK {
				t.Fatalf("%d %s", status, b)
			}
			second.json(aggregation.PathPredict, oneRow, http.StatusConflict) // staged
			second.json(aggregation.PathCommit, `{"fit_id":"one"}`, 200)
			if got := second.predicted("one"); !equal(got, want) {
				t.Errorf("it answers %v, want %v", got, want)
			}
			if _, again := second.snapshot("one"); !bytes.Equal(frame, again) {
				t.Error("what came back is handed out as another")
			}
			if status, b := second.snapshot("two"); status != http.StatusConflict || !strings.Contains(string(b), string(api.CodeOutdated)) {
				t.Errorf("the model of another fit: %d %s", status, b)
			}
		})
	}
}

func equal(a, b []float64) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return len(a) > 0 && bytes.Equal(x, y)
}

// A model that is taken back does not disturb one that a fit has staged, nor the one before the one in service.
func TestStagedBesideAFit(t *testing.T) {
	r := begin(t, node.Spec{Learner: "tree-classifier"}, folder(t, shardX, shardY)).load()
	r.json(aggregation.PathFit, `{"fit_id":"old"}`, 200)
	_, old := r.snapshot("old")
	r.json(aggregation.PathFit, `{"fit_id":"new"}`, 200)
	if status, b := r.restore(old); status != http.StatusOK {
		t.Fatalf("%d %s", status, b)
	}
	r.json(aggregation.PathCommit, `{"fit_id":"old"}`, 200)
	r.json(aggregation.PathCommit, `{"fit_id":"new"}`, 200)
	r.predicted("old")
	if status, b := r.restore(old); status != http.StatusOK { // and back again
		t.Fatalf("%d %s", status, b)
	}
	r.json(aggregation.PathCommit, `{"fit_id":"old"}`, 200)
	r.predicted("new")
	if status, b := r.restore(old); status != http.StatusOK { // once more, as after an answer that was lost
		t.Fatalf("%d %s", status, b)
	}
	r.json(aggregation.PathCommit, `{"fit_id":"old"}`, 200)
	r.predicted("new")
	r.predicted("old")
}

// What cannot be a model of the worker is refused, with the reason, and changes nothing.
func TestForeignModelsAreRefused(t *testing.T) {
	spec := node.Spec{Learner: "tree-classifier", Params: `{"max_depth":3}`}
	r := begin(t, spec, folder(t, shardX, shardY)).load()
	r.json(aggregation.PathFit, `{"fit_id":"one"}`, 200)
	r.json(aggregation.PathCommit, `{"fit_id":"one"}`, 200)
	want := r.predicted("one")
	_, frame := r.snapshot("one")
	var honest aggregation.ModelFrame
	arrays, err := wire.Decode(frame, &honest)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, body []byte, status int, reason string) {
		t.Helper()
		got, b := r.restore(body)
		if got != status || !strings.Contains(string(b), reason) {
			t.Errorf("%s: %d %s, want %d with %q", name, got, b, status, reason)
		}
	}
	for name, c := range map[string]struct {
		change func(*aggregation.ModelFrame)
		reason string
	}{
		"another version":  {func(f *aggregation.ModelFrame) { f.Version = 2 }, "its version is 2"},
		"no fit":           {func(f *aggregation.ModelFrame) { f.FitID = "" }, "of which fit"},
		"another worker":   {func(f *aggregation.ModelFrame) { f.Worker = "v" }, `worker \"v\"`},
		"another learner":  {func(f *aggregation.ModelFrame) { f.Learner = "dummy-classifier" }, `learner \"dummy-classifier\"`},
		"other parameters": {func(f *aggregation.ModelFrame) { f.Params = json.RawMessage(`{"max_depth":4}`) }, "parameters"},
		"no parameters":    {func(f *aggregation.ModelFrame) { f.Params = nil }, "parameters"},
		"more features": {func(f *aggregation.ModelFrame) {
			f.Features, f.Columns = []string{"a", "b", "c"}, []string{"a", "b", "c"}
		}, "3 features"},
		"no features":         {func(f *aggregation.ModelFrame) { f.Features, f.Columns = nil, nil }, "no features"},
		"a feature twice":     {func(f *aggregation.ModelFrame) { f.Features, f.Columns = []string{"a", "a"}, []string{"a", "a"} }, "one name"},
		"features of nothing": {func(f *aggregation.ModelFrame) { f.Columns = []string{"a", "c"} }, "nothing makes them"},
		"more classes":        {func(f *aggregation.ModelFrame) { f.Classes = []learner.Label{"a", "b", "c"} }, "3 classes"},
		"a class twice":       {func(f *aggregation.ModelFrame) { f.Classes = []learner.Label{"a", "a"} }, "class twice"},
		"regression":          {func(f *aggregation.ModelFrame) { f.Classes = nil }, "0 classes"},
		"no rows":             {func(f *aggregation.ModelFrame) { f.Rows = 0 }, "0 rows"},
		"time before now":     {func(f *aggregation.ModelFrame) { f.Seconds = -1 }, "seconds"},
		"fewer bytes":         {func(f *aggregation.ModelFrame) { f.Bytes -= 8 }, "does not carry"},
		"no bytes":            {func(f *aggregation.ModelFrame) { f.Bytes = 0 }, "0 bytes"},
	} {
		head := honest
		c.change(&head)
		body, err := wire.Encode(nil, head, arrays...)
		if err != nil {
			t.Fatal(err)
		}
		refused(name, body, http.StatusUnprocessableEntity, c.reason)
	}
	// parameters that are the defaults, or in another form, are the same
	head := honest
	head.FitID, head.Params = "same", json.RawMessage(`{ "max_depth": 3.0, "criterion": "gini" }`)
	same, err := wire.Encode(nil, head, arrays...)
	if err != nil {
		t.Fatal(err)
	}
	if status, b := r.restore(same); status != http.StatusOK {
		t.Errorf("the same parameters: %d %s", status, b)
	}
	bits, err := arrays[0].Bytes(honest.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	bits = bytes.Clone(bits)
	bits[len(bits)/2] ^= 4
	damaged, err := wire.Encode(nil, honest, wire.Bytes(aggregation.ArrayLearner, bits))
	if err != nil {
		t.Fatal(err)
	}
	refused("a damaged snapshot in a whole frame", damaged, http.StatusUnprocessableEntity, "checksum")
	refused("a damaged frame", append(bytes.Clone(frame[:len(frame)-1]), frame[len(frame)-1]^1), http.StatusBadRequest, string(api.CodeDamaged))
	refused("half a frame", frame[:len(frame)/2], http.StatusBadRequest, string(api.CodeDamaged))
	none, err := wire.Encode(nil, honest)
	if err != nil {
		t.Fatal(err)
	}
	refused("no array", none, http.StatusBadRequest, aggregation.ArrayLearner)
	two, err := wire.Encode(nil, honest, arrays[0], arrays[0])
	if err != nil {
		t.Fatal(err)
	}
	refused("two arrays", two, http.StatusUnprocessableEntity, "2 arrays")
	if got := r.predicted("one"); !equal(got, want) {
		t.Errorf("the model in service answers %v, want %v", got, want)
	}
}

// FuzzRestore sends a worker anything in place of a stored model. What it takes, it hands out again, with the same answers.
func FuzzRestore(f *testing.F) {
	w, frame := fittedWorker(f)
	var head aggregation.ModelFrame
	arrays, err := wire.Decode(frame, &head)
	if err != nil {
		f.Fatal(err)
	}
	bits, err := arrays[0].Bytes(head.Bytes)
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(head)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, bits)
	f.Add([]byte(`{"version":1}`), []byte{})
	f.Add(bytes.ReplaceAll(text, []byte(`["a","b"]`), []byte(`["a","b","c"]`)), bits)
	f.Fuzz(func(t *testing.T, head, bits []byte) {
		if !json.Valid(head) {
			t.Skip()
		}
		body, err := wire.Encode(nil, json.RawMessage(head), wire.Bytes(aggregation.ArrayLearner, bits))
		if err != nil {
			t.Skip()
		}
		status, answer := serve(t, w, http.MethodPost, aggregation.PathSnapshot, body)
		switch status {
		case http.StatusBadRequest, http.StatusUnprocessableEntity:
			return
		case http.StatusOK:
		default:
			t.Fatalf("%d %s", status, answer)
		}
		var taken aggregation.ModelFrame
		if err := json.Unmarshal(head, &taken); err != nil {
			t.Fatal(err)
		}
		status, again := serve(t, w, http.MethodGet, aggregation.PathSnapshot+"?fit_id="+url.QueryEscape(taken.FitID), nil)
		if status != http.StatusOK {
			t.Fatalf("what was taken is not handed out: %d %s", status, again)
		}
		arrays, err := wire.Decode(again, &taken)
		if err != nil || taken.Check() != nil {
			t.Fatalf("what is handed out cannot be used: %v, %v", err, taken.Check())
		}
		if out, err := arrays[0].Bytes(taken.Bytes); err != nil || !bytes.Equal(out, bits) {
			t.Errorf("%d bytes became %d: %v", len(bits), len(out), err)
		}
	})
}

// fittedWorker is a worker that has fitted a tree, and its model.
func fittedWorker(f *testing.F) (w node.Worker, frame []byte) {
	f.Helper()
	dir := f.TempDir()
	for name, text := range map[string]string{"X_train.csv": shardX, "y_train.csv": shardY} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	spec := node.Spec{Learner: "tree-classifier", Name: "w", Role: aggregation.Role, Project: "test"}
	w, err := node.NewWorker(spec, registry.Default, node.Options{Data: dir})
	if err == nil {
		err = w.Load(f.Context())
	}
	if err != nil {
		f.Fatal(err)
	}
	if status, b := serve(f, w, http.MethodPost, aggregation.PathFit, []byte(`{"fit_id":"one"}`)); status != http.StatusOK {
		f.Fatalf("%d %s", status, b)
	}
	status, frame := serve(f, w, http.MethodGet, aggregation.PathSnapshot+"?fit_id=one", nil)
	if status != http.StatusOK {
		f.Fatalf("%d %s", status, frame)
	}
	return w, frame
}

// serve has a worker answer a request, with a frame or JSON as its body.
func serve(tb testing.TB, w http.Handler, method, path string, body []byte) (int, []byte) {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), method, "http://localhost"+path, bytes.NewReader(body))
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		r.Header.Set("Content-Type", "application/json")
	case body != nil:
		r.Header.Set("Content-Type", wire.ContentTypeFrame)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec.Code, rec.Body.Bytes()
}
