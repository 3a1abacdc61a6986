package master

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/masters/cluster"
)

// monitor follows the losses of a training to decide when to stop.
type monitor struct {
	t        *training
	first    float64 // loss; NaN before the first step
	stopping *optimise.Stopping
	epoch    float64 // sum of the losses of the current epoch
	counted  int
	best     []float64 // parameters with the best validation loss; nil if there are none
}

func (t *training) newMonitor() *monitor {
	return &monitor{t: t, first: math.NaN(), stopping: optimise.NewStopping(t.set.Tol, t.set.NIterNoChange-1)}
}

// record records a step's loss, and returns an error if it diverged.
func (m *monitor) record(step int, rate float64, s *stepSums) error {
	if math.IsNaN(m.first) {
		m.first = s.loss
		if m.t.set.Followed.RelativeTol {
			unit := s.loss
			if m.t.set.EarlyStopping {
				unit = s.validation
			}
			m.stopping = optimise.NewStopping(m.t.set.Tol*unit, m.t.set.NIterNoChange-1)
		}
	}
	if cluster.RunsAway(m.first, s.loss) {
		return m.t.diverged(step, fmt.Sprintf("the mean loss went from %.4g to %.4g at a learning rate of %.4g", m.first, s.loss, rate))
	}
	m.t.report.Loss = append(m.t.report.Loss, s.loss)
	if s.validated {
		m.t.report.ValidationLoss = append(m.t.report.ValidationLoss, s.validation)
	}
	return nil
}

// look returns the reason to stop, or nothing. params are the parameters at which the step's losses
// were computed.
func (m *monitor) look(step int, s *stepSums, params []float64) api.StopReason {
	if m.t.set.EarlyStopping {
		if !s.validated {
			return ""
		}
		best, enough := m.stopping.Look(s.validation)
		if best {
			m.best = append(m.best[:0], params...)
		}
		return m.reason(enough, api.StopValidation)
	}
	if !s.hasLoss {
		return ""
	}
	m.epoch += s.loss
	m.counted++
	if (step+1)%m.t.perEpoch != 0 {
		return ""
	}
	mean := m.epoch / float64(m.counted)
	m.epoch, m.counted = 0, 0
	_, enough := m.stopping.Look(mean)
	return m.reason(enough, api.StopNoChange)
}

func (m *monitor) reason(enough bool, reason api.StopReason) api.StopReason {
	if enough && m.t.set.NIterNoChange > 0 {
		return reason
	}
	return ""
}

// keepBest restores the parameters with the best validation loss, if there are any.
func (m *monitor) keepBest(params *[]float64) {
	if m.best != nil {
		*params = m.best
	}
}
