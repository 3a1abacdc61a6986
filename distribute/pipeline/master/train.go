package master

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/masters/cluster"
)

// course is the progress of a training, with all that is needed to continue from there.
type course struct {
	epoch, step int     // the next ones
	seen        int     // rows of all steps so far
	batch       int     // the next one of the epoch
	sum         float64 // of the losses of the epoch's rows so far
	rate        float64 // learning rate of the epoch, once it has begun
	stopping    optimise.Stopping
	divisor     float64 // of an adaptive learning rate
	keep        bool    // the parameters are the best so far; tell the stages with the next step
	hasBest     bool    // some earlier parameters were the best
	isBest      bool    // the current parameters are the best
	stopped     api.StopReason

	loss, seconds       []float64 // of each step
	epochs, validations []float64 // of each epoch
	norm                float64   // of the last step's gradient, if it is known
}

func (t *training) start() course {
	return course{divisor: 1, stopping: *optimise.NewStopping(t.set.Tol, t.set.NIterNoChange)}
}

func (c course) clone() course {
	c.loss, c.seconds = slices.Clone(c.loss), slices.Clone(c.seconds)
	c.epochs, c.validations = slices.Clone(c.epochs), slices.Clone(c.validations)
	return c
}

// schedule is the learning rate of an epoch, given the number of rows before it.
func (p *Master) schedule() (func(epoch, rows int) float64, error) {
	set := p.settings
	name := set.LearningRate
	if name == rateAdaptive {
		name = optimise.NameConstant
	}
	s, err := optimise.NewSchedule(optimise.ScheduleSettings{
		Name: name, Eta0: set.LearningRateInit, PowerT: set.PowerT, StepSize: set.StepSize, Gamma: set.Gamma, Total: set.MaxIter,
	})
	if err != nil {
		return nil, err
	}
	return func(epoch, rows int) float64 {
		if name == optimise.NameInvScaling {
			return s.Rate(rows)
		}
		return s.Rate(epoch)
	}, nil
}

// rateAdaptive is a learning rate that depends on the loss, as in scikit-learn.
const (
	rateAdaptive = "adaptive"
	adaptBy      = 5
	leastRate    = 1e-6
)

// run trains from the current progress until there is a reason to stop.
func (t *training) run(ctx context.Context) error {
	schedule, err := t.master.schedule()
	if err != nil {
		return api.NewProblem(api.CodeInvalidRequest, cluster.Sentence(err))
	}
	begin := time.Now().Add(-time.Duration(t.elapsed() * float64(time.Second)))
	t.written = time.Now()
	rows := t.begun[0].Rows
	batches := (rows-1)/t.set.BatchSize + 1
	for t.at.epoch < t.set.MaxIter && t.at.stopped == "" {
		if t.at.batch == 0 {
			t.at.rate, t.at.sum = schedule(t.at.epoch, t.at.seen)/t.at.divisor, 0
		}
		for t.at.batch < batches {
			did, n, err := t.step(ctx, t.at.batch, t.at.rate)
			if err != nil {
				return err
			}
			t.at.sum += *did.Loss * float64(n)
			t.at.loss = append(t.at.loss, *did.Loss)
			t.at.seconds = append(t.at.seconds, time.Since(begin).Seconds())
			t.at.step++
			t.at.seen += n
			t.recovery.reach(t.at.step)
			did.Step, did.MaxIter, did.Seconds = t.at.step, t.set.MaxIter*batches, t.elapsed()
			t.Step(did)
			if t.at.batch++; t.at.batch < batches && t.due(false) {
				if err := t.checkpoint(ctx); err != nil {
					return err
				}
			}
		}
		if err := t.endEpoch(ctx, t.at.sum/float64(rows), t.at.rate); err != nil {
			return err
		}
	}
	if t.at.stopped == "" {
		t.at.stopped = api.StopMaxIter
	}
	return nil
}

// elapsed is the time spent in steps so far.
func (t *training) elapsed() float64 {
	if len(t.at.seconds) == 0 {
		return 0
	}
	return t.at.seconds[len(t.at.seconds)-1]
}

// next is the command for the next step.
func (t *training) next() pipeline.Command {
	return pipeline.Command{FitID: t.ID, Attempt: t.attempt, Step: t.at.step}
}

// step lets the stages process mini-batch k of the epoch, and returns what it did, with the mean loss, including
// the penalty, and its number of rows.
func (t *training) step(ctx context.Context, k int, rate float64) (did api.StepEvent, rows int, err error) {
	ctx, done := t.AtStep(ctx, t.at.step+1)
	defer func() { done(err) }()
	hold := t.set.MaxGradientNorm > 0
	start := time.Now()
	all, err := command(ctx, t, pipeline.Step, pipeline.StepFrame{
		Command: t.next(), Epoch: t.at.epoch, Batch: k, Rate: rate, Hold: hold, Keep: t.at.keep,
	})
	if err != nil {
		return did, 0, err
	}
	calls := slices.Clone(t.calls)
	t.at.keep, t.at.isBest = false, false
	var penalties, norms []float64
	for _, a := range all {
		penalties, norms = append(penalties, a.Penalties...), append(norms, a.Norms...)
	}
	last := all[len(all)-1]
	if err := t.checkSteps(all, k, hold); err != nil {
		return did, 0, err
	}
	loss := (last.Loss + optimise.Sum(penalties)) / last.Weight
	first := loss
	if len(t.at.loss) > 0 {
		first = t.at.loss[0]
	}
	if cluster.RunsAway(first, loss) {
		return did, 0, t.diverged(fmt.Sprintf("the mean loss went from %.4g to %.4g at a learning rate of %.4g", first, loss, rate))
	}
	if hold {
		t.at.norm = optimise.JoinNorms(norms)
		if t.at.norm-t.at.norm != 0 {
			return did, 0, t.diverged(fmt.Sprintf("the gradient's norm is %v", t.at.norm))
		}
		factor := optimise.ClipFactor(t.at.norm, t.set.MaxGradientNorm)
		if _, err := command(ctx, t, pipeline.Move, pipeline.MoveFrame{Command: t.next(), Factor: factor, Rate: rate}); err != nil {
			return did, 0, err
		}
	}
	end := time.Now()
	t.track(all, end.Sub(start).Seconds())
	did = t.did(all, calls, start, end)
	did.Loss = &loss
	return did, last.Rows, nil
}

// track adds what the stages did in a step, which took so many seconds, to the report.
func (t *training) track(all []pipeline.StepAnswer, took float64) {
	t.wall += took
	for i, a := range all {
		k := &t.tracks[i]
		k.steps++
		k.computing += a.Computing
		k.waiting += a.Waiting
		k.wire += max(0, took-a.Computing-a.Waiting)
		k.sent += a.Sent
		k.received += a.Received
		k.held = max(k.held, a.Held)
		t.report.Bytes += a.Sent
	}
}

// endEpoch checks whether the training improves, and stores a checkpoint if one is due.
func (t *training) endEpoch(ctx context.Context, mean, rate float64) error {
	t.at.epochs = append(t.at.epochs, mean)
	t.at.epoch++
	t.at.batch = 0
	criterion, reason := mean, api.StopNoChange
	if t.begun[0].ValidationRows > 0 {
		score, err := t.evaluate(ctx)
		if err != nil {
			return err
		}
		t.at.validations = append(t.at.validations, score)
		criterion, reason = -score, api.StopValidation
	}
	improved, enough := t.at.stopping.Look(criterion)
	if improved && t.set.EarlyStopping {
		t.at.keep, t.at.hasBest, t.at.isBest = true, true, true
	}
	switch {
	case !enough || t.set.NIterNoChange == 0:
	case t.set.LearningRate != rateAdaptive:
		t.at.stopped = reason
	case rate <= leastRate:
		t.at.stopped = api.StopRate
	default:
		t.at.divisor *= adaptBy
		t.at.stopping.Again()
	}
	if t.at.stopped != "" || t.at.epoch == t.set.MaxIter || !t.due(true) {
		return nil
	}
	return t.checkpoint(ctx)
}

// due reports whether it is time for a checkpoint, after a step, or after the last one of an epoch.
func (t *training) due(epoch bool) bool {
	every := t.set.CheckpointEvery
	switch {
	case every.Never():
		return false
	case every.Epochs() > 0:
		return epoch && t.at.epoch%every.Epochs() == 0
	case every.Steps() > 0:
		return t.at.step%every.Steps() == 0
	default:
		return time.Since(t.written) >= every.Time()
	}
}

// evaluate lets the stages score the held-out rows.
func (t *training) evaluate(ctx context.Context) (float64, error) {
	all, err := command(ctx, t, pipeline.Evaluate, pipeline.EvaluateFrame{Command: t.next()})
	if err != nil {
		return 0, err
	}
	last := len(all) - 1
	if err := checkScore(all[last].Score, t.shape.Task); err != nil {
		return 0, t.wrong(last, err)
	}
	return all[last].Score, nil
}

// finish makes a model of the trained stages, and stores its parts, so that a stage that is lost later can be
// restored.
func (t *training) finish(ctx context.Context) (*network, error) {
	held, err := t.finishAll(ctx)
	if err != nil {
		return nil, err
	}
	model, err := t.model(held)
	if err != nil {
		return nil, err
	}
	return model, t.store(ctx)
}

// finishAll lets all stages make a model of what they trained, and returns how many parameters each
// holds.
func (t *training) finishAll(ctx context.Context) ([]int, error) {
	request := pipeline.FinishRequest{FitID: t.ID, Attempt: t.attempt, Best: t.at.hasBest && !t.at.isBest}
	held := make([]int, len(t.Members))
	errs := cluster.Each(t.Members, func(m *cluster.Member) error {
		answer, err := cluster.Call(ctx, t.Cluster, m, pipeline.Finish, request)
		held[m.Index] = answer.Parameters
		return err
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := t.sort(errs); err != nil {
		return held, err
	}
	for i, n := range held {
		if n != t.parameters(i) {
			return held, t.wrong(i, fmt.Errorf("it holds %d parameters, but its layers have %d", n, t.parameters(i)))
		}
	}
	return held, nil
}

// model is the new model.
func (t *training) model(held []int) (*network, error) {
	model := &network{Model: *t.shape, stages: t.master.stagesOf(t.layers, t.cuts), had: make([]atomic.Bool, len(t.Members))}
	for i := range model.had {
		model.had[i].Store(true)
	}
	if total := sumOf(held); total != t.report.Parameters {
		return nil, fmt.Errorf("the stages hold %d parameters in total, but the network has %d", total, t.report.Parameters)
	}
	model.Count(t.Schemas[:1], func(int) bool { return true }) // the others have the same rows
	return model, nil
}

func sumOf(values []int) (sum int) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// result is the report of the fit.
func (t *training) result(model *network) *api.FitResponse {
	at, report := t.at, t.report
	report.EpochLoss, report.Validation = at.epochs, at.validations
	r := &api.FitResponse{Rows: t.begun[0].Rows, Classes: model.Classes, Pipeline: &report}
	r.Training = &api.Training{
		Resumed: t.goneOn,
		Mode:    t.set.Schedule, Steps: at.step, Epochs: at.epoch, Stopped: at.stopped, Loss: at.loss, Seconds: at.seconds, GradientNorm: at.norm, Wire: "float64",
	}
	r.Notes = t.Unsettled(r.Training, t.set.NIterNoChange > 0, t.set.LearningRate, "pipeline", "max_iter", "learning_rate_init", "tol")
	if t.uncopied != "" {
		r.Notes = append(r.Notes, t.uncopied)
	}
	for i, k := range t.tracks {
		r.Workers = append(r.Workers, api.WorkerFit{
			Worker: t.Members[i].Name, Rows: t.begun[i].Rows, Seconds: k.computing, Wire: k.wire, Waiting: k.waiting, Steps: k.steps, Sent: k.sent, Received: k.received,
			Parameters: model.stages[i].Parameters, Layers: len(model.stages[i].Layers), Held: k.held,
		})
	}
	report.Bubble = t.bubbleSoFar()
	return r
}

// diverged is the problem of a training that diverged.
func (t *training) diverged(what string) error {
	remedies := []string{"lower pipeline.learning_rate_init"}
	if t.set.MaxGradientNorm == 0 {
		remedies = append(remedies, "clip the gradient with max_gradient_norm")
	}
	if !t.set.Standardize {
		remedies = append(remedies, "scale the features with standardize: true")
	}
	return t.Diverged(t.at.step, what, remedies...)
}
