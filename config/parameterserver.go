package config

import (
	"fmt"

	"github.com/gochimera/chimera/distribute/parameterserver"
)

// Mode is what one step of the parameter server is.
type Mode = parameterserver.Mode

// The modes.
const (
	FullMode      = parameterserver.FullMode
	MinibatchMode = parameterserver.MinibatchMode
	LocalMode     = parameterserver.LocalMode
)

// The ways to weigh workers, and to make one gradient of theirs.
const (
	WeightRows    = parameterserver.WeightRows
	WeightUniform = parameterserver.WeightUniform

	AggregateMean        = parameterserver.AggregateMean
	AggregateMedian      = parameterserver.AggregateMedian
	AggregateTrimmedMean = parameterserver.AggregateTrimmedMean
)

// ParameterServer is the parameter-server master's settings.
type ParameterServer = parameterserver.Settings

// checkParameterServer checks what a parameter server asks of the settings
// together.
func (l *loader) checkParameterServer() {
	if l.cfg.Master != ParameterServerMaster {
		return
	}
	s, n := &l.cfg.ParameterServer, len(l.cfg.Workers)
	if s.Mode == MinibatchMode && s.BatchSize == 0 {
		s.BatchSize = 32
	}
	if s.Mode == LocalMode && s.Optimiser != "sgd" {
		l.fail("parameter_server.optimiser", "with mode local the workers step, by sgd, and the master averages", "leave it out, or choose mode full or minibatch")
	}
	if s.LearningRate == "optimal" && s.Alpha == 0 {
		l.fail("parameter_server.alpha", "learning_rate optimal is computed from it, so it must be > 0", "")
	}
	if s.Quorum > n && n > 0 {
		l.fail("parameter_server.quorum", fmt.Sprintf("want at most the number of workers, which is %d, got %d", n, s.Quorum), "")
	}
	if s.Aggregation == AggregateTrimmedMean && 2*s.Trim >= n && n > 0 {
		l.fail("parameter_server.trim", fmt.Sprintf("leaving out %d answers at each end leaves none of %d workers", s.Trim, n), "")
	}
	l.checkOneModel("parameter server")
}
