package masters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Pipeline is the master of model parallelism: every worker has some of a
// network's layers and a copy of the rows. The master says which layers and when
// to step; activations and gradients go from worker to worker, and nobody, the
// master included, holds the whole network (Huang et al., "GPipe", 2019). The
// learner must be Layered, and an Objective.
type Pipeline struct {
	server   *Server
	settings config.Pipeline
	registry *registry.Registry
	info     registry.Info // the learner
	params   []byte        // its parameters, JSON
	store    *store
	model    atomic.Pointer[network] // what serves; nil before the first fit

	turn gate // fits and catch-ups
}

// network is a model after its fit, without the values, which the workers
// hold; it does not change.
type network struct {
	Model
	stages []api.StageInfo // in the order of the workers
	stored *stored         // where its parts can be had if a worker loses its own; nil if nowhere
}

// NewPipeline makes the master of model parallelism. How it trains comes from
// chimera.yaml (pipeline).
func NewPipeline() *Pipeline { return &Pipeline{} }

// Kind is "pipeline".
func (*Pipeline) Kind() config.Master { return config.PipelineMaster }

func (p *Pipeline) mount(s *Server) error {
	if p.server != nil {
		return errors.New("a master is used once; make another with NewPipeline")
	}
	cfg := s.setup.Config
	p.server, p.settings, p.registry = s, cfg.Pipeline, s.setup.Registry
	if p.registry == nil {
		p.registry = registry.Default
	}
	var err error
	if p.info, p.params, err = theLearner(cfg, p.registry); err != nil {
		return err
	}
	for _, c := range []registry.Capability{registry.Layered, registry.Objective} {
		if !p.info.Has(c) {
			return fmt.Errorf("learner %q is not %s, which a pipeline needs", p.info.Name, c)
		}
	}
	if _, err := p.newLearner(); err != nil {
		return err
	}
	if _, err := p.schedule(); err != nil {
		return err
	}
	p.store = newStore(cfg.Dir, s.log)
	s.mountFit(api.PathsOf("pipeline").Fit, "Train the network on the workers, which share its layers",
		"Answers when the training has stopped, with what it did. The body is ignored. A fit that fails or is cancelled leaves the old model serving.")
	s.mountModel(oneModel{
		paths: api.PathsOf(string(p.Kind())), how: "Rows go through the stages, from worker to worker.",
		errors: []int{http.StatusBadGateway, http.StatusGatewayTimeout}, predict: p.predict,
	})
	p.mountStages()
	return nil
}

// theLearner is the one learner of all workers of a master that trains one
// model, and its parameters.
func theLearner(cfg *config.Config, r *registry.Registry) (registry.Info, []byte, error) {
	name, params := cfg.Learner, cfg.Params
	if len(cfg.Workers) > 0 && cfg.Workers[0].Learner != "" {
		name, params = cfg.Workers[0].Learner, cfg.Workers[0].Params
	}
	info, err := r.Lookup(name)
	if err != nil {
		return info, nil, fmt.Errorf("the master trains the workers' learner: %w", err)
	}
	return info, []byte(params.JSON()), nil
}

// newLearner makes the learner, to ask for its layers; it never holds one.
func (p *Pipeline) newLearner() (learner.Layered, error) {
	est, err := p.registry.New(p.info.Name, p.params, learner.Env{Log: p.server.log})
	if err != nil {
		return nil, err
	}
	return est.(learner.Layered), nil // mount has checked the capability
}

// quorum is every worker: a network without some of its layers is none.
func (p *Pipeline) quorum() int { return len(p.server.pool.members) }

func (p *Pipeline) state() Model {
	if m := p.model.Load(); m != nil {
		return m.Model
	}
	return Model{}
}

// close removes what was stored.
func (p *Pipeline) close() { p.store.close() }

// catchUp gives a worker that has lost its part of the serving model that part
// back, if it was stored.
func (p *Pipeline) catchUp(ctx context.Context, m *member) error {
	ctx, done, err := p.turn.catchUp(ctx)
	if err != nil {
		return err
	}
	defer done()
	model := p.model.Load()
	if model == nil {
		return nil
	}
	schema, err := p.server.schema(ctx, m)
	if err != nil {
		return err
	}
	if schema == nil || !m.same(schema) {
		return errors.New("it came back as something else than what took part in the fit; fit again to use it")
	}
	var status api.WorkerStatus
	if err := p.server.pool.client.JSON(ctx, http.MethodGet, m.url+api.PathStatus, nil, &status); err != nil {
		return err
	}
	if status.FitID != model.FitID {
		if model.stored == nil {
			return errors.New("it has lost its layers, and they were not stored (pipeline.checkpoint_every is 0, or storing failed); fit again")
		}
		if err := model.stored.restore(ctx, p.server.pool, m); err != nil {
			return err
		}
		p.server.log.Info("a worker was given its layers back", "worker", m.name, "fit_id", model.FitID)
		p.server.broker.publish(api.WorkerCaughtUpEvent{Worker: m.name, FitID: model.FitID})
	}
	p.server.pool.current(m, model.FitID)
	return nil
}

// cut shares the layers out: as configured, or balanced by their cost.
func (p *Pipeline) cut(layers []learner.LayerSpec) ([]int, error) {
	workers := p.server.setup.Config.Workers
	given := make([]int, 0, len(workers))
	for _, w := range workers {
		if w.Layers > 0 {
			given = append(given, w.Layers)
		}
	}
	if len(given) > 0 {
		cuts, err := pipeline.Given(given, len(layers))
		if err != nil {
			return nil, fmt.Errorf("%w; change workers[].layers", err)
		}
		return cuts, nil
	}
	cuts, err := pipeline.Balance(layers, len(p.server.pool.members))
	if err != nil {
		return nil, fmt.Errorf("%w; use fewer workers, or a deeper network", err)
	}
	return cuts, nil
}

var _ Master = (*Pipeline)(nil)
