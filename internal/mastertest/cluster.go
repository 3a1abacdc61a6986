package mastertest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// Cluster is a master and its workers, all behind real HTTP servers.
type Cluster struct {
	T       *testing.T
	Kind    cluster.Master // running once Serve has returned
	Dir     string         // of the project; empty if there is none
	Config  *config.Config
	Server  *cluster.Server
	Master  *httptest.Server
	Workers []*Worker
	Gate    *Gate

	Models *models.Store // where models are kept; nil if they are not
	Unkept string        // why they are not stored

	NoRestart bool // the master is told that nobody starts a worker again that has ended
	Anew      bool // an interrupted fit is not gone on with

	// Undocumented are the problems that a test's own kind of master answers with where others of that kind do not.
	Undocumented []api.Code

	Adjust func(*cluster.Setup)               // changes what the master is told; nil changes nothing
	Wrap   func(*cluster.Server) http.Handler // answers in the master's place; nil if it answers itself

	scaled atomic.Pointer[func(start bool, worker string)]
}

// New makes a cluster without workers, whose master is not running yet.
func New(t *testing.T, kind cluster.Master) *Cluster {
	t.Helper()
	return &Cluster{T: t, Kind: kind, Gate: newGate()}
}

// Shard is one worker's data: X with a header, and y.
type Shard struct{ X, Y string }

// Start makes a cluster of model workers with a learner, which is one of the toys if the registry is
// nil. yaml is appended to the configuration.
func Start(t *testing.T, kind cluster.Master, reg *registry.Registry, learner, yaml string, shards ...Shard) *Cluster {
	t.Helper()
	c := New(t, kind)
	if reg == nil {
		reg = c.Registry()
	}
	var list strings.Builder
	for i, s := range shards {
		dir := t.TempDir()
		Write(t, filepath.Join(dir, "X_train.csv"), s.X)
		Write(t, filepath.Join(dir, "y_train.csv"), s.Y)
		spec := workers.Spec{Name: fmt.Sprintf("w%d", i+1), Role: workers.ModelRole, Project: "test", Learner: learner, Seed: uint64(i)}
		c.Add(spec.Name, Made(t, spec, reg, dir))
		fmt.Fprintf(&list, "  - {name: %s, learner: %s}\n", spec.Name, learner)
	}
	c.Serve("workers:\n"+list.String()+yaml, reg)
	return c
}

// Serve starts the master over the workers that were added.
func (c *Cluster) Serve(yaml string, reg *registry.Registry) {
	c.T.Helper()
	cfg, err := config.Parse("chimera.yaml", []byte("project: test\n"+yaml), config.Options{Catalogue: reg})
	if err != nil {
		c.T.Fatal(err)
	}
	cfg.Dir = c.Dir
	c.Config = cfg
	setup := cluster.Setup{Config: cfg, Version: "test", Registry: reg, Models: c.Models, Unkept: c.Unkept, Anew: c.Anew}
	for _, w := range c.Workers {
		setup.Workers = append(setup.Workers, cluster.Endpoint{Name: w.Name, URL: "http://" + w.Address, NoRestart: c.NoRestart})
	}
	setup.Scale = scaler{c}
	if c.Adjust != nil {
		c.Adjust(&setup)
	}
	if c.Server, err = cluster.NewServer(c.Kind, setup); err != nil {
		c.T.Fatal(err)
	}
	c.Server.Start(context.WithoutCancel(c.T.Context()))
	var answers http.Handler = c.Server
	if c.Wrap != nil {
		answers = c.Wrap(c.Server)
	}
	c.Master = httptest.NewServer(answers)
	c.T.Cleanup(c.Stop)
}

// Over stops the running master, if there is one, and replaces it with another, which Serve then
// starts over the same workers.
func (c *Cluster) Over(kind cluster.Master) {
	if c.Server != nil {
		c.Server.Close()
		c.Master.Close()
	}
	c.Kind = kind
}

// Stop stops the master and the workers before the end of the test, for tests that start many.
func (c *Cluster) Stop() {
	c.Server.Close()
	c.Master.Close()
	for _, w := range c.Workers {
		w.Kill()
	}
}

// External lists the workers by their addresses, for chimera.yaml.
func (c *Cluster) External() string {
	var list strings.Builder
	for _, w := range c.Workers {
		fmt.Fprintf(&list, "  - {name: %s, url: \"http://%s\"}\n", w.Name, w.Address)
	}
	return list.String()
}
