package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
	"github.com/gochimera/chimera/workers/node"
)

// take reserves the session of a fit for one command, until done is called.
func (w *stage) take(fitID string, attempt int) (s *session, done func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s = w.session
	if s == nil || s.FitID != fitID || s.Attempt != attempt {
		return nil, nil, api.Problemf(api.CodeOutdated,
			"Worker %s does not take part in attempt %d of fit %q: begin it with %s.", w.Spec.Name, attempt, fitID, pipeline.PathBegin)
	}
	if !s.working.CompareAndSwap(false, true) {
		return nil, nil, api.Problemf(api.CodeOutdated, "Worker %s is still executing an earlier command.", w.Spec.Name)
	}
	if s.broken {
		s.working.Store(false)
		return nil, nil, api.Problemf(api.CodeOutdated, "A step of worker %s failed; begin fit %q again.", w.Spec.Name, fitID)
	}
	return s, func() { s.working.Store(false) }, nil
}

// step processes a mini-batch with the neighbours.
func (w *stage) step(ctx context.Context, head pipeline.StepFrame) (answer pipeline.StepAnswer, err error) {
	s, done, err := w.take(head.FitID, head.Attempt)
	if err != nil {
		return answer, err
	}
	defer done()
	rows := s.rows(max(head.Epoch, 0), max(head.Batch, 0))
	switch {
	case s.waits:
		return answer, api.Problemf(api.CodeInvalidRequest, "Step %d is still held back.", s.step)
	case head.Step != s.step:
		return answer, api.Problemf(api.CodeOutdated, "Step %d was requested, but the next is step %d.", head.Step+1, s.step+1)
	case len(rows) == 0:
		return answer, api.Problemf(api.CodeInvalidRequest, "Epoch %d has no mini-batch %d.", head.Epoch+1, head.Batch+1)
	}
	s.broken = true // until the step is complete
	// a fit that recovers would meet the same fault again and again
	if head.Attempt == 0 {
		if err := w.Faults.Misbehave(ctx, head.Step); err != nil {
			return answer, err
		}
	}
	if head.Keep {
		s.best = append(emptied(s.best), s.params...)
	}
	links := w.link(ctx, s, head.Step, false)
	clear(s.grad)
	r, err := s.engine.Step(links.ctx, pipeline.Schedule(s.Schedule), s.at(head.Epoch, head.Step), pipeline.NewBatch(s.train, rows, s.MicroBatches), links, s.grad)
	if err = links.close(err); err == nil {
		err = node.CheckLoss(r.Loss)
	}
	if err != nil {
		return answer, w.stepFailed(head.Step, err)
	}
	start := time.Now()
	answer = pipeline.StepAnswer{
		Loss: r.Loss, Weight: r.Weight, Rows: len(rows), Waiting: r.Waiting.Seconds(), Held: r.Held,
		Sent: links.sent.Load(), Received: s.received.Swap(0),
	}
	s.weight = weightOf(s.train, rows)
	if head.Hold {
		answer.Penalties, answer.Norms = s.vector.Mean(s.params, s.grad, s.weight, w.Procs)
		s.waits = true
	} else {
		answer.Penalties = s.vector.Step(s.params, s.grad, s.weight, head.Rate, w.Procs)
		if err := s.part.stage.SetParameters(s.params); err != nil {
			return answer, w.stepFailed(head.Step, api.NewProblem(api.CodeDiverged, err.Error()))
		}
	}
	s.step++
	s.broken = false
	answer.Computing = (r.Computing + time.Since(start)).Seconds()
	return answer, nil
}

// emptied returns memory to keep parameters in. It is never nil, which would mean that none are kept:
// the layers of a stage may have no parameters.
func emptied(memory []float64) []float64 {
	if memory == nil {
		return []float64{}
	}
	return memory[:0]
}

func weightOf(d learner.Dataset, rows []int) (weight float64) {
	for _, r := range rows {
		weight += d.Weight(r)
	}
	return weight
}

// move completes the step that was held back.
func (w *stage) move(_ context.Context, head pipeline.MoveFrame) (a api.CommitResponse, err error) {
	s, done, err := w.take(head.FitID, head.Attempt)
	if err != nil {
		return a, err
	}
	defer done()
	if !s.waits || head.Step != s.step-1 {
		return a, api.Problemf(api.CodeInvalidRequest, "Step %d is not held back.", head.Step+1)
	}
	s.broken = true
	s.vector.Move(s.params, s.grad, head.Factor, head.Rate, w.Procs)
	if err := s.part.stage.SetParameters(s.params); err != nil {
		return a, w.stepFailed(head.Step, api.NewProblem(api.CodeDiverged, err.Error()))
	}
	s.waits, s.broken = false, false
	return api.CommitResponse{FitID: head.FitID}, nil
}

// evaluate scores the held-out rows; the last stage has the score.
func (w *stage) evaluate(ctx context.Context, head pipeline.EvaluateFrame) (answer pipeline.EvaluateAnswer, err error) {
	s, done, err := w.take(head.FitID, head.Attempt)
	if err != nil {
		return answer, err
	}
	defer done()
	n := s.held.Len()
	if n == 0 {
		return answer, api.NewProblem(api.CodeInvalidRequest, "No rows are held out.")
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	links := w.link(ctx, s, head.Step, true)
	batch := pipeline.NewBatch(s.held, all, (n-1)/s.BatchSize+1)
	predicted, err := s.engine.Evaluate(links.ctx, s.at(0, head.Step), batch, links)
	if err = links.close(err); err != nil {
		s.broken = true
		return answer, w.stepFailed(head.Step, err)
	}
	if s.Next == nil {
		answer.Score = metrics.HeldOutR2(s.held.Y, predicted, s.held.Weights, s.train.Y, s.train.Weights)
		if s.held.Classes != nil {
			answer.Score = metrics.Accuracy(s.held.Y, predicted, s.held.Weights)
		}
		if err := node.CheckLoss(answer.Score); err != nil {
			return answer, w.stepFailed(head.Step, api.NewProblem(api.CodeDiverged, err.Error()))
		}
	}
	return answer, nil
}

// stepFailed turns the error of a step into a problem. The rows were checked when the fit began, so an
// error of the layers means that the training diverged.
func (w *stage) stepFailed(step int, err error) error {
	var p *api.Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	default:
		return api.NewProblem(api.CodeDiverged, fmt.Sprintf("Worker %s, step %d: %v.", w.Spec.Name, step+1, err))
	}
}
