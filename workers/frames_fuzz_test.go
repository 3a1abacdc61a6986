package workers_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/dummy"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// target is a worker that is sent frames of anybody's making.
type target struct {
	worker http.Handler
	paths  []string // that take frames
	fits   int      // counted, so that every execution has a fit of its own
}

// newTarget makes a worker with twelve rows.
func newTarget(f *testing.F, role workers.Role, learner, params string, paths ...string) *target {
	f.Helper()
	dir := f.TempDir()
	x, y := "a,b\n", "class\n"
	for i := range 12 {
		x += fmt.Sprintf("%d,%d\n", i, i*i%7)
		y += []string{"0\n", "1\n"}[i%2]
	}
	for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	w, err := workers.New(workers.Spec{Name: "w1", Role: role, Project: "test", Learner: learner, Params: params}, registry.Default,
		workers.Options{Data: dir, Procs: 1})
	if err == nil {
		err = w.Load(f.Context())
	}
	if err != nil {
		f.Fatal(err)
	}
	return &target{worker: w, paths: paths}
}

// post sends a body and returns status and answer.
func (w *target) post(t *testing.T, path, contentType string, body []byte) (int, []byte) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+path, bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	rec := httptest.NewRecorder()
	w.worker.ServeHTTP(rec, r)
	return rec.Code, rec.Body.Bytes()
}

// must sends a value and its arrays in a frame, or in JSON without, which must be answered.
func (w *target) must(t *testing.T, path string, value any, arrays ...wire.Array) []byte {
	t.Helper()
	contentType := "application/json"
	text, ok := value.(string)
	body := []byte(text)
	if !ok {
		contentType = wire.ContentTypeFrame
		var err error
		if body, err = wire.Encode(nil, value, arrays...); err != nil {
			t.Fatal(err)
		}
	}
	status, answer := w.post(t, path, contentType, body)
	if status != http.StatusOK {
		t.Fatalf("%s %+v: status %d: %s", path, value, status, answer)
	}
	return answer
}

// numbers are the arrays of an answer, bit for bit.
func numbers(t *testing.T, frame []byte) string {
	t.Helper()
	arrays, err := wire.Decode(frame, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, a := range arrays {
		fmt.Fprintf(&b, "%s %v", a.Name, a.Shape)
		for _, v := range a.Data {
			fmt.Fprintf(&b, " %x", math.Float64bits(v))
		}
	}
	return b.String()
}

// attack sends a frame with any head, in which FIT is the fit's ID, and up to two equal arrays. The answer must
// be a frame, or a problem of the caller's making.
func (w *target) attack(t *testing.T, fit string, path uint8, head, names string, columns uint8, data []byte) {
	t.Helper()
	values := make([]float64, len(data)/8)
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	shape := []int{len(values)}
	if c := int(columns); c > 0 && len(values)%c == 0 {
		shape = []int{len(values) / c, c}
	}
	var arrays []wire.Array
	for name := range strings.FieldsSeq(names) {
		if len(arrays) < 2 {
			arrays = append(arrays, wire.Array{Name: name, Shape: shape, Data: values})
		}
	}
	head = strings.ReplaceAll(head, "FIT", fit)
	if !json.Valid([]byte(head)) {
		return
	}
	frame, err := wire.Encode(nil, json.RawMessage(head), arrays...)
	if err != nil {
		return // FuzzDecodeFrame is about frames that cannot be read
	}
	to := w.paths[int(path)%len(w.paths)]
	status, answer := w.post(t, to, wire.ContentTypeFrame, frame)
	if status == http.StatusOK {
		if _, err := wire.Decode(answer, nil); err != nil {
			t.Fatalf("%s %s: %v: %q", to, head, err, answer)
		}
		return
	}
	var p api.Problem
	if err := json.Unmarshal(answer, &p); err != nil || p.Status != status || p.Code == "" || p.Detail == "" || p.Code == api.CodeInternal || status < 400 {
		t.Fatalf("%s %s: status %d: %s", to, head, status, answer)
	}
}

func floatBytes(values ...float64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

// Whatever frames a worker of an aggregation has been sent, it predicts as before.
func FuzzAggregationFrames(f *testing.F) {
	w := newTarget(f, workers.ModelRole, "dummy-classifier", "", aggregation.PathPredict)
	f.Add(uint8(0), `{"columns":["b","A"],"fit_id":"FIT"}`, "X", uint8(2), floatBytes(1, 2, 3, 4))
	f.Add(uint8(0), `{"columns":["a"]}`, "X", uint8(1), floatBytes(math.NaN()))
	f.Add(uint8(0), `null`, "X X", uint8(0), floatBytes(1))
	f.Fuzz(func(t *testing.T, path uint8, head, names string, columns uint8, data []byte) {
		w.must(t, aggregation.PathFit, `{"fit_id":"f"}`)
		w.must(t, aggregation.PathCommit, `{"fit_id":"f"}`)
		ask := func() string {
			return numbers(t, w.must(t, aggregation.PathPredict, api.PredictFrame{FitID: "f", Columns: []string{"a", "b"}},
				wire.Array{Name: "X", Shape: []int{2, 2}, Data: []float64{1, 2, 3, 4}}))
		}
		before := ask()
		w.attack(t, "f", path, head, names, columns, data)
		if after := ask(); after != before {
			t.Errorf("%s, before %s", after, before)
		}
	})
}

// Whatever frames a worker of a parameter server has been sent, a fit that begins afterwards has the
// same gradients.
func FuzzParameterServerFrames(f *testing.F) {
	w := newTarget(f, workers.SGDRole, "sgd-regressor", "", parameterserver.PathStep, parameterserver.PathBegin, parameterserver.PathMoments)
	f.Add(uint8(0), `{"fit_id":"FIT","step":3,"mode":"minibatch","validate":true}`, "parameters", uint8(0), floatBytes(1, 2, 3))
	f.Add(uint8(0), `{"fit_id":"FIT","step":9223372036854775807,"mode":"minibatch"}`, "parameters", uint8(0), floatBytes(1e308, -1e308, 3))
	f.Add(uint8(1),
		`{"fit_id":"g","features":["a","b"],"mode":"local","batch_size":2,"local_epochs":1,"seed":"1","first_row":"18446744073709551615","penalty":"l1"}`,
		"mean scale", uint8(0), floatBytes(1, 2))
	f.Add(uint8(1), `{"fit_id":"g","features":["a","b"],"classes":["0","1"],"mode":"full","validation_fraction":0.99,"penalty":"none"}`, "", uint8(0), []byte{})
	f.Add(uint8(2), `{"fit_id":"m","features":["b"],"validation_fraction":0.5}`, "", uint8(0), []byte{})
	f.Fuzz(func(t *testing.T, path uint8, head, names string, columns uint8, data []byte) {
		ask := func() string {
			w.fits++
			fit := fmt.Sprint("fit", w.fits)
			w.must(t, parameterserver.PathBegin, parameterserver.BeginFrame{
				FitID: fit, Features: []string{"a", "b"}, Mode: parameterserver.MinibatchMode, BatchSize: 5, Seed: 3, Penalty: "l2", Alpha: 0.1,
			})
			return numbers(t, w.must(t, parameterserver.PathStep, parameterserver.StepFrame{FitID: fit, Step: 1, Mode: parameterserver.MinibatchMode},
				wire.Vector(parameterserver.ArrayParameters, []float64{1, -1, 0.5})))
		}
		before := ask()
		w.attack(t, fmt.Sprint("fit", w.fits), path, head, names, columns, data)
		if after := ask(); after != before {
			t.Errorf("%s, before %s", after, before)
		}
	})
}

// Whatever frames a stage has been sent, a fit that begins afterwards becomes the same model.
func FuzzPipelineFrames(f *testing.F) {
	w := newTarget(f, workers.StageRole, "mlp-classifier", `{"hidden_layer_sizes":[3]}`, pipeline.PathStep, pipeline.PathMove, pipeline.PathMicroBatch,
		pipeline.PathPredict, pipeline.PathCheckpoint, pipeline.PathBegin)
	begin := pipeline.BeginFrame{
		FitID: "FIT", Features: []string{"a", "b"}, Classes: []learner.Label{"0", "1"}, Seed: 9, Stages: 1, To: 3,
		Schedule: "1f1b", MicroBatches: 2, BatchSize: 5, Shuffle: true, Standardize: true, Solver: "adam", Alpha: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8,
	}
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		return string(b)
	}
	f.Add(true, uint8(0), `{"fit_id":"FIT","step":1,"epoch":0,"batch":1,"rate":0.1,"hold":true}`, "", uint8(0), []byte{})
	f.Add(true, uint8(0), `{"fit_id":"FIT","step":1,"epoch":-1,"batch":9223372036854775807,"rate":1e300,"keep":true}`, "", uint8(0), []byte{})
	f.Add(true, uint8(1), `{"fit_id":"FIT","step":0,"factor":1e300,"rate":1}`, "", uint8(0), []byte{})
	f.Add(true, uint8(2), `{"fit_id":"FIT","step":1,"micro":-1,"back":true}`, "x", uint8(2), floatBytes(1, 2))
	f.Add(false, uint8(3), `{"fit_id":"FIT"}`, "x", uint8(2), floatBytes(1, 2, 3, math.Inf(1)))
	f.Add(true, uint8(4), text(pipeline.State{Version: 1, Begin: begin, Training: true, Step: 1, Optimiser: "adam", Steps: 1, Vectors: 1}), "parameters state",
		uint8(0), floatBytes(make([]float64, 13)...))
	f.Add(false, uint8(4), text(pipeline.State{Version: 1, Begin: begin}), "parameters mean", uint8(0), floatBytes(make([]float64, 13)...))
	f.Add(true, uint8(5), text(begin), "", uint8(0), []byte{})
	far := begin
	far.From, far.To, far.MicroBatches, far.BatchSize, far.Validation = -1, 1<<40, 1024, 1<<62, 0.999
	f.Add(true, uint8(5), text(far), "", uint8(0), []byte{})
	f.Fuzz(func(t *testing.T, running bool, path uint8, head, names string, columns uint8, data []byte) {
		if strings.Contains(strings.ToLower(head), "url") || strings.Contains(head, `\u`) || strings.Contains(head, "next") {
			return // it would be called
		}
		fit := ""
		begun := func() {
			w.fits++
			fit = fmt.Sprint("fit", w.fits)
			b := begin
			b.FitID = fit
			w.must(t, pipeline.PathBegin, b)
			w.must(t, pipeline.PathStep, pipeline.StepFrame{Command: pipeline.Command{FitID: fit}, Rate: 0.1})
		}
		ask := func() string {
			begun()
			w.must(t, pipeline.PathFinish, fmt.Sprintf(`{"fit_id":%q,"attempt":0,"best":false}`, fit))
			w.must(t, pipeline.PathCommit, fmt.Sprintf(`{"fit_id":%q}`, fit))
			return numbers(t, w.must(t, pipeline.PathPredict, pipeline.PredictFrame{FitID: fit}, wire.Array{Name: "x", Shape: []int{2, 2}, Data: []float64{1, 2, 3, 4}}))
		}
		before := ask()
		if running {
			begun() // else the attack meets a model
		}
		w.attack(t, fit, path, head, names, columns, data)
		if after := ask(); after != before {
			t.Errorf("%s, before %s", after, before)
		}
	})
}
