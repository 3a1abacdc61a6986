// Package master is the master of a training from sums: it has the state, the workers have the rows. Package summation describes
// the kind.
package master

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/masters/cluster"
)

// Master is the master of a training from sums: in each round it sends the state to the workers, adds up their sums, and lets the learner
// make the next state of them. The learner must be Summable.
type Master struct {
	*cluster.Cluster
	settings summation.Settings
	learner  *cluster.OneLearner
	own      cluster.OnMaster[trained, *trained] // the model in service
}

// trained is a trained model; it is immutable.
type trained struct {
	cluster.Model
	learner learner.Summable
}

// Served implements cluster.MasterModel.
func (m *trained) Served() (*cluster.Model, learner.Estimator, *moments.Scaling) {
	return &m.Model, m.learner, nil
}

// New makes the master. The summation section of chimera.yaml says how it deals with lost workers; how it trains, the learner's parameters say.
func New() *Master { return &Master{} }

// Kind is "summation".
func (*Master) Kind() string { return summation.Name }

// Mount prepares the master.
func (p *Master) Mount(c *cluster.Cluster) error {
	if p.Cluster != nil {
		return errors.New("a master can be used only once; make another with NewSummation")
	}
	p.Cluster, p.settings = c, *cluster.SettingsOf[summation.Settings](c)
	if q := p.settings.Quorum; q > len(c.Members) {
		return fmt.Errorf("the quorum is %d, but there are only %d workers", q, len(c.Members))
	}
	var err error
	if p.learner, err = c.OneLearner(); err != nil {
		return err
	}
	p.own.Mount(c, p.learner, summation.ModelPart, p.decode)
	c.HandleModel(cluster.Operations{
		Predict: "The master predicts without the workers. y_pred_rows is the value, or the label for a classifier, " +
			"or the number of the cluster, or the first component.",
		Score:   "the model",
		Labels:  true,
		Codes:   []api.Code{api.CodeWorkersTimeout},
		Do:      p.own.Predict,
		Explain: p.own.Explain,
	})
	return nil
}

// seed is that of the learner, on the master and on all workers.
func (p *Master) seed() uint64 { return learner.Seed(p.Config().Seed, "summation") }

// newLearner makes the learner, unfitted.
func (p *Master) newLearner() (learner.Summable, error) {
	est, err := p.learner.New(learner.Env{Seed: p.seed(), Procs: runtime.GOMAXPROCS(0), Log: p.Log})
	if err != nil {
		return nil, err
	}
	return est.(learner.Summable), nil // Mount has checked the capability
}

// Quorum is summation.quorum, or the number of workers.
func (p *Master) Quorum() int {
	if p.settings.Quorum > 0 {
		return p.settings.Quorum
	}
	return len(p.Members)
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

// CatchUp has nothing to send, because workers keep no model. A worker that lost its fit learns of it in the next round, and begins again.
func (p *Master) CatchUp(_ context.Context, m *cluster.Member) error {
	p.Current(m, p.Model().FitID)
	return nil
}

// Close has nothing to release.
func (*Master) Close() {}

var _ cluster.Lasting = (*Master)(nil)
