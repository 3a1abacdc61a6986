package node_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/dummy"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

func TestMain(m *testing.M) {
	// keep-alive connections of the tests' own client
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// A third party's kind, whose workers scale what they receive.
type (
	scaleFrame struct {
		By float64 `json:"by"`
	}
	scaled struct {
		Bytes int     `json:"bytes"` // of the received frame
		Again bool    `json:"again"` // the memory was used before
		Sum   float64 `json:"sum"`
	}
	greeting struct {
		Name string `json:"name,omitzero" minLength:"2"`
	}
	asked struct {
		Name string `query:"name" doc:"Of what."`
	}
)

var (
	scale   = endpoint.PostFrame[scaleFrame, scaled]("/v1/chimera/scaler/scale", "Scale an array")
	again   = endpoint.PostFrame[scaleFrame, scaled]("/v1/chimera/scaler/again", "Scale an array in memory that is used again")
	inJSON  = endpoint.Post[greeting, greeting](scale.Path, "The same in JSON")
	greet   = endpoint.Post[greeting, greeting]("/v1/chimera/scaler/greet", "Greet")
	maybe   = endpoint.Post[greeting, greeting]("/v1/chimera/scaler/maybe", "Greet somebody, or nobody")
	fails   = endpoint.Post[greeting, greeting]("/v1/chimera/scaler/fails", "Fail")
	numbers = endpoint.Endpoint[asked, scaled]{Method: http.MethodGet, Path: "/v1/chimera/scaler/numbers", Form: endpoint.Frame, Summary: "Numbers"}
)

func init() {
	distribute.Register(distribute.Kind{
		Name: "scaling", Summary: "Scales.", Role: distribute.Role{Name: "scaler"}, Master: distribute.Source{Package: "example.com/m", Call: "m.New()"},
	})
	node.RegisterRole(node.Role{Name: "scaler", New: newScaler})
	node.RegisterRole(node.Role{Name: "stray", New: newScaler})
}

func newScaler(spec node.Spec, info registry.Info, r *registry.Registry, o node.Options) (node.Worker, error) {
	n, err := node.New(spec, info, r, o, "Scales.")
	if err != nil {
		return nil, err
	}
	node.Handle(n, scale, func(ctx context.Context, q scaleFrame, arrays []node.Array) (scaled, []node.Array, error) {
		x, err := node.Find(arrays, "x")
		if err != nil {
			return scaled{}, nil, err
		}
		a, out := scaledBy(q.By, x.Data)
		a.Bytes = node.BodySize(ctx)
		return a, []node.Array{wire.Vector("x", out)}, nil
	}, node.InJSON(inJSON, func(_ context.Context, body []byte) (greeting, error) { return greeting{Name: string(body)}, nil }), node.Largest(5000))
	node.HandleReusing(n, again, func(_ context.Context, q scaleFrame, arrays []node.Array, memory *[]float64) (scaled, []node.Array, error) {
		used := *memory != nil
		a, out := scaledBy(q.By, arrays[0].Data)
		*memory = append((*memory)[:0], out...)
		a.Again = used
		return a, []node.Array{wire.Vector("x", *memory)}, nil
	})
	node.Handle(n, greet, node.Plain(func(_ context.Context, g greeting) (greeting, error) { return greeting{"hello " + g.Name}, nil }))
	node.Handle(n, maybe, node.Plain(func(_ context.Context, g greeting) (greeting, error) { return greeting{"hello " + g.Name}, nil }), node.OptionalBody())
	node.Handle(n, fails, node.Plain(func(_ context.Context, g greeting) (greeting, error) {
		switch g.Name {
		case "data":
			return greeting{}, &learner.DataError{Row: 3, Column: -1, Reason: "it is odd"}
		case "gone":
			return greeting{}, context.Canceled
		}
		return greeting{}, errors.New("a bug")
	}))
	node.HandleQuery(n, numbers, func(_ context.Context, q asked, _ []node.Array) (scaled, []node.Array, error) {
		return scaled{}, []node.Array{wire.Vector(q.Name, make([]float64, 3))}, nil
	})
	return n, nil
}

func scaledBy(by float64, x []float64) (a scaled, out []float64) {
	out = slices.Clone(x)
	for i := range out {
		out[i] *= by
		a.Sum += out[i]
	}
	return a, out
}

func start(t *testing.T) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"X_train.csv": "a\n1\n2\n", "y_train.csv": "y\n2\n4\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spec := node.Spec{Name: "w", Role: "scaler", Project: "test", Learner: "dummy-regressor"}
	w, err := node.NewWorker(spec, registry.Default, node.Options{Data: dir, Limits: rest.Limits{MaxBody: 2000}})
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

func call(t *testing.T, method, url, contentType string, body io.Reader) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text
}

func frame(t *testing.T, by float64, x ...float64) []byte {
	t.Helper()
	b, err := wire.Encode(nil, scaleFrame{by}, wire.Vector("x", x))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A frame gets the same answer whether its length is known in advance or not.
func TestFrames(t *testing.T) {
	s := start(t)
	body := frame(t, 2, 1, 2, 3)
	for name, reader := range map[string]io.Reader{"of known length": bytes.NewReader(body), "of unknown length": io.MultiReader(bytes.NewReader(body))} {
		status, text := call(t, http.MethodPost, s.URL+scale.Path, wire.ContentTypeFrame, reader)
		var head scaled
		arrays, err := wire.Decode(text, &head)
		if status != http.StatusOK || err != nil || head.Sum != 12 || head.Bytes != len(body) || !slices.Equal(arrays[0].Data, []float64{2, 4, 6}) {
			t.Errorf("%s: status %d, %v, %+v: %.200q", name, status, err, head, text)
		}
	}
	long := make([]float64, 400)
	for _, tt := range []struct {
		name, path, contentType string
		body                    []byte
		status                  int
		says                    string
	}{
		{"no frame", scale.Path, wire.ContentTypeFrame, []byte("nonsense that is long enough"), 400, "cannot be read"},
		{"no array", scale.Path, wire.ContentTypeFrame, []byte{}, 422, "required"},
		{"JSON for a frame", again.Path, "application/json", []byte("{}"), 415, "send " + wire.ContentTypeFrame},
		{"JSON for either", scale.Path, "application/json", []byte(`"ann"`), 200, "ann"},
		{"text for either", scale.Path, "text/plain", []byte("ann"), 415, "application/json"},
		{"larger than bodies may be", again.Path, wire.ContentTypeFrame, frame(t, 1, long...), 413, "body_too_large"},
		{"larger, where that is allowed", scale.Path, wire.ContentTypeFrame, frame(t, 1, long...), 200, "CHMF"},
		{"an answer that is not finite", scale.Path, wire.ContentTypeFrame, frame(t, 2, math.MaxFloat64), 422, "diverged"},
	} {
		status, text := call(t, http.MethodPost, s.URL+tt.path, tt.contentType, bytes.NewReader(tt.body))
		if status != tt.status || !strings.Contains(string(text), tt.says) {
			t.Errorf("%s: status %d, want %d: %.300s", tt.name, status, tt.status, text)
		}
	}
}

// The memory of a ReusingHandler is reused, and answers do not mix.
func TestFramesInTheSameMemory(t *testing.T) {
	s := start(t)
	seen := false
	for k := range 50 { // the pool may drop some
		x := float64(k)
		status, text := call(t, http.MethodPost, s.URL+again.Path, wire.ContentTypeFrame, bytes.NewReader(frame(t, 3, x, x)))
		var head scaled
		arrays, err := wire.Decode(text, &head)
		if status != http.StatusOK || err != nil || !slices.Equal(arrays[0].Data, []float64{3 * x, 3 * x}) {
			t.Fatalf("status %d, %v: %.200q", status, err, text)
		}
		seen = seen || head.Again
	}
	if !seen {
		t.Error("no memory was reused")
	}
}

func TestJSON(t *testing.T) {
	s := start(t)
	for _, tt := range []struct {
		path, body string
		status     int
		says       string
	}{
		{greet.Path, `{"name":"ann"}`, 200, `{"name":"hello ann"}`},
		{greet.Path, `{"name":"a"}`, 422, "body.name"},
		{greet.Path, `{"name":1}`, 422, "expected string"},
		{greet.Path, `{"name":`, 400, "malformed_body"},
		{greet.Path, ``, 422, "required"},
		{maybe.Path, ``, 200, `{"name":"hello "}`},
		{maybe.Path, `{"name":"a"}`, 422, "body.name"},
		{maybe.Path, `{"name":"ann"}`, 200, `{"name":"hello ann"}`},
		{fails.Path, `{"name":"data"}`, 422, "unusable_data"},
		{fails.Path, `{"name":"gone"}`, 409, "fit_cancelled"},
		{fails.Path, `{"name":"bug"}`, 500, "a bug"},
	} {
		status, text := call(t, http.MethodPost, s.URL+tt.path, "application/json", strings.NewReader(tt.body))
		if status != tt.status || !strings.Contains(string(text), tt.says) {
			t.Errorf("%s %s: status %d, want %d: %s", tt.path, tt.body, status, tt.status, text)
		}
	}
	if status, text := call(t, http.MethodGet, s.URL+numbers.Path+"?name=zeros", "", nil); status != 200 || !bytes.Contains(text, []byte(`"name":"zeros"`)) {
		t.Errorf("numbers: status %d: %s", status, text)
	}
	if status, text := call(t, http.MethodGet, s.URL+numbers.Path, "", nil); status != 422 || !bytes.Contains(text, []byte("query.name")) {
		t.Errorf("no name: status %d: %s", status, text)
	}
}

// A node reports the protocol's version, and its docs list the role's operations.
func TestWhatItSaysOfItself(t *testing.T) {
	s := start(t)
	for _, path := range []string{api.PathHealth, api.PathReady, api.PathSchema} {
		status, text := call(t, http.MethodGet, s.URL+path, "", nil)
		var v struct{ Protocol int }
		if err := json.Unmarshal(text, &v); err != nil || status != 200 || v.Protocol != api.Protocol {
			t.Errorf("%s: status %d, %v: %s", path, status, err, text)
		}
	}
	if _, text := call(t, http.MethodGet, s.URL+"/docs", "", nil); !strings.Contains(string(text), scale.Path) {
		t.Errorf("docs: %s", text)
	}
}

// At its address itself a worker says who it is, and every link leads somewhere.
func TestHome(t *testing.T) {
	s := start(t)
	status, body := call(t, http.MethodGet, s.URL+"/", "", nil)
	var home struct {
		Worker string            `json:"worker"`
		Role   string            `json:"role"`
		Links  map[string]string `json:"links"`
	}
	if err := json.Unmarshal(body, &home); err != nil || status != http.StatusOK || home.Worker != "w" || home.Role != "scaler" || len(home.Links) != 4 {
		t.Fatalf("/: %d %v %s", status, err, body)
	}
	for name, path := range home.Links {
		if status, body := call(t, http.MethodGet, s.URL+path, "", nil); status != http.StatusOK {
			t.Errorf("%s at %s: %d %s", name, path, status, body)
		}
	}
	if status, body := call(t, http.MethodGet, s.URL+"/favicon.ico", "", nil); status != http.StatusOK || !bytes.Contains(body, []byte("<svg")) {
		t.Errorf("the icon: %d %s", status, body)
	}
	if status, _ := call(t, http.MethodGet, s.URL+"/nothing", "", nil); status != http.StatusNotFound {
		t.Errorf("/nothing: %d", status)
	}
}

func TestRoles(t *testing.T) {
	for name, r := range map[string]node.Role{"no name": {New: newScaler}, "nothing new": {Name: "idle"}, "a second": {Name: "scaler", New: newScaler}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			node.RegisterRole(r)
		}()
	}
	for role, says := range map[string]string{"scalar": `this program links "scaler", "stray"`, "stray": "belongs to no kind of distribution"} {
		_, err := node.NewWorker(node.Spec{Name: "w", Role: role, Learner: "dummy-regressor"}, registry.Default, node.Options{})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// The order of an epoch does not depend on which epochs were requested before.
func TestOrder(t *testing.T) {
	a, b := node.NewOrder(20, true, 7, "w"), node.NewOrder(20, true, 7, "w")
	third := slices.Clone(a.Of(3))
	b.Of(0)
	b.Of(5)
	if !slices.Equal(b.Of(3), third) {
		t.Errorf("%v, then %v", third, b.Of(3))
	}
	file := fmt.Sprint(node.NewOrder(4, false, 7, "w").Of(3))
	if file != "[0 1 2 3]" || slices.Equal(a.Of(4), third) || slices.Equal(node.NewOrder(20, true, 7, "v").Of(3), third) {
		t.Errorf("not shuffled: %s; or another epoch or worker has the same order", file)
	}
	train, held := node.HoldOut(8, 0.25, 7, "w")
	if len(train) != 6 || len(held) != 2 || !slices.IsSorted(train) || slices.Contains(train, held[0]) {
		t.Errorf("train %v, held out %v", train, held)
	}
}
