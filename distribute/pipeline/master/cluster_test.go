package master_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/mlp"
	masters "github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// cluster is a pipeline and its stages.
type cluster struct {
	*mastertest.Cluster
	stages []func(faults string) http.Handler // how each is made
	yaml   string                             // of the project
	reg    *registry.Registry
}

// again starts another program of the project, with a master of its own: the one before is stopped, its workers die, and
// come back elsewhere.
func (c *cluster) again(kind masters.Master, yaml string) {
	c.T.Helper()
	c.Over(kind)
	for _, w := range c.Workers {
		w.Kill()
		w.Address = ""
		w.Start(c.T)
	}
	c.Serve(yaml, c.reg)
}

// line describes a pipeline to start: the learner, its parameters, the section pipeline, and the
// faults of its stages.
type line struct {
	learner  string
	params   string // JSON
	settings string // YAML
	more     string // YAML at the top level
	layers   []int  // of each stage; nil is balanced
	faults   map[int]string
	registry *registry.Registry // nil is registry.Default

	models *models.Store  // where models are kept; nil if they are not
	kind   masters.Master // nil is one of this package

	noRestart bool                                    // nobody restarts a stage
	pauses    func(time.Duration)                     // sees the pauses between tries, which then take no time; nil leaves them alone
	watch     func(context.Context) error             // waits between two looks at the stages; nil leaves that to the timeout
	wrap      map[int]func(http.Handler) http.Handler // around a stage
}

// start starts the master and one stage per copy of the rows. A restarted stage has no faults.
func (l line) start(t *testing.T, copies ...learner.Dataset) *cluster {
	t.Helper()
	return l.startIn(t, "", copies...)
}

// startIn starts it as a project in a folder, which then holds the checkpoints.
func (l line) startIn(t *testing.T, dir string, copies ...learner.Dataset) *cluster {
	t.Helper()
	kind := master.New()
	if l.pauses != nil {
		kind.PauseWith(func(ctx context.Context, d time.Duration) error { l.pauses(d); return ctx.Err() })
	}
	if l.watch != nil {
		kind.WatchWith(func(ctx context.Context, _ time.Duration) error { return l.watch(ctx) })
	}
	var made masters.Master = kind
	if l.kind != nil {
		made = l.kind
	}
	c := &cluster{Cluster: mastertest.New(t, made)}
	c.Dir, c.NoRestart, c.Models = dir, l.noRestart, l.models
	reg := l.registry
	if reg == nil {
		reg = registry.Default
	}
	var list strings.Builder
	for i, d := range copies {
		dir := t.TempDir()
		mastertest.WriteShard(t, dir, "", d)
		spec := workers.Spec{Name: fmt.Sprintf("s%d", i+1), Role: workers.StageRole, Project: "test",
			Learner: l.learner, Params: l.params, Seed: uint64(i), Faults: l.faults[i]}
		c.stages = append(c.stages, func(faults string) http.Handler {
			spec.Faults = faults
			stage := mastertest.Made(t, spec, reg, dir)()
			if around := l.wrap[i]; around != nil {
				return around(stage)
			}
			return stage
		})
		c.Add(spec.Name, func() http.Handler { return c.stages[i](l.faults[i]) })
		c.Workers[i].Make = func() http.Handler { return c.stages[i]("") }
		fmt.Fprintf(&list, "  - {name: %s", spec.Name)
		if l.layers != nil {
			fmt.Fprintf(&list, ", layers: %d", l.layers[i])
		}
		list.WriteString("}\n")
	}
	params := l.params
	if params == "" {
		params = "{}"
	}
	c.reg = reg
	c.yaml = fmt.Sprintf("master: pipeline\nlearner: %s\nparams: %s\nworkers:\n%spipeline: {%s}\n%s", l.learner, params, list.String(), l.settings, l.more)
	c.Serve(c.yaml, reg)
	return c
}

// stage makes stage i anew, with other rows.
func (l line) stage(t *testing.T, i int, d learner.Dataset) http.Handler {
	t.Helper()
	dir := t.TempDir()
	mastertest.WriteShard(t, dir, "", d)
	spec := workers.Spec{Name: fmt.Sprintf("s%d", i+1), Role: workers.StageRole, Project: "test", Learner: l.learner, Params: l.params, Seed: uint64(i)}
	return mastertest.Made(t, spec, registry.Default, dir)()
}

// stages starts a pipeline of n stages with the same rows.
func (l line) stages(t *testing.T, n int, d learner.Dataset) *cluster {
	t.Helper()
	return l.start(t, slices.Repeat([]learner.Dataset{d}, n)...)
}

// spoiling makes a stage i that puts a NaN into everything it sends.
func (c *cluster) spoiling(i int) func() http.Handler {
	return func() http.Handler { return c.stages[i](`{"corrupt": "nan", "corrupt_rate": 1}`) }
}

// stored is what the stages hold of the model in service, as it was stored.
func (c *cluster) stored() []float64 {
	c.T.Helper()
	var all []float64
	status, body := c.Send(http.MethodGet, api.PathStages, "", "")
	if status != http.StatusOK {
		c.T.Fatalf("stages: status %d: %s", status, body)
	}
	serving := mastertest.Decode[api.Stages](c.T, body)
	for i := range c.Workers {
		all = append(all, c.held(i, serving.FitID)...)
	}
	if len(all) != serving.Parameters {
		c.T.Fatalf("the stages hold %d parameters in total, but report %d", len(all), serving.Parameters)
	}
	return all
}

// predict predicts for the rows of d.
func (c *cluster) predict(d learner.Dataset) api.PredictResponse {
	c.T.Helper()
	return c.Predict(mastertest.Request(d))
}

// folders lists the contents of a folder; nothing if it does not exist.
func folders(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, filepath.Base(e.Name()))
	}
	return names
}
