// Package master is the pipeline master: it decides which worker has which layers of a network and
// when to take a step; activations and gradients go from worker to worker. Package pipeline describes
// the kind.
package master

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// Master is the master of model parallelism: no node, the master included, holds the whole network
// (Huang et al., "GPipe", 2019). The learner must be Layered, and an Objective.
type Master struct {
	*cluster.Cluster
	settings pipeline.Settings
	learner  *cluster.OneLearner
	mending  sync.Mutex                                 // held while damaged parts are stored again
	pause    func(context.Context, time.Duration) error // waits; tests replace it
	watch    func(context.Context, time.Duration) error // waits between two looks at the stages; tests replace it
	model    atomic.Pointer[network]                    // the network in service; nil before the first fit
	behind   []pipeline.Peer                            // the stages behind the first
}

// network is a trained model, without the parameters, which the workers hold; it is immutable.
type network struct {
	cluster.Model
	stages []api.StageInfo // in the order of the workers
	stored *cluster.Stored // from where the part of a worker can be restored; nil if it cannot
	had    []atomic.Bool   // by member, whether it had its part once
}

// New makes the master. The pipeline section of chimera.yaml says how it trains.
func New() *Master { return &Master{pause: pause, watch: transport.Sleep} }

// Kind is "pipeline".
func (*Master) Kind() string { return pipeline.Name }

// Mount prepares the master.
func (p *Master) Mount(c *cluster.Cluster) error {
	if p.Cluster != nil {
		return errors.New("a master can be used only once; make another with NewPipeline")
	}
	p.Cluster, p.settings = c, *cluster.SettingsOf[pipeline.Settings](c)
	var err error
	if p.learner, err = c.OneLearner(); err != nil {
		return err
	}
	if _, err := p.schedule(); err != nil {
		return err
	}
	c.HandleModel(cluster.Operations{
		Predict: "Rows go through the stages, from worker to worker. y_pred_rows is the value, or the label for a classifier.",
		Score:   "the network",
		Codes:   []api.Code{api.CodeWorkersFailed, api.CodeWorkersTimeout},
		Labels:  true,
		Do:      p.predict,
	})
	for _, m := range p.Members[min(1, len(p.Members)):] {
		p.behind = append(p.behind, *asPeer(m))
	}
	p.mountStages()
	return nil
}

// newLearner makes the learner, to ask for its layers; the master never keeps one.
func (p *Master) newLearner() (learner.Layered, error) {
	est, err := p.learner.New(learner.Env{Log: p.Log})
	if err != nil {
		return nil, err
	}
	return est.(learner.Layered), nil // Mount has checked the capability
}

// Quorum is the number of workers: a network needs all its layers.
func (p *Master) Quorum() int { return len(p.Members) }

// Model describes the network in service.
func (p *Master) Model() cluster.Model {
	if m := p.model.Load(); m != nil {
		return m.Model
	}
	return cluster.Model{}
}

// Close has nothing to release.
func (*Master) Close() {}

// CatchUp gives a worker its part of the network in service back: the worker may still hold what it
// finished, or else it was stored. It also looks after the other stored parts, since those of workers
// that are there can still be replaced.
func (p *Master) CatchUp(ctx context.Context, m *cluster.Member) error {
	return p.Cluster.CatchUp(ctx, m, func(ctx context.Context) error {
		model := p.model.Load()
		if model.had[m.Index].Swap(true) { // it was lost: so may others be
			defer p.mend(ctx, model) // but for m itself, which is not current yet
		}
		commit := func() error {
			_, err := cluster.Call(ctx, p.Cluster, m, pipeline.Commit, api.CommitRequest{FitID: model.FitID})
			return err
		}
		err := commit()
		if cluster.CodeOf(err) != api.CodeOutdated {
			return err
		}
		if err := p.deliver(ctx, m, model); err != nil {
			return err
		}
		return commit()
	})
}

// cut distributes the layers: as configured, or balanced by their cost.
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

var _ cluster.Lasting = (*Master)(nil)
