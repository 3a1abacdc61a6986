//go:build unix

package examples_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	dockerclient "github.com/docker/docker/client"
	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/docker/dockertest"
)

// system is a running example with its test rows.
type system struct {
	*example
	master  *client.Client
	columns []string
	x       *mat.Dense
}

func start(t *testing.T, name, launcher string, env ...string) *system {
	t.Helper()
	s := &system{example: run(t, "go run ./examples/"+name, append(env, "CHIMERA_LAUNCHER="+launcher)...)}
	var err error
	if s.master, err = client.New(s.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.master.Close)
	test, err := dataio.ReadFeatures(t.Context(), name+"/test_data/X_test.csv", dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.columns, s.x = test.Columns, test.X
	return s
}

func (s *system) predict() *client.Prediction {
	s.t.Helper()
	p, err := s.master.Predict(s.t.Context(), s.columns, s.x)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// down removes what a project has on the engine at the end of a test.
func down(t *testing.T, e *docker.Engine, project string) {
	t.Helper()
	t.Cleanup(func() {
		if _, err := e.Down(context.Background(), project); err != nil {
			t.Error(err)
		}
	})
}

// text is a prediction as JSON, which writes numbers so that they are read to
// the same bits.
func text(t *testing.T, p *client.Prediction) string {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The launcher changes nothing of what is computed, to the last bit, and an
// interrupted run leaves nothing but images.
func TestDocker(t *testing.T) {
	t.Parallel()
	e := dockertest.Engine(t)
	for _, tt := range []struct {
		name   string
		faults func(*system)
		env    []string
	}{
		{"bagging", (*system).faults, []string{"CHIMERA_WORKERS_ENDPOINTS_TIMEOUT=2"}}, // for which its faults wait
		{name: "bagging-regression"},
		{name: "sgd-regression"},
		{name: "sgd-classification"},
		{name: "poisson"},
		{name: "custom-loss"},
		{name: "boosting"},
		{name: "pipeline-digits"}, // whose containers find each other by name
		{name: "convolution"},
		// straggler is left out: which steps its slow worker misses is a matter of time
	} {
		t.Run(tt.name, func(t *testing.T) { // one after the other: an engine that starts many containers at once is late with their output
			processes := start(t, tt.name, "process")
			want := processes.predict()
			processes.interrupt()

			s := start(t, tt.name, "docker", tt.env...)
			down(t, e, tt.name)
			got := s.predict()
			want.FitID = got.FitID // each run has its own
			if d := cmp.Diff(text(t, want), text(t, got)); d != "" {
				t.Errorf("processes and containers answer differently:\n%s", d)
			}
			if tt.faults != nil {
				tt.faults(s)
				s.t = t
			}
			s.interrupt()
			left, err := e.Down(t.Context(), tt.name)
			if err != nil || len(left.Containers)+len(left.Networks) > 0 || len(left.Images) == 0 {
				t.Errorf("an interrupted run left %+v, %v", left, err)
			}
		})
	}
	t.Run("the commands of the guide's page", func(t *testing.T) { // it has the project's containers for itself, as the others have ended
		down(t, e, "bagging")
		program := run(t, "CHIMERA_LAUNCHER=docker go run ./examples/bagging")
		s := &shell{t: t, dir: root}
		s.wants("go tool chimera ps --project examples/bagging", "bagging-tree4")
		s.wants("go tool chimera logs tree1 --project examples/bagging", "training data loaded")
		release := program.release
		program.release = func() {} // the project is not another test's yet
		program.interrupt()
		if out := s.run("go tool chimera down --project examples/bagging"); strings.Count(out, "removed image") != 4 {
			t.Errorf("after a run it removes the images of four workers, not\n%s", out)
		}
		release()
	})
}

// faults kills containers, pauses one beyond the deadline and cuts one off the
// network: the answers say who is missing, and nobody is once it is back.
func (s *system) faults() {
	t := s.t
	engineAPI, err := dockerclient.NewClientWithOpts(dockerclient.FromEnv, dockerclient.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engineAPI.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, whole := t.Context(), s.predict()
	if whole.Failures != nil {
		t.Fatal(whole.Failures)
	}

	t.Run("docker kill during predictions", func(t *testing.T) {
		s.t = t
		answers := make(chan *client.Prediction)
		stop, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() { // ends with the test, at the latest
			defer close(answers)
			for stop.Err() == nil {
				p, err := s.master.Predict(stop, s.columns, s.x)
				if err != nil && stop.Err() == nil {
					t.Errorf("with three of four workers: %v", err)
				}
				select {
				case answers <- p:
				case <-stop.Done():
				}
			}
		}()
		if p := <-answers; p == nil || len(p.Workers) != 4 {
			t.Fatalf("before the kill: %+v", p)
		}
		must(engineAPI.ContainerKill(ctx, "bagging-tree3", "KILL"))
		for p := range answers {
			if p == nil {
				break
			}
			if len(p.Workers) == 4 {
				continue // it was on its way
			}
			s.lacks(p, "tree3")
			break
		}
		cancel()
		for range answers { // until the goroutine has ended
		}
		must(engineAPI.ContainerStart(ctx, "bagging-tree3", container.StartOptions{}))
		s.back("tree3")
		s.same(whole)
	})

	t.Run("docker pause beyond the deadline", func(t *testing.T) {
		s.t = t
		must(engineAPI.ContainerPause(ctx, "bagging-tree2"))
		p := s.predict()
		s.lacks(p, "tree2")
		if got := p.Failures[0].Code; got != api.CodeWorkersTimeout {
			t.Errorf("the reason has the code %s: %s", got, p.Failures[0].Reason)
		}
		must(engineAPI.ContainerUnpause(ctx, "bagging-tree2"))
		s.back("tree2")
		s.same(whole)
	})

	t.Run("cut off the network", func(t *testing.T) {
		s.t = t
		const name = "bagging-chimera-network"
		c, err := engineAPI.ContainerInspect(ctx, "bagging-tree4")
		must(err)
		settings := c.NetworkSettings.Networks[name]
		must(engineAPI.NetworkDisconnect(ctx, name, "bagging-tree4", false))
		s.lacks(s.predict(), "tree4")
		must(engineAPI.NetworkConnect(ctx, name, "bagging-tree4", &network.EndpointSettings{IPAMConfig: settings.IPAMConfig, Aliases: settings.Aliases}))
		s.back("tree4")
		s.same(whole)
	})

	// It is last, since it changes the model. The paused worker cannot answer
	// before it is killed, so that the kill is during the fit.
	t.Run("docker kill during a fit", func(t *testing.T) {
		s.t = t
		must(engineAPI.ContainerPause(ctx, "bagging-tree1"))
		id, err := s.master.StartFit(ctx)
		must(err)
		must(s.master.Events(ctx, func(ev client.Event) bool {
			others, ok := ev.Event.(api.WorkerFittedEvent)
			return !ok || others.FitID != id || others.Done < 3
		}))
		must(engineAPI.ContainerKill(ctx, "bagging-tree1", "KILL"))
		must(s.master.Events(ctx, func(ev client.Event) bool {
			done, ok := ev.Event.(api.FitCommittedEvent)
			return !ok || done.FitID != id
		}))
		job, err := s.master.Job(ctx)
		must(err)
		if job.Result == nil || len(job.Result.Workers) != 3 || len(job.Result.Failures) != 1 || job.Result.Failures[0].Worker != "tree1" {
			t.Errorf("fit %+v", job)
		}
		s.lacks(s.predict(), "tree1")
		must(engineAPI.ContainerStart(ctx, "bagging-tree1", container.StartOptions{}))
		s.back("tree1")
		if p := s.predict(); len(p.Workers) != 4 || p.FitID != id {
			t.Errorf("after tree1's start: %v of %s, %v", p.Workers, p.FitID, p.Failures)
		}
	})
}

// lacks wants a prediction of all workers but one, which it names.
func (s *system) lacks(p *client.Prediction, worker string) {
	s.t.Helper()
	if len(p.Workers) != 3 || slices.Contains(p.Workers, worker) || len(p.Failures) != 1 || p.Failures[0].Worker != worker {
		s.t.Fatalf("with %s missing: workers %v, failures %v", worker, p.Workers, p.Failures)
	}
}

// back waits until the master uses a worker again. It looks when something
// happens at the master, the fit's own events first.
func (s *system) back(worker string) {
	s.t.Helper()
	err := s.master.Events(s.t.Context(), func(client.Event) bool {
		for _, m := range s.status().Workers {
			if m.Worker == worker && m.State == api.MemberUp {
				return false
			}
		}
		return true
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// same wants the answer of before a fault: a worker that was started again has
// fitted the same model.
func (s *system) same(whole *client.Prediction) {
	s.t.Helper()
	if d := cmp.Diff(text(s.t, whole), text(s.t, s.predict())); d != "" {
		s.t.Errorf("after the fault the answer is another:\n%s", d)
	}
}
