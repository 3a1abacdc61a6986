package masterstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// system is a master and its workers, all behind real HTTP servers.
type system struct {
	t       *testing.T
	kind    distribute.Kind
	master  *httptest.Server
	server  *cluster.Server
	workers []*worker
}

// worker is one worker that can be ended and started again at its address, and
// whose answers can be held back.
type worker struct {
	name, address string
	handler       func() http.Handler // a worker without a model
	server        *httptest.Server
	mu            sync.Mutex
	hold          chan struct{} // requests that change something wait until it is closed; nil: they do not
	held          chan struct{} // a request is waiting
}

// start starts one worker for each shard and the master over them.
func start(t *testing.T, c Case, shards []learner.Dataset) *system {
	t.Helper()
	kind, known := distribute.Lookup(c.New().Kind())
	if !known {
		t.Fatalf("the kind %q is not registered with package distribute", c.New().Kind())
	}
	s := &system{t: t, kind: kind}
	var list strings.Builder
	for i, rows := range shards {
		s.add(c, fmt.Sprintf("w%d", i+1), uint64(i), rows)
		fmt.Fprintf(&list, "  - {name: w%d}\n", i+1)
	}
	text := fmt.Sprintf("project: conformance\nmaster: %s\nlearner: %s\nparams: %s\nworkers:\n%s", kind.Name, c.Learner, orEmpty(c.Params), list.String())
	if c.Settings != "" {
		text += kind.Section + ": {" + c.Settings + "}\n"
	}
	cfg, err := config.Parse("chimera.yaml", []byte(text), config.Options{Catalogue: c.registry()})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Dir = t.TempDir()
	setup := cluster.Setup{Config: cfg, Registry: c.registry(), Version: "test"}
	for _, w := range s.workers {
		setup.Workers = append(setup.Workers, cluster.Endpoint{Name: w.name, URL: "http://" + w.address})
	}
	if s.server, err = cluster.NewServer(c.New(), setup); err != nil {
		t.Fatal(err)
	}
	s.server.Start(context.WithoutCancel(t.Context()))
	s.master = httptest.NewServer(s.server)
	t.Cleanup(s.stop)
	return s
}

func orEmpty(params string) string {
	if params == "" {
		return "{}"
	}
	return params
}

func (c Case) registry() *registry.Registry {
	if c.Registry != nil {
		return c.Registry
	}
	return registry.Default
}

// add starts a worker with rows of its own.
func (s *system) add(c Case, name string, seed uint64, rows learner.Dataset) {
	dir := s.t.TempDir()
	write(s.t, dir, rows)
	spec := workers.Spec{Name: name, Role: workers.Role(s.kind.Role.Name), Project: "conformance", Learner: c.Learner, Params: c.Params, Seed: seed}
	w := &worker{name: name, handler: func() http.Handler {
		made, err := workers.New(spec, c.registry(), workers.Options{Data: dir, Procs: 1})
		if err == nil {
			err = made.Load(s.t.Context())
		}
		if err != nil {
			s.t.Error(err)
			return http.NotFoundHandler()
		}
		return made
	}}
	s.workers = append(s.workers, w)
	w.start(s.t)
	s.t.Cleanup(w.kill)
}

func (w *worker) start(t *testing.T) {
	t.Helper()
	address := w.address
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	w.address = l.Addr().String()
	handler := w.handler()
	w.server = &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.wait(r)
		handler.ServeHTTP(rw, r)
	})}}
	w.server.Start()
}

// wait holds a request back that changes something, while the worker is held.
func (w *worker) wait(r *http.Request) {
	w.mu.Lock()
	hold, held := w.hold, w.held
	w.mu.Unlock()
	if hold == nil || r.Method != http.MethodPost {
		return
	}
	select {
	case held <- struct{}{}:
	default:
	}
	select {
	case <-hold:
	case <-r.Context().Done():
	}
}

// holdBack makes requests wait. The channel has a value once one does; release
// lets all of them go on.
func (w *worker) holdBack() (held <-chan struct{}, release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	hold := make(chan struct{})
	w.hold, w.held = hold, make(chan struct{}, 1)
	return w.held, sync.OnceFunc(func() {
		w.mu.Lock()
		w.hold = nil
		w.mu.Unlock()
		close(hold)
	})
}

// kill ends a worker as a kill -9 would: connections break.
func (w *worker) kill() {
	w.server.CloseClientConnections()
	w.server.Close()
}

// stop ends the master, then the workers.
func (s *system) stop() {
	s.server.Close()
	s.master.Close()
	for _, w := range s.workers {
		w.kill()
	}
}

// send makes a request and returns status and body.
func (s *system) send(method, path, body string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.master.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.master.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// fit trains, which must succeed.
func (s *system) fit() api.FitResponse {
	s.t.Helper()
	status, body := s.send(http.MethodPost, api.PathsOf(s.kind.Name).Fit, "")
	if status != http.StatusOK {
		s.t.Fatalf("fit: status %d: %s", status, body)
	}
	return decode[api.FitResponse](s.t, body)
}

// predict predicts, which must succeed, and returns the answer without what
// names the fit.
func (s *system) predict(request string) (api.PredictResponse, string) {
	s.t.Helper()
	status, body := s.send(http.MethodPost, api.PathsOf(s.kind.Name).Predict, request)
	if status != http.StatusOK {
		s.t.Fatalf("predict: status %d: %s", status, body)
	}
	p := decode[api.PredictResponse](s.t, body)
	y, err := json.Marshal([]any{p.Y, p.Proba, p.Labels})
	if err != nil {
		s.t.Fatal(err)
	}
	return p, string(y)
}

// problem is what must be refused with a status.
func (s *system) problem(method, path, body string, want int) api.Problem {
	s.t.Helper()
	status, answer := s.send(method, path, body)
	if status != want {
		s.t.Fatalf("%s %s: status %d, want %d: %s", method, path, status, want, answer)
	}
	return decode[api.Problem](s.t, answer)
}

// await returns the first event that accept takes.
func (s *system) await(events <-chan api.Envelope, accept func(api.Event) bool) {
	s.t.Helper()
	for {
		select {
		case e, open := <-events:
			if !open {
				s.t.Fatal("the events ended before what is waited for")
			}
			if accept(e.Event) {
				return
			}
		case <-s.t.Context().Done():
			s.t.Fatal("the test ended before the event came")
		}
	}
}

func decode[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(bytes.NewReader([]byte(body))).Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

// write writes rows as a worker's files, to the last bit.
func write(t *testing.T, dir string, d learner.Dataset) {
	t.Helper()
	var x, y strings.Builder
	x.WriteString(strings.Join(d.Features, ",") + "\n")
	y.WriteString("target\n")
	for i := range d.Len() {
		x.WriteString(cells(d.X.RawRowView(i)) + "\n")
		if d.Classes != nil {
			y.WriteString(string(d.Classes[int(d.Y[i])]) + "\n")
			continue
		}
		y.WriteString(strconv.FormatFloat(d.Y[i], 'g', -1, 64) + "\n")
	}
	for name, text := range map[string]string{"X_train.csv": x.String(), "y_train.csv": y.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func cells(row []float64) string {
	texts := make([]string, len(row))
	for j, v := range row {
		texts[j] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strings.Join(texts, ",")
}
