package swarm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/swarm"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/internal/launching"
)

// manager answers what a fleet asks a swarm's manager. It has one service, whose tasks are as states say, one after the other: those of before
// it may run nowhere, and, from the next look on, those of afterwards.
type manager struct {
	mu            sync.Mutex
	service       swarm.Service
	before, after [][]swarm.Task // the last ones stay
}

func (m *manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var answer any
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/_ping"):
		w.Header().Set("Api-Version", "1.41")
		return
	case strings.HasSuffix(path, "/version"):
		answer = map[string]string{"Version": "99", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}
	case strings.HasSuffix(path, "/containers/json"):
		answer = []string{}
	case strings.HasSuffix(path, "/update"):
		if err := json.NewDecoder(r.Body).Decode(&m.service.Spec); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer = swarm.ServiceUpdateResponse{}
	case strings.HasSuffix(path, "/services/tree1"):
		answer = m.service
	case strings.HasSuffix(path, "/tasks"):
		states := &m.before
		if m.parked() {
			states = &m.after
		}
		answer = (*states)[0]
		if len(*states) > 1 {
			*states = (*states)[1:]
		}
	case strings.HasSuffix(path, "/logs"):
		return
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone misses nothing
}

func (m *manager) parked() bool {
	return slices.Contains(m.service.Spec.TaskTemplate.Placement.Constraints, nowhere)
}

// last reports whether the last tasks of afterwards were told.
func (m *manager) last() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.after) == 1
}

// task is one of the service, with a container if it has one.
func task(id string, is, wanted swarm.TaskState, container string, constraints ...string) swarm.Task {
	t := swarm.Task{ID: id, ServiceID: "tree1", NodeID: "node1", DesiredState: wanted, Status: swarm.TaskStatus{State: is}}
	t.Spec.Placement = &swarm.Placement{Constraints: constraints}
	if container != "" {
		t.Status.ContainerStatus = &swarm.ContainerStatus{ContainerID: container, ExitCode: 7}
	}
	return t
}

// A worker that has ended, and that Swarm does not start again, is ended as soon as the manager says that nothing of it runs; what still runs, or is
// about to, is waited for.
func TestEndOfOneThatHasEnded(t *testing.T) {
	failed := task("one", swarm.TaskStateFailed, swarm.TaskStateShutdown, "c1")
	waits := task("two", swarm.TaskStatePending, swarm.TaskStateRunning, "", nowhere)
	for name, m := range map[string]*manager{
		"it is left alone": {before: [][]swarm.Task{{failed}}, after: [][]swarm.Task{{waits, failed}}},
		"another task is about to run": {before: [][]swarm.Task{{failed}}, after: [][]swarm.Task{
			{task("two", swarm.TaskStateReady, swarm.TaskStateReady, ""), failed},
			{task("two", swarm.TaskStateStarting, swarm.TaskStateShutdown, "c2"), failed},
			{task("two", swarm.TaskStateShutdown, swarm.TaskStateShutdown, "c2"), failed},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m.service.ID, m.service.Spec.TaskTemplate.Placement = "tree1", &swarm.Placement{}
			server := httptest.NewServer(m)
			defer server.Close()
			f := fleetOf(t, "tcp://"+server.Listener.Addr().String())
			if e := <-f.Exits(); e.Worker != "tree1" || e.Code != 7 {
				t.Errorf("exit %+v", e)
			}
			ended := make(chan error, 1)
			go func() { ended <- f.End(context.Background(), "tree1") }() // waited for by way of ended, or ends with a test that fails
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("End: %v", err)
				}
			case <-time.After(time.Minute): // reached only if it never ends
				t.Fatal("a worker of which nothing runs is waited for")
			}
			if !m.last() {
				t.Error("a worker has ended of which something ran, or was about to")
			}
		})
	}
}

// fleetOf is a fleet of one worker that is up, and watched.
func fleetOf(t *testing.T, host string) *fleet {
	t.Helper()
	engine, err := docker.OpenAt(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := launcher.Plan{
		Project: "p", Dir: filepath.Join("..", "testdata", "project"), Workers: []launcher.Worker{{Name: "tree1", Main: "chimera_workers/tree1"}},
		Restart: launcher.RestartNever, StopGrace: 2 * time.Minute, // a wait for an end that was before is longer than the test's
	}.Checked()
	if err != nil {
		t.Fatal(err)
	}
	f := newFleet(t.Context(), &launch{Plan: plan, engine: engine})
	f.members[0].service = "tree1"
	up := launching.Steps{
		Share: func(context.Context) error { return nil }, Start: func(context.Context, int) error { return nil }, Endpoint: f.endpoint,
	}
	if err := f.BringUp(up); err != nil {
		t.Fatal(err)
	}
	ctx, unwatch := context.WithCancel(context.Background())
	f.watching.Go(func() { f.watch(ctx) })
	t.Cleanup(func() {
		unwatch()
		f.watching.Wait()
		if err := f.CloseLogs(); err != nil {
			t.Error(err)
		}
		engine.Close()
	})
	return f
}
