// Package master is the master of a parameter server: it has the parameters, the workers have the
// rows. Package parameterserver describes the kind.
package master

import (
	"context"
	"errors"
	"fmt"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/masters/cluster"
)

// Master is the master of data parallelism: at each step it sends the parameters to the workers,
// receives gradients, and takes one step with them (Li et al., "Scaling Distributed Machine Learning
// with the Parameter Server", 2014, in its synchronous form). The learner must be Differentiable.
type Master struct {
	*cluster.Cluster
	settings parameterserver.Settings
	learner  *cluster.OneLearner
	quorum   int // 0 is all that are there
	reduce   reducer
	middle   middle                              // nil if the aggregation is the mean
	own      cluster.OnMaster[trained, *trained] // the model in service
}

// trained is a trained model; it is immutable.
type trained struct {
	cluster.Model
	learner learner.Differentiable
	blocks  []learner.Block
	scaling *moments.Scaling // nil if features are not standardised
}

// Served implements cluster.MasterModel.
func (m *trained) Served() (*cluster.Model, learner.Estimator, *moments.Scaling) {
	return &m.Model, m.learner, m.scaling
}

// New makes the master. The parameter_server section of chimera.yaml says how it trains.
func New() *Master { return &Master{} }

// Kind is "parameter-server".
func (*Master) Kind() string { return parameterserver.Name }

// Mount prepares the master.
func (p *Master) Mount(c *cluster.Cluster) error {
	if p.Cluster != nil {
		return errors.New("a master can be used only once; make another with NewParameterServer")
	}
	p.Cluster, p.settings = c, *cluster.SettingsOf[parameterserver.Settings](c)
	p.quorum = p.settings.Quorum
	if p.quorum > len(c.Members) {
		return fmt.Errorf("the quorum is %d, but there are only %d workers", p.quorum, len(c.Members))
	}
	var err error
	if p.learner, err = c.OneLearner(); err != nil {
		return err
	}
	if _, _, err := p.ownPenalty(); err != nil {
		return err
	}
	p.reduce, p.middle = newReducer(p.settings), middleOf(p.settings)
	p.own.Mount(c, p.learner, partName, p.decode)
	c.HandleModel(cluster.Operations{
		Predict: "The master predicts without the workers. y_pred_rows is the value, or the label for a classifier.",
		Score:   "the model",
		Labels:  true,
		Codes:   []api.Code{api.CodeWorkersTimeout},
		Do:      p.own.Predict,
		Explain: p.own.Explain,
	})
	p.mountCoefficients()
	return nil
}

// newLearner makes the learner, with initial parameters drawn from the run's seed.
func (p *Master) newLearner() (learner.Differentiable, error) {
	est, err := p.learner.New(learner.Env{Seed: learner.Seed(p.Config().Seed, "parameter-server"), Log: p.Log})
	if err != nil {
		return nil, err
	}
	return est.(learner.Differentiable), nil // Mount has checked the capability
}

// Quorum is parameter_server.quorum, or the number of workers that have not left.
func (p *Master) Quorum() int {
	if p.quorum > 0 {
		return p.quorum
	}
	return max(1, len(p.Present()))
}

// Elasticity implements [cluster.Elastic]: a step needs the quorum, or as many as the aggregation needs to tolerate faulty workers.
func (p *Master) Elasticity() cluster.Elasticity {
	least, why := p.settings.Least()
	return cluster.Elasticity{Least: least, Why: why, When: api.ScaleNow}
}

// Model describes the model in service.
func (p *Master) Model() cluster.Model { return p.own.Model() }

// Adopt puts a stored model into service. It needs no worker.
func (p *Master) Adopt(ctx context.Context, stored *cluster.Stored) error {
	return p.own.Adopt(ctx, stored)
}

// Serve puts a stored model into service in place of another.
func (p *Master) Serve(ctx context.Context, f *cluster.Fit, stored *cluster.Stored) error {
	return p.own.Serve(ctx, f, stored)
}

// CatchUp has nothing to send, because workers keep no model. A worker that lost its fit learns of it
// at the next step, and begins again.
func (p *Master) CatchUp(_ context.Context, m *cluster.Member) error {
	p.Current(m, p.Model().FitID)
	return nil
}

// Close has nothing to release.
func (*Master) Close() {}

var (
	_ cluster.Elastic = (*Master)(nil)
	_ cluster.Lasting = (*Master)(nil)
)
