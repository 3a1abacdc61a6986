package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// node is what every role shares: the HTTP shell, the training rows, health,
// status and schema.
type node struct {
	*rest.API
	spec     Spec
	info     registry.Info
	registry *registry.Registry
	data     string
	procs    int
	log      *slog.Logger
	started  time.Time
	state    func(*api.WorkerStatus) // adds what the role knows

	rows     atomic.Pointer[dataio.Table] // nil until loaded
	loadTime time.Duration                // set before rows
}

func newNode(spec Spec, info registry.Info, r *registry.Registry, o Options, description string) *node {
	n := &node{
		API: rest.New(rest.Options{
			Title: fmt.Sprintf("Chimera %s worker %s", spec.Role, spec.Name), Description: description,
			Version: Version(), Limits: o.Limits, Log: o.Log,
		}),
		spec: spec, info: info, registry: r, data: o.Data, procs: o.Procs, log: o.Log, started: time.Now(), state: func(*api.WorkerStatus) {},
	}
	n.mount()
	return n
}

// Load reads the training data.
func (n *node) Load(ctx context.Context) error {
	start := time.Now()
	rows, err := dataio.ReadTraining(ctx, n.data, n.info.Task)
	if err != nil {
		return err
	}
	n.loadTime = time.Since(start)
	n.rows.Store(rows)
	count, features := rows.X.Dims()
	n.log.Info("training data is loaded", "rows", count, "features", features, "seconds", n.loadTime.Seconds())
	return nil
}

// loaded returns the training rows, or a problem while they are being read.
func (n *node) loaded() (*dataio.Table, error) {
	rows := n.rows.Load()
	if rows == nil {
		return nil, api.Problemf(api.CodeStarting, "Worker %s is still reading its training data.", n.spec.Name)
	}
	return rows, nil
}

type none struct{}

type output[T any] struct{ Body T }

// mount registers what every node has.
func (n *node) mount() {
	health := api.Health{Status: "ok", Node: n.spec.Name, ConfigHash: n.spec.ConfigHash}
	rest.Register(n.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathHealth, Summary: "Is the worker alive?", Tags: []string{"node"},
	}, func(context.Context, *none) (*output[api.Health], error) {
		return &output[api.Health]{health}, nil
	})
	rest.Register(n.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathReady, Summary: "Is its training data loaded?", Tags: []string{"node"},
		Errors: []int{http.StatusServiceUnavailable},
	}, func(context.Context, *none) (*output[api.Health], error) {
		if _, err := n.loaded(); err != nil {
			return nil, err
		}
		return &output[api.Health]{health}, nil
	})
	rest.Register(n.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathStatus, Summary: "The worker, its learner and its model", Tags: []string{"node"},
	}, func(context.Context, *none) (*output[api.WorkerStatus], error) {
		s, err := n.status()
		if err != nil {
			return nil, err
		}
		return &output[api.WorkerStatus]{*s}, nil
	})
	rest.Register(n.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathSchema, Summary: "Columns, classes and number of its rows", Tags: []string{"node"},
		Errors: []int{http.StatusServiceUnavailable},
	}, func(context.Context, *none) (*output[api.WorkerSchema], error) {
		rows, err := n.loaded()
		if err != nil {
			return nil, err
		}
		schema := schemaOf(n.spec.Name, rows)
		schema.Learner, schema.ConfigHash = n.spec.Learner, n.spec.ConfigHash
		return &output[api.WorkerSchema]{schema}, nil
	})
}

func (n *node) status() (*api.WorkerStatus, error) {
	s := &api.WorkerStatus{
		Worker: n.spec.Name, Role: string(n.spec.Role), Learner: n.info, Params: api.Object{}, Bootstrap: n.spec.Bootstrap, Seed: n.spec.Seed,
		ConfigHash: n.spec.ConfigHash, Features: []string{}, Uptime: time.Since(n.started).Seconds(), Version: Version(), PID: os.Getpid(),
	}
	if n.spec.Params != "" {
		if err := json.Unmarshal([]byte(n.spec.Params), &s.Params); err != nil {
			return nil, fmt.Errorf("the parameters in the worker's main: %w", err)
		}
	}
	if rows := n.rows.Load(); rows != nil {
		s.Ready, s.Features, s.LoadTime = true, rows.Features, n.loadTime.Seconds()
		s.Rows, _ = rows.X.Dims()
	}
	n.state(s)
	return s, nil
}

// newLearner makes the worker's learner, unfitted, with its own seed.
func (n *node) newLearner() (learner.Estimator, error) {
	return newLearner(n.spec, n.registry, learner.Env{Seed: learner.Seed(n.spec.Seed, "learner"), Procs: n.procs, Log: n.log})
}

// problem makes an error of a learner a problem with the right status: rows
// that it cannot use are the caller's to change, all else is a bug.
func (n *node) problem(err error) error {
	var p *api.Problem
	var data *learner.DataError
	var param *learner.ParamError
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, learner.ErrNotFitted):
		return api.Problemf(api.CodeNotFitted, "Worker %s: %v.", n.spec.Name, err)
	case errors.As(err, &data), errors.As(err, &param):
		return api.Problemf(api.CodeUnusableData, "Worker %s, learner %s: %v.", n.spec.Name, n.spec.Learner, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return api.Problemf(api.CodeFitCancelled, "Worker %s: the caller went away.", n.spec.Name)
	default:
		n.log.Error("the learner failed", "error", err)
		return api.Problemf(api.CodeInternal, "Worker %s, learner %s: %v.", n.spec.Name, n.spec.Learner, err)
	}
}
