package workers

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/internal/api"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// model is the model worker. A fit makes a new learner and leaves those that
// serve alone. Under a fit id it is staged, and serves once it is committed;
// the model before it is kept until the next fit, so that a commit can be
// taken back and predictions under way end with the model they began with.
type model struct {
	*rest.API
	spec     Spec
	info     registry.Info
	registry *registry.Registry
	data     string
	procs    int
	log      *slog.Logger
	started  time.Time

	rows     atomic.Pointer[dataio.Table] // nil until loaded
	loadTime time.Duration                // set before rows

	fitting sync.Mutex // one fit at a time

	mu       sync.Mutex
	serving  *fitted
	previous *fitted
	staged   *fitted
}

// fitted is a learner after its fit; it does not change.
type fitted struct {
	fitID    string // empty if fitted directly
	learner  learner.Estimator
	classes  []learner.Label
	features []string
	seconds  float64
}

func newModel(spec Spec, info registry.Info, r *registry.Registry, o Options) *model {
	w := &model{
		API: rest.New(rest.Options{
			Title:       "Chimera model worker " + spec.Name,
			Description: "Fits " + spec.Learner + " on its own rows and predicts with it.",
			Version:     Version(), Limits: o.Limits, Log: o.Log,
		}),
		spec: spec, info: info, registry: r, data: o.Data, procs: o.Procs, log: o.Log, started: time.Now(),
	}
	w.mountNode()
	w.mountFit()
	w.mountPredict()
	w.mountDocs()
	return w
}

// Load reads the training data.
func (w *model) Load(ctx context.Context) error {
	start := time.Now()
	rows, err := dataio.ReadTraining(ctx, w.data, w.info.Task)
	if err != nil {
		return err
	}
	w.loadTime = time.Since(start)
	w.rows.Store(rows)
	n, features := rows.X.Dims()
	w.log.Info("training data is loaded", "rows", n, "features", features, "seconds", w.loadTime.Seconds())
	return nil
}

// loaded returns the training rows, or a problem while they are being read.
func (w *model) loaded() (*dataio.Table, error) {
	rows := w.rows.Load()
	if rows == nil {
		return nil, api.Problemf(api.CodeStarting, "Worker %s is still reading its training data.", w.spec.Name)
	}
	return rows, nil
}

type none struct{}

type output[T any] struct{ Body T }

// mountNode registers what every node has.
func (w *model) mountNode() {
	health := api.Health{Status: "ok", Node: w.spec.Name, ConfigHash: w.spec.ConfigHash}
	rest.Register(w.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathHealth, Summary: "Is the worker alive?", Tags: []string{"node"},
	}, func(context.Context, *none) (*output[api.Health], error) {
		return &output[api.Health]{health}, nil
	})
	rest.Register(w.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathReady, Summary: "Is its training data loaded?", Tags: []string{"node"},
		Errors: []int{http.StatusServiceUnavailable},
	}, func(context.Context, *none) (*output[api.Health], error) {
		if _, err := w.loaded(); err != nil {
			return nil, err
		}
		return &output[api.Health]{health}, nil
	})
	rest.Register(w.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathStatus, Summary: "The worker, its learner and its model", Tags: []string{"node"},
	}, func(context.Context, *none) (*output[api.WorkerStatus], error) {
		s, err := w.status()
		if err != nil {
			return nil, err
		}
		return &output[api.WorkerStatus]{*s}, nil
	})
	rest.Register(w.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathModelSchema, Summary: "Columns, classes and number of its rows", Tags: []string{"model"},
		Errors: []int{http.StatusServiceUnavailable},
	}, func(context.Context, *none) (*output[api.ModelSchema], error) {
		rows, err := w.loaded()
		if err != nil {
			return nil, err
		}
		return &output[api.ModelSchema]{schemaOf(w.spec.Name, rows)}, nil
	})
}
