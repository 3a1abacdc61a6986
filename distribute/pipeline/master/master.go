// Package master is the pipeline master: it says who has which layers of a
// network and when to step; activations and gradients go from worker to worker.
// Package pipeline says more of the kind.
package master

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// Master is the master of model parallelism: nobody, the master included, holds
// the whole network (Huang et al., "GPipe", 2019). The learner must be Layered,
// and an Objective.
type Master struct {
	*cluster.Cluster
	settings pipeline.Settings
	learner  *cluster.OneLearner
	store    *store
	model    atomic.Pointer[network] // what serves; nil before the first fit
}

// network is a model after its fit, without the values, which the workers
// hold; it does not change.
type network struct {
	cluster.Model
	stages []api.StageInfo // in the order of the workers
	stored *stored         // where its parts can be had if a worker loses its own; nil if nowhere
}

// New makes the master. How it trains comes from chimera.yaml (pipeline).
func New() *Master { return &Master{} }

// Kind is "pipeline".
func (*Master) Kind() string { return pipeline.Name }

// Mount prepares the master.
func (p *Master) Mount(c *cluster.Cluster) error {
	if p.Cluster != nil {
		return errors.New("a master is used once; make another with NewPipeline")
	}
	p.Cluster, p.settings = c, *cluster.SettingsOf[pipeline.Settings](c)
	var err error
	if p.learner, err = c.OneLearner(); err != nil {
		return err
	}
	if _, err := p.schedule(); err != nil {
		return err
	}
	p.store = newStore(c.Config().Dir, c.Log)
	c.HandleModel(cluster.Operations{
		Predict: "Rows go through the stages, from worker to worker. y_pred_rows is the value, or for a classifier the label.",
		Score:   "the network",
		Errors:  []int{http.StatusBadGateway, http.StatusGatewayTimeout},
		Labels:  true,
		Do:      p.predict,
	})
	p.mountStages()
	return nil
}

// newLearner makes the learner, to ask for its layers; it never holds one.
func (p *Master) newLearner() (learner.Layered, error) {
	est, err := p.learner.New(learner.Env{Log: p.Log})
	if err != nil {
		return nil, err
	}
	return est.(learner.Layered), nil // Mount has checked the capability
}

// Quorum is every worker: a network without some of its layers is none.
func (p *Master) Quorum() int { return len(p.Members) }

// Model describes what serves.
func (p *Master) Model() cluster.Model {
	if m := p.model.Load(); m != nil {
		return m.Model
	}
	return cluster.Model{}
}

// Close removes what was stored.
func (p *Master) Close() {
	if p.store != nil {
		p.store.close()
	}
}

// CatchUp gives a worker that has lost its part of the serving model that part
// back, if it was stored.
func (p *Master) CatchUp(ctx context.Context, m *cluster.Member) error {
	return p.Cluster.CatchUp(ctx, m, func(ctx context.Context) error {
		model := p.model.Load()
		if model.stored == nil {
			return errors.New("it has lost its layers, and they were not stored (pipeline.checkpoint_every is 0, or storing failed); fit again")
		}
		return model.stored.restore(ctx, p.Cluster, m)
	})
}

// cut shares the layers out: as configured, or balanced by their cost.
func (p *Master) cut(layers []learner.LayerSpec) ([]int, error) {
	workers := p.Config().Workers
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
	cuts, err := pipeline.Balance(layers, len(p.Members))
	if err != nil {
		return nil, fmt.Errorf("%w; use fewer workers, or a deeper network", err)
	}
	return cuts, nil
}

var _ cluster.Master = (*Master)(nil)
