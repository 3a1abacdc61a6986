package masters

import (
	"context"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/learner/penalty"
)

// runaway is how much larger than at first, and than 1, the loss may get
// before the training is said to diverge.
const runaway = 1e6

// tellEvery is how often steps are told to listeners.
const tellEvery = 50 * time.Millisecond

// run steps until there is a reason to stop.
func (t *training) run(ctx context.Context) error {
	optimiser, schedule, err := t.machinery()
	if err != nil {
		return api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	p := penalty.Penalty{Kind: penalty.Kind(t.set.Penalty), Alpha: t.set.Alpha, L1Ratio: t.set.L1Ratio}
	if err := p.Check(); err != nil {
		return api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	watch := t.newStops()
	start, told := time.Now(), time.Time{}
	var rows float64
	for step := range t.set.MaxIter {
		at := step
		if t.set.LearningRate == optimise.NameOptimal {
			at = int(rows)
		}
		rate := schedule.Rate(at)
		validate := t.set.EarlyStopping && step%t.perEpoch == 0
		s, err := t.step(ctx, step, rate, validate)
		if err != nil {
			return err
		}
		rows += s.rows
		t.report.Steps, t.report.Epochs = step+1, step/t.perEpoch+1
		if s.hasLoss {
			s.loss += p.Value(t.params, t.blocks)
			if err := watch.record(step, rate, s); err != nil {
				return err
			}
		}
		now := time.Now()
		t.report.Seconds = append(t.report.Seconds, now.Sub(start).Seconds())
		if now.Sub(told) >= tellEvery {
			told = now
			t.server.broker.publish(api.StepEvent{FitID: t.fitID, Step: step + 1, MaxIter: t.set.MaxIter, Loss: s.loss, Workers: s.workers, Seconds: now.Sub(start).Seconds()})
		}
		stop := watch.improvement(step, s, t.params)
		t.report.GradientNorm = t.move(optimiser, p, s.vector, rate)
		if v := t.report.GradientNorm; v-v != 0 {
			return t.diverged(step, "the gradient's norm is "+fmt.Sprint(v))
		}
		if sum := floats.Sum(t.params); sum-sum != 0 {
			return t.diverged(step, "the parameters are not finite any more")
		}
		if t.set.Epsilon > 0 && t.report.GradientNorm <= t.set.Epsilon {
			stop = api.StopGradient
		}
		if stop != "" {
			t.report.Stopped = stop
			watch.keepBest(&t.params)
			return nil
		}
	}
	t.report.Stopped = api.StopMaxIter
	watch.keepBest(&t.params)
	return nil
}

// machinery makes the optimiser and the schedule of the learning rate.
func (t *training) machinery() (optimise.Optimiser, optimise.Schedule, error) {
	o, err := optimise.New(optimise.Settings{
		Name: t.set.Optimiser, Momentum: t.set.Momentum, Beta1: t.set.Beta1, Beta2: t.set.Beta2, Epsilon: t.set.OptimiserEpsilon,
	})
	if err != nil {
		return nil, nil, err
	}
	s, err := optimise.NewSchedule(optimise.ScheduleSettings{
		Name: t.set.LearningRate, Eta0: t.set.Eta0, PowerT: t.set.PowerT, Alpha: t.set.Alpha, StepSize: t.set.StepSize, Gamma: t.set.Gamma, Total: t.set.MaxIter,
	})
	return o, s, err
}

// move steps the parameters against the mean gradient, or to the mean of the
// workers' own, and returns the gradient's or the update's norm.
func (t *training) move(o optimise.Optimiser, p penalty.Penalty, grad []float64, rate float64) (norm float64) {
	if t.set.Mode == config.LocalMode {
		next := grad
		floats.SubTo(next, t.params, grad)
		p.Prox(next, t.blocks, rate)
		norm = floats.Distance(t.params, next, 2)
		copy(t.params, next)
		return norm
	}
	p.AddGradient(t.params, t.blocks, grad)
	norm = subgradientNorm(p, t.params, t.blocks, grad)
	if t.set.MaxGradientNorm > 0 {
		optimise.Clip(t.set.MaxGradientNorm, grad)
	}
	o.Step(t.params, grad, rate)
	p.Prox(t.params, t.blocks, rate)
	return norm
}

// subgradientNorm is the norm of the smallest subgradient of loss and penalty:
// 0 at a minimum, also where l1 has its kinks. grad has the squares of the penalty in it.
func subgradientNorm(p penalty.Penalty, params []float64, blocks []learner.Block, grad []float64) (norm float64) {
	var l1 float64
	switch p.Kind {
	case penalty.L1:
		l1 = p.Alpha
	case penalty.ElasticNet:
		l1 = p.Alpha * p.L1Ratio
	default:
	}
	if l1 == 0 {
		if square := floats.Dot(grad, grad); square > 1e-200 && square < 1e200 {
			return math.Sqrt(square)
		}
		return optimise.Norm(grad) // slower, and safe from overflow
	}
	var smallest [1024]float64 // a piece of it
	from := 0
	for _, b := range blocks {
		for to := from + b.Len(); from < to; {
			n := copy(smallest[:], grad[from:to])
			for i := range n {
				switch at := from + i; {
				case !b.Penalised:
				case params[at] > 0:
					smallest[i] += l1
				case params[at] < 0:
					smallest[i] -= l1
				default:
					smallest[i] = math.Copysign(max(math.Abs(grad[at])-l1, 0), grad[at])
				}
			}
			norm = math.Hypot(norm, optimise.Norm(smallest[:n]))
			from += n
		}
	}
	return norm
}

// stops watches the losses for a reason to stop.
type stops struct {
	t        *training
	first    float64
	best     float64
	worse    int     // epochs in a row without improvement
	epoch    float64 // losses of the epoch so far
	counted  int
	bestAt   []float64 // parameters of the best validation loss
	bestLoss float64
}

func (t *training) newStops() *stops {
	return &stops{t: t, best: math.Inf(1), bestLoss: math.Inf(1), first: math.NaN()}
}

// record notes a step's loss, and says if it ran away.
func (w *stops) record(step int, rate float64, s *stepSums) error {
	if math.IsNaN(w.first) {
		w.first = s.loss
	}
	if s.loss-s.loss != 0 || s.loss > runaway*max(w.first, 1) {
		return w.t.diverged(step, fmt.Sprintf("the mean loss went from %.4g to %.4g at a learning rate of %.4g", w.first, s.loss, rate))
	}
	w.t.report.Loss = append(w.t.report.Loss, s.loss)
	if s.validated {
		w.t.report.ValidationLoss = append(w.t.report.ValidationLoss, s.validation)
	}
	return nil
}

// improvement says whether the training has stopped to improve. params are
// those that the step's losses are of.
func (w *stops) improvement(step int, s *stepSums, params []float64) api.StopReason {
	set := w.t.set
	if set.EarlyStopping {
		if !s.validated {
			return ""
		}
		if s.validation < w.bestLoss {
			w.bestLoss, w.bestAt = s.validation, append(w.bestAt[:0], params...)
		}
		return w.count(s.validation, api.StopValidation)
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
	return w.count(mean, api.StopNoChange)
}

// count counts the epochs without improvement.
func (w *stops) count(loss float64, reason api.StopReason) api.StopReason {
	if loss > w.best-w.t.set.Tol {
		w.worse++
	} else {
		w.worse = 0
	}
	w.best = min(w.best, loss)
	if n := w.t.set.NIterNoChange; n > 0 && w.worse >= n {
		return reason
	}
	return ""
}

// keepBest goes back to the parameters of the best validation loss, if there are any.
func (w *stops) keepBest(params *[]float64) {
	if w.bestAt != nil {
		*params = w.bestAt
	}
}

// diverged is the problem of a training that ran away: what happened, why, and
// what to do.
func (t *training) diverged(step int, what string) error {
	remedy := "lower parameter_server.eta0"
	if t.set.Optimiser == optimise.NameSGD && t.set.MaxGradientNorm == 0 {
		remedy += ", or limit the gradient with max_gradient_norm"
	}
	if t.scaling == nil {
		remedy += ", or bring the features to one scale with standardize: true"
	}
	p := api.Problemf(api.CodeDiverged, "The training diverged at step %d: %s. Its steps are too long for this loss: %s. The model that served before, if any, serves on.", step+1, what, remedy)
	p.FitID = t.fitID
	return p
}
