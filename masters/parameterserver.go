package masters

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/registry"
)

// ParameterServer is the master of data parallelism: every worker has the
// rows, the master has the parameters. At each step the parameters go down,
// gradients come up, and the master makes one step of them (Li et al.,
// "Scaling Distributed Machine Learning with the Parameter Server", 2014, in
// its synchronous form). The learner must be Differentiable.
type ParameterServer struct {
	server   *Server
	settings config.ParameterServer
	registry *registry.Registry
	info     registry.Info // the learner
	params   []byte        // its parameters, JSON
	need     int           // the quorum
	reduce   reducer
	model    atomic.Pointer[trained] // what serves; nil before the first fit
}

// trained is a model after its fit; it does not change.
type trained struct {
	Model
	learner learner.Differentiable
	blocks  []learner.Block
	scaling *moments.Scaling // nil if features are not standardised
}

// NewParameterServer makes the master of data parallelism. How it trains comes
// from chimera.yaml (parameter_server).
func NewParameterServer() *ParameterServer { return &ParameterServer{} }

// Kind is "parameter-server".
func (*ParameterServer) Kind() config.Master { return config.ParameterServerMaster }

func (p *ParameterServer) mount(s *Server) error {
	if p.server != nil {
		return errors.New("a master is used once; make another with NewParameterServer")
	}
	cfg := s.setup.Config
	p.server, p.settings, p.registry, p.need = s, cfg.ParameterServer, s.setup.Registry, cfg.ParameterServer.Quorum
	if p.registry == nil {
		p.registry = registry.Default
	}
	if p.need == 0 {
		p.need = len(s.pool.members)
	}
	if p.need > len(s.pool.members) {
		return fmt.Errorf("the quorum is %d, but there are only %d workers", p.need, len(s.pool.members))
	}
	var err error
	if p.info, p.params, err = theLearner(cfg, p.registry); err != nil {
		return err
	}
	if !p.info.Has(registry.Differentiable) {
		return fmt.Errorf("learner %q has no gradient, which a parameter server needs", p.info.Name)
	}
	if _, err := p.newLearner(); err != nil {
		return err
	}
	p.reduce = newReducer(p.settings.Aggregation, p.settings.Trim)
	s.mountFit(api.PathsOf("parameter-server").Fit, "Train the model on the workers' rows",
		"Answers when the training has stopped, with what it did. The body is ignored. A fit that fails or is cancelled leaves the old model serving.")
	s.mountModel(oneModel{paths: api.PathsOf(string(p.Kind())), how: "The master predicts by itself.", predict: p.predict})
	p.mountCoefficients()
	return nil
}

// newLearner makes the learner, with initial parameters by the run's seed.
func (p *ParameterServer) newLearner() (learner.Differentiable, error) {
	cfg := p.server.setup.Config
	est, err := p.registry.New(p.info.Name, p.params, learner.Env{Seed: learner.Seed(cfg.Seed, "parameter-server"), Log: p.server.log})
	if err != nil {
		return nil, err
	}
	return est.(learner.Differentiable), nil // mount has checked the capability
}

func (p *ParameterServer) quorum() int { return p.need }

func (p *ParameterServer) state() Model {
	if m := p.model.Load(); m != nil {
		return m.Model
	}
	return Model{}
}

// catchUp has nothing to bring: workers keep no model. One that lost its fit
// is told so at the next step, and begins again.
func (p *ParameterServer) catchUp(_ context.Context, m *member) error {
	p.server.pool.current(m, p.state().FitID)
	return nil
}

var _ Master = (*ParameterServer)(nil)
