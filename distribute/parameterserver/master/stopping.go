package master

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/masters/cluster"
)

// watch looks at the losses of a training for a reason to stop.
type watch struct {
	t        *training
	first    float64 // loss; NaN before the first step
	stopping *optimise.Stopping
	epoch    float64 // sum of the losses of the epoch so far
	counted  int
	best     []float64 // parameters of the best validation loss; nil if there are none
}

func (t *training) newWatch() *watch {
	return &watch{t: t, first: math.NaN(), stopping: optimise.NewStopping(t.set.Tol, t.set.NIterNoChange-1)}
}

// record notes a step's loss, and says if it ran away.
func (w *watch) record(step int, rate float64, s *stepSums) error {
	if math.IsNaN(w.first) {
		w.first = s.loss
	}
	if cluster.RunsAway(w.first, s.loss) {
		return w.t.diverged(step, fmt.Sprintf("the mean loss went from %.4g to %.4g at a learning rate of %.4g", w.first, s.loss, rate))
	}
	w.t.report.Loss = append(w.t.report.Loss, s.loss)
	if s.validated {
		w.t.report.ValidationLoss = append(w.t.report.ValidationLoss, s.validation)
	}
	return nil
}

// look says whether the training has stopped to improve. params are those that
// the step's losses are of.
func (w *watch) look(step int, s *stepSums, params []float64) api.StopReason {
	if w.t.set.EarlyStopping {
		if !s.validated {
			return ""
		}
		best, enough := w.stopping.Look(s.validation)
		if best {
			w.best = append(w.best[:0], params...)
		}
		return w.reason(enough, api.StopValidation)
	}
	if !s.hasLoss {
		return ""
	}
	w.epoch += s.loss
	w.counted++
	if (step+1)%w.t.perEpoch != 0 {
		return ""
	}
	mean := w.epoch / float64(w.counted)
	w.epoch, w.counted = 0, 0
	_, enough := w.stopping.Look(mean)
	return w.reason(enough, api.StopNoChange)
}

func (w *watch) reason(enough bool, reason api.StopReason) api.StopReason {
	if enough && w.t.set.NIterNoChange > 0 {
		return reason
	}
	return ""
}

// keepBest goes back to the parameters of the best validation loss, if there are any.
func (w *watch) keepBest(params *[]float64) {
	if w.best != nil {
		*params = w.best
	}
}
