// Package telemetrytest starts masters of every kind with three workers each, for the tests of the rooms of telemetry: what watches
// them, the test says. It imports internal/mastertest, and the masters and learners that it starts.
package telemetrytest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	aggregation "github.com/gochimera/chimera/distribute/aggregation/master"
	parameterserver "github.com/gochimera/chimera/distribute/parameterserver/master"
	pipeline "github.com/gochimera/chimera/distribute/pipeline/master"
	summation "github.com/gochimera/chimera/distribute/summation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	_ "github.com/gochimera/chimera/learner/boosting" // learners of the projects
	_ "github.com/gochimera/chimera/learner/dummy"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// Kind is a kind of master, and how long it trains.
type Kind struct {
	Name   string
	Steps  int // 0 if it has none
	make   func() cluster.Master
	role   workers.Role
	learn  string
	params string
	more   string // settings, as YAML
}

// Kinds are the kinds there are.
func Kinds() []Kind {
	mlp := `{"hidden_layer_sizes": [6, 5]}`
	return []Kind{
		{"aggregation", 0, func() cluster.Master { return aggregation.New() }, workers.ModelRole, "dummy-classifier", "", ""},
		{"parameter-server", 12, func() cluster.Master { return parameterserver.New() }, workers.SGDRole, "sgd-classifier", "",
			"master: parameter-server\nparameter_server: {max_iter: 12, tol: 0, n_iter_no_change: 100}\n"},
		{"pipeline", 9, func() cluster.Master { return pipeline.New() }, workers.StageRole, "mlp-classifier", mlp,
			"master: pipeline\npipeline: {max_iter: 3, batch_size: 8, tol: 0, micro_batches: 2}\n"},
		{"summation", 9, func() cluster.Master { return summation.New() }, workers.SumRole, "boosting-classifier",
			`{"max_iter": 3, "max_leaf_nodes": 3, "min_samples_leaf": 2}`, "master: summation\n"},
	}
}

// Rows are rows to be predicted, as a request has them.
func Rows() string { return mastertest.Request(mastertest.ToyRows(5, 2)) }

// Workers is how many a project has.
const Workers = 3

// Start starts a master of the kind and its workers. Every worker is watched by the instruments that instruments makes for it, and
// the master by those who join.
func (k Kind) Start(
	t *testing.T, instruments func(worker string) []workers.Instrument, join func(*cluster.Setup), wrap func(*cluster.Server) http.Handler,
) *mastertest.Cluster {
	t.Helper()
	c := mastertest.New(t, k.make())
	c.Adjust, c.Wrap = join, wrap
	all := mastertest.ToyRows(24, 2)
	shards := mastertest.Split(all, Workers)
	var list strings.Builder
	for i := range Workers {
		name, dir := fmt.Sprintf("w%d", i+1), t.TempDir()
		rows := shards[i]
		if k.role == workers.StageRole { // every stage has all rows
			rows = all
		}
		mastertest.WriteShard(t, dir, "", rows)
		spec := workers.Spec{Name: name, Role: k.role, Project: "test", Learner: k.learn, Params: k.params, Seed: uint64(i)}
		c.Add(name, func() http.Handler { return made(t, spec, dir, instruments(name)) })
		fmt.Fprintf(&list, "  - {name: %s}\n", name)
	}
	params := k.params
	if params == "" {
		params = "{}"
	}
	c.Serve(fmt.Sprintf("learner: %s\nparams: %s\nworkers:\n%s%s", k.learn, params, &list, k.more), registry.Default)
	return c
}

func made(t *testing.T, spec workers.Spec, dir string, instruments []workers.Instrument) http.Handler {
	t.Helper()
	w, err := workers.New(spec, registry.Default, workers.Options{Data: dir, Procs: 1, Instruments: instruments})
	if err == nil {
		t.Cleanup(func() {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
		err = w.Load(t.Context())
	}
	if err != nil {
		t.Error(err)
		return http.NotFoundHandler()
	}
	return w
}

// Names lists the workers.
func Names() []string {
	names := make([]string, Workers)
	for i := range names {
		names[i] = fmt.Sprintf("w%d", i+1)
	}
	return names
}

// More adds settings, as YAML.
func (k *Kind) More(yaml string) { k.more += yaml }
