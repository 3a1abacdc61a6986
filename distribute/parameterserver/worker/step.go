package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/workers/node"
)

// stepMemory is the memory for one answer to a step. It is reused by one step at a time.
type stepMemory struct {
	out []float64 // the gradient or the update, sent from here
}

// step answers the parameters of one step with a gradient or an update.
func (w *sgd) step(
	ctx context.Context, head parameterserver.StepFrame, arrays []node.Array, memory *stepMemory,
) (answer parameterserver.StepAnswer, _ []node.Array, err error) {
	sent, err := node.Find(arrays, parameterserver.ArrayParameters)
	if err != nil {
		return answer, nil, err
	}
	if err := w.Faults.Misbehave(ctx, head.Step); err != nil {
		return answer, nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.session
	if err := w.checkStep(s, head, len(sent.Data)); err != nil {
		return answer, nil, err
	}
	start := time.Now()
	answer = parameterserver.StepAnswer{FitID: head.FitID, Mode: head.Mode, Step: head.Step}
	memory.out = slices.Grow(memory.out[:0], s.parameters)[:s.parameters]
	out, err := s.compute(ctx, head, sent.Data, memory.out, &answer)
	if err != nil {
		return answer, nil, w.stepProblem(head.Step, err)
	}
	if w.Faults.Estimates(head.Step) {
		if err := w.little(ctx, s, head, sent.Data, out.Data, answer); err != nil {
			return answer, nil, w.stepProblem(head.Step, err)
		}
	}
	answer.Seconds = time.Since(start).Seconds()
	w.Faults.Spoil(head.Step, out.Data)
	if s.Float32 {
		out.DType = wire.F4
	}
	return answer, []node.Array{out}, nil
}

// checkStep refuses a step that the session cannot answer.
func (w *sgd) checkStep(s *session, head parameterserver.StepFrame, parameters int) error {
	switch {
	case s == nil || s.FitID != head.FitID:
		return api.Problemf(api.CodeOutdated, "Worker %s does not take part in fit %q: begin it with %s.", w.Spec.Name, head.FitID, parameterserver.PathBegin)
	case head.Mode != s.Mode:
		return api.Problemf(api.CodeInvalidRequest, "The step is of mode %s, the fit of mode %s.", head.Mode, s.Mode)
	case parameters != s.parameters:
		return api.Problemf(api.CodeInvalidRequest, "The step has %d parameters, the model of worker %s has %d.", parameters, w.Spec.Name, s.parameters)
	case head.Step < 0:
		return api.Problemf(api.CodeInvalidRequest, "There is no step %d.", head.Step)
	default:
		return nil
	}
}

// stepProblem turns a learner's error into a problem. The rows were checked when the fit began, so the
// parameters are to blame.
func (w *sgd) stepProblem(step int, err error) error {
	var p *api.Problem
	if errors.As(err, &p) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return api.Problemf(api.CodeDiverged, "Worker %s, step %d: %v.", w.Spec.Name, step+1, err)
}

// compute computes the answer to one step at the parameters p, in the memory of out.
func (s *session) compute(ctx context.Context, head parameterserver.StepFrame, p, out []float64, answer *parameterserver.StepAnswer) (wire.Array, error) {
	if err := s.model.SetParameters(p); err != nil {
		return wire.Array{}, err
	}
	if head.Validate && s.validation.Len() > 0 {
		var err error
		at := learner.Step{Seed: s.Seed, Epoch: head.Epoch, Index: head.Step}
		answer.ValidationLoss, answer.ValidationWeight, err = s.model.Gradient(ctx, at, s.validation, out)
		if err == nil {
			err = node.CheckLoss(answer.ValidationLoss)
		}
		if err != nil {
			return wire.Array{}, err
		}
	}
	if s.Mode == parameterserver.LocalMode {
		return s.local(ctx, head, p, out, answer)
	}
	batch, epoch := s.train, head.Step
	if s.Mode == parameterserver.MinibatchMode {
		perEpoch := s.batches()
		epoch = head.Step / perEpoch
		batch = s.batch(epoch, head.Step%perEpoch)
	}
	var err error
	answer.Rows = batch.Len()
	answer.Loss, answer.Weight, err = s.model.Gradient(ctx, learner.Step{Seed: s.Seed, Epoch: epoch, Index: head.Step}, batch, out)
	if err == nil {
		err = node.CheckLoss(answer.Loss)
	}
	return wire.Vector(parameterserver.ArrayGradient, out), err
}

// local is stochastic gradient descent on the worker's own rows (McMahan et al.,
// "Communication-Efficient Learning of Deep Networks from Decentralized Data", 2017). The answer is
// the parameters before it minus those after it.
//
// A proximal step of l1 follows every step but the last, after which the master takes it on the mean
// (Yuan, Zaheer, Reddi, "Federated Composite Optimization", 2021): so one epoch of one batch is one
// step on all rows together.
func (s *session) local(ctx context.Context, head parameterserver.StepFrame, before, out []float64, answer *parameterserver.StepAnswer) (wire.Array, error) {
	batches := s.batches()
	p := out
	copy(p, before)
	var descent optimise.SGD
	for i := range s.LocalEpochs * batches {
		if i > 0 {
			s.penalty.Prox(p, s.blocks, head.Rate)
			if err := s.model.SetParameters(p); err != nil {
				return wire.Array{}, err
			}
		}
		epoch := head.Step*s.LocalEpochs + i/batches
		batch := s.batch(epoch, i%batches)
		at := learner.Step{Seed: s.Seed, Epoch: epoch, Index: head.Step*s.LocalEpochs*batches + i}
		loss, weight, err := s.model.Gradient(ctx, at, batch, s.gradient)
		if err == nil {
			err = node.CheckLoss(loss)
		}
		if err != nil {
			return wire.Array{}, err
		}
		if i < batches { // the first epoch is the closest to the parameters that were sent
			answer.Loss += loss
			answer.Weight += weight
			answer.Rows += batch.Len()
		}
		if weight > 0 {
			floats.Scale(1/weight, s.gradient)
		}
		s.penalty.AddGradient(p, s.blocks, s.gradient)
		if s.MaxGradientNorm > 0 {
			optimise.Clip(s.MaxGradientNorm, s.gradient)
		}
		descent.Step(p, s.gradient, head.Rate)
	}
	if s.alone {
		s.penalty.Prox(p, s.blocks, head.Rate)
	}
	for i, old := range before {
		p[i] = old - p[i]
	}
	return wire.Vector(parameterserver.ArrayUpdate, p), nil
}

// batches is the number of mini-batches in an epoch of the worker.
func (s *session) batches() int {
	if s.BatchSize == 0 {
		return 1
	}
	return (s.train.Len() + s.BatchSize - 1) / s.BatchSize
}

// batch is the i-th mini-batch of an epoch; the last one may be smaller.
func (s *session) batch(epoch, i int) learner.Dataset {
	if s.BatchSize == 0 {
		return s.train
	}
	order := s.order.Of(epoch)
	return s.train.Select(order[i*s.BatchSize : min((i+1)*s.BatchSize, len(order))])
}
