package masterstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// system is a master of the kind under test, with its workers.
type system struct {
	*mastertest.Cluster
	kind    distribute.Kind
	workers []*worker // the same as Workers; each can hold its answers back
	yaml    string
}

// start starts one worker per shard, and the master over them.
func start(t *testing.T, c Case, shards []learner.Dataset) *system {
	t.Helper()
	return startIn(t, c, shards, nil)
}

// startIn is start with a store of models.
func startIn(t *testing.T, c Case, shards []learner.Dataset, store *models.Store) *system {
	t.Helper()
	kind, known := distribute.Lookup(c.New().Kind())
	if !known {
		t.Fatalf("the kind %q is not registered with package distribute", c.New().Kind())
	}
	s := &system{Cluster: mastertest.New(t, c.New()), kind: kind}
	s.Dir, s.Models = t.TempDir(), store
	var list strings.Builder
	for i, rows := range shards {
		s.add(c, fmt.Sprintf("w%d", i+1), uint64(i), rows)
		fmt.Fprintf(&list, "  - {name: w%d}\n", i+1)
	}
	s.yaml = fmt.Sprintf("master: %s\nlearner: %s\nparams: %s\nworkers:\n%s", kind.Name, c.Learner, orEmpty(c.Params), list.String())
	if c.Settings != "" {
		s.yaml += kind.Section + ": {" + c.Settings + "}\n"
	}
	s.Serve(s.yaml, c.registry())
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

// add starts a worker with its own rows.
func (s *system) add(c Case, name string, seed uint64, rows learner.Dataset) {
	s.T.Helper()
	w := &worker{dir: s.T.TempDir()}
	w.write(s.T, rows)
	spec := workers.Spec{Name: name, Role: s.kind.Role.Name, Project: "test", Learner: c.Learner, Params: c.Params, Seed: seed}
	made := mastertest.Made(s.T, spec, c.registry(), w.dir)
	w.Worker = s.Add(name, func() http.Handler { return w.waiting(made()) })
	s.workers = append(s.workers, w)
}

// predict calls predict, which must succeed, and returns the answer without the fit's ID.
func (s *system) predict(request string) (api.PredictResponse, string) {
	s.T.Helper()
	p := s.Predict(request)
	y, err := json.Marshal([]any{p.Y, p.Proba, p.Labels})
	if err != nil {
		s.T.Fatal(err)
	}
	return p, string(y)
}

// await returns after the first event that accept accepts.
func (s *system) await(events <-chan api.Envelope, accept func(api.Event) bool) {
	s.T.Helper()
	for {
		select {
		case e, open := <-events:
			if !open {
				s.T.Fatal("the stream ended before the expected event")
			}
			if accept(e.Event) {
				return
			}
		case <-s.T.Context().Done():
			s.T.Fatal("the test ended before the event came")
		}
	}
}
