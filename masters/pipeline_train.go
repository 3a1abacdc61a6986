package masters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/optimise"
)

// course is how far a training is: all that it needs to go on from there.
type course struct {
	epoch, step int // the next
	seen        int // rows of the steps so far
	stopping    optimise.Stopping
	divisor     float64 // of an adaptive learning rate
	keep        bool    // the parameters are the best so far, and the stages are to be told with the next step
	hasBest     bool    // some parameters were the best
	isBest      bool    // these are
	stopped     api.StopReason

	loss, seconds       []float64 // of each step
	epochs, validations []float64 // of each epoch
	norm                float64   // of the last step's gradient, if it is known
}

func (t *pipelineFit) start() course {
	return course{divisor: 1, stopping: *optimise.NewStopping(t.set.Tol, t.set.NIterNoChange)}
}

func (c course) clone() course {
	c.loss, c.seconds = slices.Clone(c.loss), slices.Clone(c.seconds)
	c.epochs, c.validations = slices.Clone(c.epochs), slices.Clone(c.validations)
	return c
}

// schedule is the learning rate of an epoch, given the rows seen before it.
func (p *Pipeline) schedule() (func(epoch, rows int) float64, error) {
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

// rateAdaptive is the learning rate that goes by the loss, as scikit-learn's.
const (
	rateAdaptive = "adaptive"
	adaptBy      = 5
	leastRate    = 1e-6
)

// run trains from where the fit is until there is a reason to stop.
func (t *pipelineFit) run(ctx context.Context) error {
	schedule, err := t.master.schedule()
	if err != nil {
		return api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	begin := time.Now().Add(-time.Duration(t.elapsed() * float64(time.Second)))
	rows := t.begun[0].Rows
	batches := (rows-1)/t.set.BatchSize + 1
	var told time.Time
	for t.at.epoch < t.set.MaxIter && t.at.stopped == "" {
		rate := schedule(t.at.epoch, t.at.seen) / t.at.divisor
		var sum float64
		for k := range batches {
			loss, n, err := t.step(ctx, k, rate)
			if err != nil {
				return err
			}
			sum += loss * float64(n)
			now := time.Now()
			t.at.loss = append(t.at.loss, loss)
			t.at.seconds = append(t.at.seconds, now.Sub(begin).Seconds())
			t.at.step++
			t.at.seen += n
			if now.Sub(told) >= tellEvery {
				told = now
				t.server.broker.publish(api.StepEvent{FitID: t.fitID, Step: t.at.step, MaxIter: t.set.MaxIter * batches, Loss: loss, Workers: len(t.members), Seconds: now.Sub(begin).Seconds()})
			}
		}
		if err := t.endEpoch(ctx, sum/float64(rows), rate); err != nil {
			return err
		}
	}
	if t.at.stopped == "" {
		t.at.stopped = api.StopMaxIter
	}
	return nil
}

// elapsed is how long the steps so far have taken.
func (t *pipelineFit) elapsed() float64 {
	if len(t.at.seconds) == 0 {
		return 0
	}
	return t.at.seconds[len(t.at.seconds)-1]
}

// next is the command for the next step.
func (t *pipelineFit) next() pipeline.Command {
	return pipeline.Command{FitID: t.fitID, Attempt: t.attempt, Step: t.at.step}
}

// step has the stages work off mini-batch k of the epoch, and returns its mean
// loss, penalty included, and its rows.
func (t *pipelineFit) step(ctx context.Context, k int, rate float64) (loss float64, rows int, err error) {
	hold := t.set.MaxGradientNorm > 0
	start := time.Now()
	answers, err := t.command(ctx, pipeline.PathStep, pipeline.StepFrame{
		Command: t.next(), Epoch: t.at.epoch, Batch: k, Rate: rate, Hold: hold, Keep: t.at.keep,
	})
	if err != nil {
		return 0, 0, err
	}
	all, err := decodeAll[pipeline.StepAnswer](t, answers)
	if err != nil {
		return 0, 0, err
	}
	t.at.keep, t.at.isBest = false, false
	var penalties, norms []float64
	for _, a := range all {
		penalties, norms = append(penalties, a.Penalties...), append(norms, a.Norms...)
	}
	last := all[len(all)-1]
	if !(last.Weight > 0) || last.Rows < 1 {
		return 0, 0, &stageLostError{[]api.WorkerFailure{{Worker: t.members[len(all)-1].name, Code: api.CodeWorkersFailed, Reason: fmt.Sprintf("it answered a step of %d rows that weigh %v", last.Rows, last.Weight)}}}
	}
	loss = (last.Loss + optimise.Sum(penalties)) / last.Weight
	if loss-loss != 0 || len(t.at.loss) > 0 && loss > runaway*max(t.at.loss[0], 1) {
		return 0, 0, t.diverged(fmt.Sprintf("the mean loss is %.4g at a learning rate of %.4g", loss, rate))
	}
	if hold {
		t.at.norm = optimise.JoinNorms(norms)
		if t.at.norm-t.at.norm != 0 {
			return 0, 0, t.diverged(fmt.Sprintf("the gradient's norm is %v", t.at.norm))
		}
		factor := optimise.ClipFactor(t.at.norm, t.set.MaxGradientNorm)
		if _, err := t.command(ctx, pipeline.PathMove, pipeline.MoveFrame{Command: t.next(), Factor: factor, Rate: rate}); err != nil {
			return 0, 0, err
		}
	}
	t.track(all, time.Since(start).Seconds())
	return loss, last.Rows, nil
}

// track adds up what the stages did in a step that took so many seconds.
func (t *pipelineFit) track(all []pipeline.StepAnswer, took float64) {
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

// endEpoch looks whether the training improves, and stores a checkpoint if it
// is time.
func (t *pipelineFit) endEpoch(ctx context.Context, mean, rate float64) error {
	t.at.epochs = append(t.at.epochs, mean)
	t.at.epoch++
	watched, reason := mean, api.StopNoChange
	if t.begun[0].ValidationRows > 0 {
		score, err := t.evaluate(ctx)
		if err != nil {
			return err
		}
		t.at.validations = append(t.at.validations, score)
		watched, reason = -score, api.StopValidation
	}
	improved, enough := t.at.stopping.Look(watched)
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
	if every := t.set.CheckpointEvery; every == 0 || t.at.stopped != "" || t.at.epoch%every != 0 || t.at.epoch == t.set.MaxIter {
		return nil
	}
	return t.checkpoint(ctx)
}

// evaluate has the stages score the rows that are held out.
func (t *pipelineFit) evaluate(ctx context.Context) (float64, error) {
	answers, err := t.command(ctx, pipeline.PathEvaluate, pipeline.EvaluateFrame{Command: t.next()})
	if err != nil {
		return 0, err
	}
	all, err := decodeAll[pipeline.EvaluateAnswer](t, answers)
	if err != nil {
		return 0, err
	}
	return all[len(all)-1].Score, nil
}

// checkpoint stores all stages as they are now. A disk that cannot take them
// costs the checkpoint, not the fit.
func (t *pipelineFit) checkpoint(ctx context.Context) error {
	c, err := t.master.store.save(ctx, t.server.pool, t.fitID, fmt.Sprintf("epoch%06d", t.at.epoch))
	switch {
	case err == nil:
		t.master.store.remove(t.saved)
		t.saved, t.anchor = c, t.at.clone()
		t.report.Checkpoints++
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		t.server.log.Warn("there is no checkpoint of this epoch", "fit_id", t.fitID, "epoch", t.at.epoch, "error", err)
	}
	return nil
}

// finish makes models of what the stages trained, and stores them, so that a
// stage that is lost later can have its part back.
func (t *pipelineFit) finish(ctx context.Context) (*network, error) {
	held, err := t.finishAll(ctx)
	if err != nil {
		return nil, err
	}
	model, err := t.model(held)
	if err != nil || t.set.CheckpointEvery == 0 {
		return model, err
	}
	if model.stored, err = t.master.store.save(ctx, t.server.pool, t.fitID, "model"); err == nil {
		return model, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if _, err := t.finishAll(ctx); err != nil { // was it the disk, or has a stage lost its part?
		return nil, err
	}
	t.server.log.Warn("the model is not stored: a worker that is lost will not have its layers back", "fit_id", t.fitID, "error", err)
	return model, nil
}

// finishAll has all stages make a model of what they trained, and returns how
// many values each holds.
func (t *pipelineFit) finishAll(ctx context.Context) ([]int, error) {
	body := marshalBody(pipeline.FinishRequest{FitID: t.fitID, Attempt: t.attempt, Best: t.at.hasBest && !t.at.isBest})
	held := make([]int, len(t.members))
	errs := each(t.members, func(m *member) error {
		reply, _, err := t.server.pool.call(ctx, m, transport.Request{Method: http.MethodPost, URL: pipeline.PathFinish, ContentType: "application/json", Body: body})
		if err != nil {
			return err
		}
		var said pipeline.FinishResponse
		if err := json.Unmarshal(reply.Body, &said); err != nil {
			return fmt.Errorf("its answer cannot be read: %w", err)
		}
		held[m.index] = said.Parameters
		return nil
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return held, t.sort(errs)
}

// model is what serves from now on.
func (t *pipelineFit) model(held []int) (*network, error) {
	model := &network{Model: *t.shape}
	for i, m := range t.members {
		info := api.StageInfo{Worker: m.name, Stage: i, Parameters: held[i]}
		for _, l := range t.layers[t.cuts[i]:t.cuts[i+1]] {
			info.Layers = append(info.Layers, api.LayerInfo{Name: l.Name, In: l.In, Out: l.Out, Parameters: l.Parameters, Cost: l.Cost})
		}
		model.stages = append(model.stages, info)
	}
	if total := sumOf(held); total != t.report.Parameters {
		return nil, fmt.Errorf("the stages hold %d parameters between them, the network has %d", total, t.report.Parameters)
	}
	model.addRows(t.schema[0]) // the others have the same
	if model.Task == learner.Regression && model.Rows > 0 {
		model.Baseline[0] /= float64(model.Rows)
	}
	return model, nil
}

func sumOf(values []int) (sum int) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// response sums the fit up.
func (t *pipelineFit) response(model *network, seconds float64) *api.FitResponse {
	at, report := t.at, t.report
	report.EpochLoss, report.Validation = at.epochs, at.validations
	r := &api.FitResponse{Fit: "ok", FitID: t.fitID, Seconds: seconds, Rows: t.begun[0].Rows, Classes: model.Classes, Pipeline: &report}
	r.Training = &api.Training{
		Mode: t.set.Schedule, Steps: at.step, Epochs: at.epoch, Stopped: at.stopped, Loss: at.loss, Seconds: at.seconds, GradientNorm: at.norm, Wire: "float64",
	}
	var computing float64
	for i, k := range t.tracks {
		computing += k.computing
		r.Workers = append(r.Workers, api.WorkerFit{
			Worker: t.members[i].name, Rows: t.begun[i].Rows, Seconds: k.computing, Wire: k.wire, Waiting: k.waiting, Steps: k.steps, Sent: k.sent, Received: k.received,
			Parameters: model.stages[i].Parameters, Layers: len(model.stages[i].Layers), Held: k.held,
		})
	}
	if t.wall > 0 {
		report.Bubble = math.Max(0, 1-computing/(t.wall*float64(len(t.tracks))))
		r.Pipeline = &report
	}
	return r
}

// diverged is the problem of a training that ran away: what happened, why, and
// what to do.
func (t *pipelineFit) diverged(what string) error {
	remedy := "lower pipeline.learning_rate_init"
	if t.set.MaxGradientNorm == 0 {
		remedy += ", or limit the gradient with max_gradient_norm"
	}
	if !t.set.Standardize {
		remedy += ", or bring the features to one scale with standardize: true"
	}
	p := api.Problemf(api.CodeDiverged, "The training diverged at step %d: %s. Its steps are too long for this loss: %s. The model that served before, if any, serves on.", t.at.step+1, strings.TrimSuffix(what, "."), remedy)
	p.FitID = t.fitID
	return p
}

// awaitReady waits until a member can work, or ctx ends.
func (p *pool) awaitReady(ctx context.Context, m *member) bool {
	timer := time.NewTimer(0) // the first look is at once
	defer timer.Stop()
	backoff := 50 * time.Millisecond
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
		if err := p.probe(ctx, m); err == nil {
			return true
		} else if errors.Is(err, context.Canceled) {
			return false
		}
		timer.Reset(backoff)
		backoff = min(2*backoff, probeEvery)
	}
}
