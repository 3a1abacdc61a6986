package master

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/learner/penalty"
	"github.com/gochimera/chimera/masters/cluster"
)

// course is where a training is, between two steps.
type course struct {
	step         int     // so many have been taken
	rows, before float64 // of all steps, and of those before the current epoch
	optimiser    optimise.Optimiser
	schedule     optimise.Schedule
	penalty      penalty.Penalty // on the mean loss
	monitor      *monitor
	start        time.Time // of the first step

	saved   int       // the step of the last checkpoint
	savedAt time.Time // when it was written, or the training went on
}

// begin is the beginning of the course.
func (t *training) begin() (*course, error) {
	t.units()
	optimiser, schedule, err := t.newOptimiser()
	if err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, cluster.Sentence(err))
	}
	whole, err := t.newPenalty()
	if err == nil {
		err = whole.Check()
	}
	if err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, cluster.Sentence(err))
	}
	now := time.Now()
	return &course{optimiser: optimiser, schedule: schedule, penalty: whole, monitor: t.newMonitor(), start: now, savedAt: now}, nil
}

// run takes steps until there is a reason to stop: from the first, or from where a fit that is gone on with was.
func (t *training) run(ctx context.Context) error {
	c, err := t.begin()
	if err == nil {
		err = t.resume(c)
	}
	if err != nil {
		return err
	}
	t.course = c
	joining, done := context.WithCancel(ctx)
	settle := func() { done(); t.joining.Wait() }
	defer settle()
	stop := api.StopReason("")
	for stop == "" && c.step < t.set.MaxIter {
		step := c.step
		t.part(step)
		t.admit(joining, step)
		if stop, err = t.advance(ctx, c); err != nil {
			if c.step == step { // nothing has changed
				t.interrupt(c)
			}
			return err
		}
		if stop == "" && t.due(c) {
			t.save(c)
		}
	}
	if stop == "" {
		stop = api.StopMaxIter
	}
	settle()
	t.report.Stopped = stop
	c.monitor.keepBest(&t.params)
	return nil
}

// advance takes one step, and returns the reason to stop, if there is one. If the members did not answer, nothing has
// changed.
func (t *training) advance(ctx context.Context, c *course) (stop api.StopReason, err error) {
	step, before := c.step, c.before
	ctx, done := t.AtStep(ctx, step+1)
	defer func() { done(err) }()
	if step%t.perEpoch == 0 {
		before = c.rows
	}
	rate := c.schedule.Rate(t.clock(step, c.rows, before))
	validate := t.set.EarlyStopping && step%t.perEpoch == 0
	s, err := t.step(ctx, step, rate, validate)
	if err != nil {
		return "", err
	}
	c.step, c.before = step+1, before
	c.rows += s.rows
	p := t.ofStep(c.penalty, s.weight)
	t.report.Steps, t.report.Epochs = step+1, step/t.perEpoch+1
	if s.hasLoss {
		s.loss += p.Value(t.params, t.blocks)
		if err := c.monitor.record(step, rate, s); err != nil {
			return "", err
		}
	}
	since := time.Since(c.start).Seconds()
	t.report.Seconds = append(t.report.Seconds, since)
	t.Step(api.StepEvent{Step: step + 1, MaxIter: t.set.MaxIter, Loss: new(s.loss), Workers: s.workers, Seconds: since, Parts: s.parts})
	stop = c.monitor.look(step, s, t.params)
	t.report.GradientNorm = t.move(c.optimiser, p, s.vector, rate)
	if norm := t.report.GradientNorm; !numeric.IsFinite(norm) {
		return "", t.diverged(step, "the gradient's norm is "+fmt.Sprint(norm))
	}
	if !numeric.FiniteSum(t.params) {
		return "", t.diverged(step, "the parameters are not finite any more")
	}
	if t.set.Epsilon > 0 && t.report.GradientNorm <= t.set.Epsilon {
		stop = api.StopGradient
	}
	return stop, nil
}

// newOptimiser makes the optimiser and the learning rate schedule.
func (t *training) newOptimiser() (optimise.Optimiser, optimise.Schedule, error) {
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

// move takes a step against the mean gradient, or to the mean of the workers' parameters, and returns
// the norm of the gradient or of the update.
func (t *training) move(o optimise.Optimiser, p penalty.Penalty, grad []float64, rate float64) (norm float64) {
	if t.set.Mode == parameterserver.LocalMode {
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

// subgradientNorm is the norm of the smallest subgradient of loss and penalty: 0 at a minimum, even
// where l1 is not differentiable. grad already includes the quadratic part of the penalty.
func subgradientNorm(p penalty.Penalty, params []float64, blocks []learner.Block, grad []float64) (norm float64) {
	if p.Implicit || p.Scale != nil {
		smallest := slices.Clone(grad)
		p.Subgradient(params, blocks, smallest)
		return optimise.Norm(smallest)
	}
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
		return optimise.Norm(grad) // slower, but it cannot overflow
	}
	var smallest [1024]float64 // computed piece by piece
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

// diverged is the problem of a training that diverged. Workers that stand out may be why.
func (t *training) diverged(step int, what string) error {
	t.judge(step+1, true)
	what = strings.TrimSuffix(what, ".")
	for i, k := range t.tracks {
		if k.outlier != "" {
			what += fmt.Sprintf("; worker %s stands out: %s", t.Members[i].Name, k.outlier)
		}
	}
	remedies := []string{"lower parameter_server.learning_rate_init"}
	if t.set.Optimiser == optimise.NameSGD && t.set.MaxGradientNorm == 0 {
		remedies = append(remedies, "clip the gradient with max_gradient_norm")
	}
	if t.scaling == nil {
		remedies = append(remedies, "scale the features with standardize: true")
	}
	return t.Diverged(step, what, remedies...)
}
