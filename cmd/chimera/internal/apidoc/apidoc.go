// Package apidoc produces the OpenAPI documents of masters and workers without
// starting any: nodes are made as usual, and asked for their documents.
//
// The room imports config, masters, workers and registry; it links no learner.
package apidoc

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// Form is a form of a document: its version of OpenAPI and how it is written.
type Form string

// The forms, as nodes serve them.
const (
	YAML   Form = "openapi.yaml" // OpenAPI 3.1
	JSON   Form = "openapi.json"
	YAML30 Form = "openapi-3.0.yaml"
	JSON30 Form = "openapi-3.0.json"
)

// build makes a node.
type build func() (http.Handler, error)

// nodes make a node of each kind: the masters, and workers of the role that their
// kind of distribution gives them.
func nodes() map[string]build {
	all := map[string]build{}
	for _, construct := range masters.All() {
		name := construct().Kind()
		kind, _ := distribute.Lookup(name)
		all[name] = func() (http.Handler, error) { return master(construct()) }
		all[name+"-worker"] = func() (http.Handler, error) { return worker(kind.Role.Name) }
	}
	return all
}

// Nodes are the kinds of nodes that have a document, sorted.
func Nodes() []string { return slices.Sorted(maps.Keys(nodes())) }

// Document is a node's document.
func Document(ctx context.Context, node string, form Form) ([]byte, error) {
	build, ok := nodes()[node]
	if !ok {
		return nil, fmt.Errorf("want one of %s, got %q", strings.Join(Nodes(), ", "), node)
	}
	h, err := build()
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/"+string(form), http.NoBody)
	if err != nil {
		return nil, err
	}
	a := &answer{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(a, r)
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("the %s has no %s (status %d)", node, form, a.status)
	}
	return a.body.Bytes(), nil
}

// answer keeps what a handler answers.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's header.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader keeps the status.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write keeps the body.
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// master sets a master up that has one worker, which it never calls.
func master(m masters.Master) (http.Handler, error) {
	cfg, err := config.Parse(config.FileName, fmt.Appendf(nil, "project: project\nmaster: %s\nlearner: any\nworkers: 1\n", m.Kind()), config.Options{})
	if err != nil {
		return nil, err
	}
	return masters.NewServer(m, masters.Setup{
		Config: cfg, Workers: []masters.Endpoint{{Name: cfg.Workers[0].Name, URL: "http://localhost"}}, Registry: learners(), Version: workers.Version(),
	})
}

// worker sets a worker up.
func worker(role workers.Role) (http.Handler, error) {
	return workers.New(workers.Spec{Name: "worker", Role: role, Project: "project", Learner: "any"}, learners(), workers.Options{})
}

// summing is learner.Summable without what it has in common with the other capabilities.
type summing interface {
	Start(s learner.Schema) ([]float64, error)
	Shape(s learner.Schema, state []float64) (counts, reals int)
	Part(ctx context.Context, rows learner.Dataset) (learner.Part, error)
	Advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error)
	SetState(s learner.Schema, state []float64) error
}

// learners has one learner, whose type has the capabilities that all roles need
// and whose methods are never called.
func learners() *registry.Registry {
	type anyLearner struct {
		learner.Layered
		learner.Objective
		summing
	}
	r := new(registry.Registry)
	registry.RegisterIn(r, "any", registry.Entry[struct{}, *anyLearner]{
		Task: learner.Classification, Summary: "Stands for any.", New: func(struct{}, learner.Env) (*anyLearner, error) { return new(anyLearner), nil },
	})
	return r
}
