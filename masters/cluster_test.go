package masters_test

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
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// meanRegressor predicts the weighted mean of its target plus the row's
// feature a: a prediction that can be told by hand, and that shows an order of
// columns that is wrong.
type meanRegressor struct {
	mean *float64
	a    int
}

func (r *meanRegressor) Fit(ctx context.Context, d learner.Dataset) error {
	if err := learner.CheckFit(d, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	var sum, weight float64
	for i, y := range d.Y {
		sum += y * d.Weight(i)
		weight += d.Weight(i)
	}
	mean := sum / weight
	r.mean, r.a = &mean, slices.Index(d.Features, "a")
	return ctx.Err()
}

func (r *meanRegressor) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if r.mean == nil {
		return nil, learner.ErrNotFitted
	}
	_, features := x.Dims()
	if err := learner.CheckPredict(x, features, learner.Traits{}); err != nil {
		return nil, err
	}
	y := mat.Col(nil, r.a, x)
	for i := range y {
		y[i] += *r.mean
	}
	return y, nil
}

// frequencyClassifier answers every row with the share of each class.
type frequencyClassifier struct{ share []float64 }

func (c *frequencyClassifier) Fit(ctx context.Context, d learner.Dataset) error {
	if err := learner.CheckFit(d, learner.Classification, learner.Traits{}); err != nil {
		return err
	}
	c.share = make([]float64, len(d.Classes))
	for _, y := range d.Y {
		c.share[int(y)] += 1 / float64(len(d.Y))
	}
	return ctx.Err()
}

func (c *frequencyClassifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	proba, err := c.PredictProba(ctx, x)
	if err != nil {
		return nil, err
	}
	y := make([]float64, proba.RawMatrix().Rows)
	for i := range y {
		for k, p := range proba.RawRowView(i) {
			if p > proba.At(i, int(y[i])) {
				y[i] = float64(k)
			}
		}
	}
	return y, nil
}

func (c *frequencyClassifier) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	if c.share == nil {
		return nil, learner.ErrNotFitted
	}
	rows, _ := x.Dims()
	out := mat.NewDense(rows, len(c.share), nil)
	for i := range rows {
		out.SetRow(i, c.share)
	}
	return out, nil
}

// gate holds fits back until it is opened, and tells when one has begun.
type gate struct {
	closed atomic.Bool
	begun  chan struct{}
	open   chan struct{}
}

// gatedRegressor is a meanRegressor whose fit waits at the gate.
type gatedRegressor struct {
	meanRegressor
	gate *gate
}

func (g *gatedRegressor) Fit(ctx context.Context, d learner.Dataset) error {
	if g.gate.closed.Load() {
		g.gate.begun <- struct{}{}
		select {
		case <-g.gate.open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g.meanRegressor.Fit(ctx, d)
}

// cluster is a master and its workers, all behind real HTTP servers.
type cluster struct {
	t       *testing.T
	server  *masters.Server
	master  *httptest.Server
	workers []*node
	gate    *gate
	config  *config.Config
	kind    masters.Master                     // nil is an aggregation
	dir     string                             // of the project; none if empty
	stages  []func(faults string) http.Handler // of a pipeline
}

// node is one worker that can be stopped and started again at its address.
type node struct {
	name, address string
	make          func() http.Handler
	server        *httptest.Server
	connections   atomic.Int64
}

// shard is one worker's data: a header and lines of X, and y.
type shard struct{ x, y string }

// start makes a cluster of model workers with the named toy learner. yaml is added to
// the configuration.
func start(t *testing.T, name, yaml string, shards ...shard) *cluster {
	t.Helper()
	return startWith(t, nil, name, yaml, shards...)
}

// startWith takes the learner from a registry; nil is that of the toys.
func startWith(t *testing.T, reg *registry.Registry, name, yaml string, shards ...shard) *cluster {
	t.Helper()
	c := newCluster(t)
	if reg == nil {
		reg = c.registry()
	}
	var list strings.Builder
	for i, s := range shards {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "X_train.csv"), s.x)
		write(t, filepath.Join(dir, "y_train.csv"), s.y)
		spec := workers.Spec{Name: fmt.Sprintf("w%d", i+1), Role: workers.ModelRole, Project: "test", Learner: name, Seed: uint64(i)}
		c.add(spec.Name, func() http.Handler {
			w, err := workers.New(spec, reg, workers.Options{Data: dir, Procs: 1})
			if err != nil {
				t.Error(err)
				return http.NotFoundHandler()
			}
			if err := w.Load(t.Context()); err != nil {
				t.Error(err)
			}
			return w
		})
		fmt.Fprintf(&list, "  - {name: %s, learner: %s}\n", spec.Name, name)
	}
	c.serve("workers:\n"+list.String()+yaml, reg)
	return c
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	return &cluster{t: t, gate: &gate{begun: make(chan struct{}, 16), open: make(chan struct{})}}
}

func (c *cluster) registry() *registry.Registry {
	reg := &registry.Registry{}
	type none struct{}
	registry.RegisterIn(reg, "mean", registry.Entry[none, *meanRegressor]{
		Task: learner.Regression, Summary: "A toy.", New: func(none, learner.Env) (*meanRegressor, error) { return &meanRegressor{}, nil },
	})
	registry.RegisterIn(reg, "frequency", registry.Entry[none, *frequencyClassifier]{
		Task: learner.Classification, Summary: "A toy.", New: func(none, learner.Env) (*frequencyClassifier, error) { return &frequencyClassifier{}, nil },
	})
	registry.RegisterIn(reg, "gated", registry.Entry[none, *gatedRegressor]{
		Task: learner.Regression, Summary: "A toy.", New: func(none, learner.Env) (*gatedRegressor, error) { return &gatedRegressor{gate: c.gate}, nil },
	})
	return reg
}

// add starts a worker.
func (c *cluster) add(name string, handler func() http.Handler) {
	n := &node{name: name, make: handler}
	c.workers = append(c.workers, n)
	n.start(c.t)
	c.t.Cleanup(n.kill)
}

// serve starts the master over the workers that were added.
func (c *cluster) serve(yaml string, reg *registry.Registry) {
	c.t.Helper()
	cfg, err := config.Parse("chimera.yaml", []byte("project: test\n"+yaml), config.Options{Catalogue: reg})
	if err != nil {
		c.t.Fatal(err)
	}
	cfg.Dir = c.dir
	c.config = cfg
	setup := masters.Setup{Config: cfg, Version: "test", Registry: reg}
	if c.kind == nil {
		c.kind = masters.NewAggregation()
	}
	for _, w := range c.workers {
		setup.Workers = append(setup.Workers, masters.Endpoint{Name: w.name, URL: "http://" + w.address})
	}
	if c.server, err = masters.NewServer(c.kind, setup); err != nil {
		c.t.Fatal(err)
	}
	c.server.Start(context.Background())
	c.master = httptest.NewServer(c.server)
	c.t.Cleanup(c.stop)
}

// stop ends the master and the workers, before the test's end if many are to follow.
func (c *cluster) stop() {
	c.server.Close()
	c.master.Close()
	for _, w := range c.workers {
		w.kill()
	}
}

func (n *node) start(t *testing.T) {
	t.Helper()
	address := n.address
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	n.address = l.Addr().String()
	n.server = &httptest.Server{Listener: l, Config: &http.Server{Handler: n.make(), ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.connections.Add(1)
		}
	}}}
	n.server.Start()
}

// kill ends a worker as a kill -9 would: connections break.
func (n *node) kill() {
	n.server.CloseClientConnections()
	n.server.Close()
}

// event waits for an event of a kind that accept takes.
func event[E api.Event](c *cluster, accept func(E) bool) E {
	c.t.Helper()
	events, stop := c.server.Events()
	defer stop()
	for {
		select {
		case env, open := <-events:
			if !open {
				c.t.Fatal("the events ended")
			}
			if e, ok := env.Event.(E); ok && accept(e) {
				return e
			}
		case <-c.t.Context().Done():
			c.t.Fatal("the test ended before the event came")
		}
	}
}

// post sends a body and returns status and answer.
func (c *cluster) post(path, body string) (int, string) {
	c.t.Helper()
	return c.send(http.MethodPost, path, "application/json", body)
}

func (c *cluster) send(method, path, contentType, body string) (int, string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.master.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// fit fits and decodes the answer.
func (c *cluster) fit() api.FitResponse {
	c.t.Helper()
	status, body := c.post(api.PathsOf("aggregation").Fit, "")
	if status != http.StatusOK {
		c.t.Fatalf("fit: status %d: %s", status, body)
	}
	return decode[api.FitResponse](c.t, body)
}

// predict predicts and decodes the answer.
func (c *cluster) predict(body string) api.PredictResponse {
	c.t.Helper()
	status, answer := c.post(api.PathsOf("aggregation").Predict, body)
	if status != http.StatusOK {
		c.t.Fatalf("predict: status %d: %s", status, answer)
	}
	return decode[api.PredictResponse](c.t, answer)
}

// problem posts what must be refused, and decodes the problem.
func (c *cluster) problem(path, body string, wantStatus int) api.Problem {
	c.t.Helper()
	status, answer := c.post(path, body)
	if status != wantStatus {
		c.t.Fatalf("status %d, want %d: %s", status, wantStatus, answer)
	}
	return decode[api.Problem](c.t, answer)
}

func decode[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(bytes.NewReader([]byte(body))).Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
