package master_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// cluster is a parameter server and its workers.
type cluster struct{ *mastertest.Cluster }

// server describes a parameter server to start: the learner, its parameters, the section
// parameter_server, and the faults of its workers.
type server struct {
	learner  string
	params   string // JSON
	settings string // YAML
	more     string // YAML at the top level
	target   string // name of y's column; "target" if empty
	faults   map[int]string
	registry *registry.Registry // nil is registry.Default
	wrap     func(worker int, honest http.Handler) http.Handler
}

// start starts the master and one sgd worker per shard.
func (s server) start(t *testing.T, shards ...learner.Dataset) *cluster {
	t.Helper()
	c := s.workers(t, shards...)
	s.over(c)
	return c
}

func (s server) from() *registry.Registry {
	if s.registry == nil {
		return registry.Default
	}
	return s.registry
}

// workers starts one sgd worker per shard.
func (s server) workers(t *testing.T, shards ...learner.Dataset) *cluster {
	t.Helper()
	c := &cluster{mastertest.New(t, master.New())}
	for i, d := range shards {
		dir := t.TempDir()
		mastertest.WriteShard(t, dir, s.target, d)
		spec := workers.Spec{Name: fmt.Sprintf("w%d", i+1), Role: workers.SGDRole, Project: "test",
			Learner: s.learner, Params: s.params, Seed: uint64(i), Faults: s.faults[i]}
		made := mastertest.Made(t, spec, s.from(), dir)
		c.Add(spec.Name, func() http.Handler {
			if s.wrap == nil {
				return made()
			}
			return s.wrap(i, made())
		})
	}
	return c
}

// over starts the master over existing workers; a previous master over them is stopped.
func (s server) over(c *cluster) {
	c.T.Helper()
	c.Over(master.New())
	var list strings.Builder
	for _, w := range c.Workers {
		fmt.Fprintf(&list, "  - {name: %s}\n", w.Name)
	}
	params := s.params
	if params == "" {
		params = "{}"
	}
	c.Serve(fmt.Sprintf("master: parameter-server\nlearner: %s\nparams: %s\nworkers:\n%sparameter_server: {%s}\n%s",
		s.learner, params, list.String(), s.settings, s.more), s.from())
}

// parameters are those of the model in service, on the scale of the training or on the features'
// original scale.
func (c *cluster) parameters(original bool) []float64 {
	c.T.Helper()
	status, body := c.Send(http.MethodGet, api.PathCoefficients, "", "")
	if status != http.StatusOK {
		c.T.Fatalf("coefficients: status %d: %s", status, body)
	}
	var p []float64
	for _, b := range mastertest.Decode[api.Coefficients](c.T, body).Blocks {
		part := b.Standardised
		if original {
			part = b.Original
		}
		p = append(p, part...)
	}
	return p
}
