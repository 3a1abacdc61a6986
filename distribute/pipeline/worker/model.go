package worker

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// part is a stage's part of a model: its layers, and what the first and the last stage have in
// addition.
type part struct {
	fitID     string
	head      pipeline.BeginFrame
	network   learner.Layered
	stage     learner.Stage
	objective learner.Objective
	scaling   *moments.Scaling // of the first stage, if features are standardised
	staged    int              // the number of its finish on this stage, until it is committed; 0 then. The stage's mutex guards it

	alone sync.Mutex // held during a prediction of a stage that can make only one at a time
}

// newPart builds the layers of a stage, with their initial parameters.
func (w *stage) newPart(fitID string, head pipeline.BeginFrame, scaling *moments.Scaling) (*part, error) {
	est, err := w.SeededLearner(learner.Seed(head.Seed, seedOfPipeline))
	if err != nil {
		return nil, err
	}
	p := &part{
		fitID: fitID, head: head, scaling: scaling,
		network: est.(learner.Layered), objective: est.(learner.Objective), // the role needs both
	}
	p.stage, err = p.network.Build(learner.Schema{Features: head.Features, Classes: head.Classes}, head.From, head.To)
	if err != nil {
		return nil, api.NewProblem(api.CodeUnusableData, err.Error())
	}
	return p, nil
}

func (p *part) last() bool { return p.head.Next == nil }

// forward is the stage's output for rows to be predicted.
func (p *part) forward(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if p.scaling != nil {
		var err error
		if x, err = p.scaling.Standardize(x); err != nil {
			return nil, err
		}
	}
	if _, ok := p.stage.(learner.StagePredictor); !ok {
		p.alone.Lock()
		defer p.alone.Unlock()
	}
	return pipeline.Predict(ctx, p.stage, x)
}

// model is the stage's part of a fit's model.
func (w *stage) model(fitID string) (*part, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.parts[fitID]; p != nil {
		return p, nil
	}
	return nil, api.Problemf(api.CodeOutdated, "Worker %s has no part of the model of fit %q.", w.Spec.Name, fitID)
}

// commit puts the model of a fit into service, and forgets all others, except one that was finished
// later: the commit may be a late one, of the fit before.
func (w *stage) commit(_ context.Context, in api.CommitRequest) (api.CommitResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.parts[in.FitID]
	if p == nil {
		return api.CommitResponse{}, api.Problemf(api.CodeOutdated, "Worker %s has no part of the model of fit %q.", w.Spec.Name, in.FitID)
	}
	maps.DeleteFunc(w.parts, func(_ string, other *part) bool { return other != p && other.staged <= p.staged })
	p.staged, w.latest = 0, p.fitID
	return api.CommitResponse{FitID: p.fitID, Committed: true}, nil
}

// discard forgets a fit, but not the committed model.
func (w *stage) discard(_ context.Context, in api.CommitRequest) (api.CommitResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session != nil && w.session.FitID == in.FitID {
		w.session.cancel(errReplaced)
		w.session = nil
	}
	if in.FitID != w.latest {
		delete(w.parts, in.FitID)
	}
	w.over = append(w.over[max(0, len(w.over)-rememberOver+1):], in.FitID)
	return api.CommitResponse{FitID: in.FitID}, nil
}

// finish ends the session with a model, and returns how many parameters it holds. It can be repeated,
// with the same answer.
func (w *stage) finish(_ context.Context, in pipeline.FinishRequest) (a pipeline.FinishResponse, err error) {
	if n, ok := w.finished(in); ok {
		return pipeline.FinishResponse{FitID: in.FitID, Parameters: n}, nil
	}
	s, done, err := w.take(in.FitID, in.Attempt)
	if err != nil {
		return a, err
	}
	defer done()
	if in.Best {
		if s.best == nil {
			return a, api.NewProblem(api.CodeInvalidRequest, "No parameters were kept as the best.")
		}
		if err := s.part.stage.SetParameters(s.best); err != nil {
			return a, fmt.Errorf("restoring the best parameters: %w", err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == s {
		w.session = nil
	}
	w.finishes++
	s.part.staged = w.finishes
	w.parts[s.FitID] = s.part
	return pipeline.FinishResponse{FitID: in.FitID, Parameters: len(s.params)}, nil
}

// finished returns how many parameters the model holds that was made of an attempt of a fit.
func (w *stage) finished(in pipeline.FinishRequest) (int, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.parts[in.FitID]
	if p == nil || p.head.Attempt != in.Attempt || w.session != nil && w.session.FitID == in.FitID {
		return 0, false
	}
	n := 0
	for _, b := range p.stage.Blocks() {
		n += b.Len()
	}
	return n, true
}
