package swarm_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/models"
)

// kind is a project of this repository, for one kind of master.
type kind struct {
	name, project string
	master        func() masters.Master
	settings      map[string]string
}

var kinds = []kind{
	{"aggregation", "bench/bagging", func() masters.Master { return masters.NewAggregation() }, map[string]string{"aggregation.recovery_timeout": "3m"}},
	{"parameter-server", "bench/fullbatch", func() masters.Master { return masters.NewParameterServer() }, map[string]string{
		"parameter_server.max_iter": "20", "parameter_server.recovery_timeout": "3m",
	}},
	{"pipeline", "bench/pipeline", func() masters.Master { return masters.NewPipeline() }, map[string]string{
		"pipeline.max_iter": "2", "pipeline.batch_size": "64", "pipeline.micro_batches": "4", "pipeline.recovery_timeout": "3m",
	}},
}

// limit is how long anything is waited for; it is reached only if that never comes.
const limit = 4 * time.Minute

// served is a project whose workers a launcher has started, and its master.
type served struct {
	t       testing.TB
	kind    kind
	project string
	fleet   launcher.Fleet
	server  *masters.Server
	client  *client.Client
	log     *record     // what the launcher and the workers wrote
	again   chan string // workers that run again
}

// serve starts a project with a launcher, until the test ends or stop. Rows are below a folder, and are made there.
func serve(tb testing.TB, rows string, k kind, how string, settings map[string]string, change func(*launcher.Plan)) *served {
	tb.Helper()
	s := &served{t: tb, kind: k, log: &record{}, again: make(chan string, 100)}
	overrides := []config.Override{{Field: "launcher", Value: how, Source: "the test"}}
	for _, more := range []map[string]string{k.settings, settings} {
		for field, value := range more {
			overrides = append(overrides, config.Override{Field: field, Value: value, Source: "the test"})
		}
	}
	cfg, err := config.Load(config.Options{Dir: filepath.Join("..", "..", k.project), Catalogue: catalogue.Shipped(), Overrides: overrides})
	if err != nil {
		tb.Fatal(err)
	}
	s.project = cfg.Project
	plan := launcher.PlanOf(cfg, "test", slog.LevelWarn, nil)
	known, err := identity.New(cfg.Project, identity.Mode(cfg.WorkerSecurity()))
	if err != nil {
		tb.Fatal(err)
	}
	plan.Identity, plan.Output, plan.Log = known, s.log, slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	plan.Observe = func(e launcher.Event) {
		if e.Kind == launcher.Again {
			s.again <- e.Worker
		}
	}
	for i := range plan.Workers {
		plan.Workers[i].Data = filepath.Join(rows, plan.Workers[i].Name)
		writeRows(tb, plan.Workers[i].Data, i, cfg.Kind().SharesLayers)
	}
	if change != nil {
		change(&plan)
	}
	info, err := launcher.Lookup(how)
	if err != nil {
		tb.Fatal(err)
	}
	launch, err := info.New(launcher.Setup{Config: cfg})
	if err != nil {
		tb.Fatal(err)
	}
	if s.fleet, err = launch.Launch(tb.Context(), plan); err != nil {
		tb.Fatalf("%v\n%s", err, s.log)
	}
	stopFleet := sync.OnceFunc(func() {
		if err := s.fleet.Stop(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(stopFleet)
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("what was written:\n%s", s.log)
		}
	})
	s.begin(cfg, known, k.master())
	return s
}

// begin starts the master.
func (s *served) begin(cfg *config.Config, known *identity.Authority, m masters.Master) {
	s.t.Helper()
	own := *cfg
	own.Dir = s.t.TempDir() // models and checkpoints are not the project's
	folder, err := models.OpenFolder(filepath.Join(own.Dir, "models"))
	if err != nil {
		s.t.Fatal(err)
	}
	setup := masters.Setup{Config: &own, Identity: known, Models: models.NewStore(folder)}
	setup.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, e := range s.fleet.Endpoints() {
		setup.Workers = append(setup.Workers, masters.Endpoint{Name: e.Name, URL: e.URL, Peer: e.Peer})
	}
	if s.server, err = masters.NewServer(m, setup); err != nil {
		s.t.Fatal(err)
	}
	s.server.Start(s.t.Context())
	s.t.Cleanup(s.server.Close)
	listening := httptest.NewServer(s.server)
	s.t.Cleanup(listening.Close)
	if s.client, err = client.New(listening.URL); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.client.Close)
	reported := make(chan struct{})
	ended, end := context.WithCancel(context.Background())
	go func() { // as a project's program does
		defer close(reported)
		for {
			select {
			case exit, open := <-s.fleet.Exits():
				if !open {
					return
				}
				s.server.WorkerExited(exit.Worker, exit.String())
			case <-ended.Done():
				return
			}
		}
	}()
	s.t.Cleanup(func() {
		end()
		<-reported
	})
}

// fit fits.
func (s *served) fit() *client.FitResult {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), limit)
	defer cancel()
	result, err := s.client.Fit(ctx)
	if err != nil {
		s.t.Fatalf("the fit: %v\n%s", err, s.log)
	}
	return result
}

// predictions are the model's for rows that no worker has.
func (s *served) predictions() []float64 {
	s.t.Helper()
	values, err := s.predict()
	if err != nil {
		s.t.Fatal(err)
	}
	return values
}

func (s *served) predict() ([]float64, error) {
	x := mat.NewDense(50, 3, nil)
	for i := range 50 {
		x.SetRow(i, features(1000+i))
	}
	p, err := s.client.Predict(s.t.Context(), []string{"a", "b", "c"}, x)
	if err != nil {
		return nil, err
	}
	return p.Y.Values, nil // for two classes, probabilities
}

// whole waits until every worker is up, with the model.
func (s *served) whole() {
	s.t.Helper()
	await(s.t, "all workers are up", func() bool {
		status, err := s.client.Status(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, m := range status.Workers {
			if m.State != api.MemberUp {
				return false
			}
		}
		return true
	})
}

// runsAgain waits until a worker that had ended runs again.
func (s *served) runsAgain(worker string) {
	s.t.Helper()
	late := time.After(limit)
	for {
		select {
		case name := <-s.again:
			if name == worker {
				return
			}
		case <-late:
			s.t.Fatalf("worker %s does not run again\n%s", worker, s.log)
		}
	}
}

// place is where a worker's container runs.
type place struct {
	node      int
	container string
}

// places are those of a worker's containers that run.
func (s *served) places(nodes *swarmtest.Swarm, worker string) (found []place) {
	s.t.Helper()
	for node := range 2 {
		for _, id := range containers(s.t, nodes.Engine(s.t, node), s.project, worker, false) {
			found = append(found, place{node, id})
		}
	}
	return found
}

// somewhere is where a worker runs, once it runs once.
func (s *served) somewhere(nodes *swarmtest.Swarm, worker string) (at place) {
	s.t.Helper()
	await(s.t, "worker "+worker+" runs once", func() bool {
		all := s.places(nodes, worker)
		if len(all) == 1 {
			at = all[0]
		}
		return len(all) == 1
	})
	return at
}

// on is the container of a worker, which must come to run on a node alone.
func (s *served) on(nodes *swarmtest.Swarm, worker string, node int) string {
	s.t.Helper()
	at := s.somewhere(nodes, worker)
	if at.node != node {
		s.t.Fatalf("worker %s runs on %s, want %s", worker, nodes.NodeName(at.node), nodes.NodeName(node))
	}
	return at.container
}

// containers are those of a worker on an engine, or, without a name, of all workers of a project: those that run, or all that there are.
func containers(tb testing.TB, engine *docker.Engine, project, worker string, all bool) (ids []string) {
	tb.Helper()
	having := filters.NewArgs(filters.Arg("label", docker.LabelProject+"="+project))
	if worker == "" {
		having.Add("label", docker.LabelWorker)
	} else {
		having.Add("label", docker.LabelWorker+"="+worker)
	}
	list, err := engine.API().ContainerList(context.Background(), container.ListOptions{All: all, Filters: having})
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// await waits until something is so.
func await(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	late := time.After(limit)
	for !so() {
		select {
		case <-late:
			tb.Fatalf("it is never so that %s", what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// record keeps what is written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements [io.Writer].
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// String is all of it.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// says reports whether one line has all of some words.
func (r *record) says(words ...string) bool {
	for line := range strings.Lines(r.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return true
		}
	}
	return false
}

// features are those of a row.
func features(i int) []float64 {
	x := float64(i)
	return []float64{math.Sin(x), math.Cos(3 * x), math.Sin(7*x) * math.Cos(x)}
}

// writeRows writes a worker's rows, of its own or the same for all.
func writeRows(tb testing.TB, dir string, worker int, shared bool) {
	tb.Helper()
	if shared {
		worker = 0
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	x, y := "a,b,c\n", "target\n"
	for i := range 200 {
		row := features(200*worker + i)
		x += fmt.Sprintf("%v,%v,%v\n", row[0], row[1], row[2])
		y += fmt.Sprintln(map[bool]int{true: 1}[row[0]*row[1]+row[2] > 0])
	}
	for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
}
