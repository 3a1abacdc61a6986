package workers

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// part is a stage's part of a model: its layers, and what is around them at
// either end.
type part struct {
	fitID     string
	head      pipeline.BeginFrame
	network   learner.Layered
	stage     learner.Stage
	objective learner.Objective
	scaling   *moments.Scaling // of the first stage, if features are standardised

	alone sync.Mutex // held by predictions of a stage that can make one at a time
}

// newPart builds the layers of a stage, with their first parameters.
func (w *stage) newPart(fitID string, head pipeline.BeginFrame, scaling *moments.Scaling) (*part, error) {
	est, err := newLearner(w.spec, w.registry, learner.Env{Seed: learner.Seed(head.Seed, seedOfPipeline), Procs: w.procs, Log: w.log})
	if err != nil {
		return nil, err
	}
	p := &part{fitID: fitID, head: head, scaling: scaling, network: est.(learner.Layered), objective: est.(learner.Objective)} // the role needs both
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

// predict sends rows through this stage and, by way of it, those behind.
func (w *stage) predict(ctx context.Context, body []byte) (*bodyOutput, error) {
	var head pipeline.PredictFrame
	arrays, err := decodeHead(body, &head)
	if err != nil {
		return nil, err
	}
	p, err := w.model(head.FitID)
	if err != nil {
		return nil, err
	}
	x, err := matrix(arrays)
	if err != nil {
		return nil, err
	}
	out, err := p.forward(ctx, x)
	if err != nil {
		return nil, err
	}
	if !p.last() {
		return w.handOn(ctx, p, out)
	}
	predicted, proba, err := p.objective.OutputAnswers(out)
	if err != nil {
		return nil, err
	}
	answer := api.PredictedFrame{FitID: p.fitID, Classes: p.head.Classes}
	if proba != nil {
		return framed(answer, wire.Dense("proba", proba))
	}
	return framed(answer, wire.Vector("y", predicted))
}

// handOn has the stages behind go on, and hands their answer through.
func (w *stage) handOn(ctx context.Context, p *part, out *mat.Dense) (*bodyOutput, error) {
	frame, err := wire.Encode(nil, pipeline.PredictFrame{FitID: p.fitID}, wire.Dense("x", out))
	if err != nil {
		return nil, err
	}
	answer, err := w.client.Do(ctx, transport.Request{
		Method: http.MethodPost, URL: p.head.Next.URL + pipeline.PathPredict, ContentType: wire.ContentTypeFrame, Accept: wire.ContentTypeFrame, Body: frame,
	})
	if err != nil {
		return nil, peerProblem(*p.head.Next, "cannot go on with the prediction", err)
	}
	return &bodyOutput{wire.ContentTypeFrame, len(answer.Body), answer.Body}, nil
}

// model is the part of a fit's model that the stage has.
func (w *stage) model(fitID string) (*part, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.parts[fitID]; p != nil {
		return p, nil
	}
	return nil, api.Problemf(api.CodeOutdated, "Worker %s has no part of the model of fit %q.", w.spec.Name, fitID)
}

// mountModels registers what becomes of what was trained.
func (w *stage) mountModels() {
	type finishInput struct {
		Body pipeline.FinishRequest
	}
	rest.Register(w.API, huma.Operation{
		Method: http.MethodPost, Path: pipeline.PathFinish, Summary: "Make a model of what was trained", Tags: []string{"stage"},
		Description: "It can predict from then on, beside the model that serves.", Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	}, func(_ context.Context, in *finishInput) (*output[pipeline.FinishResponse], error) {
		n, err := w.finish(in.Body)
		if err != nil {
			return nil, w.problem(err)
		}
		return &output[pipeline.FinishResponse]{pipeline.FinishResponse{FitID: in.Body.FitID, Parameters: n}}, nil
	})
	type fitInput struct {
		Body api.CommitRequest
	}
	rest.Register(w.API, huma.Operation{
		Method: http.MethodPost, Path: pipeline.PathCommit, Summary: "Forget all models but one", Tags: []string{"stage"},
		Description: "The model of the fit serves; 409 if the worker has none.", Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	}, func(_ context.Context, in *fitInput) (*output[api.CommitResponse], error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		p := w.parts[in.Body.FitID]
		if p == nil {
			return nil, api.Problemf(api.CodeOutdated, "Worker %s has no part of the model of fit %q.", w.spec.Name, in.Body.FitID)
		}
		w.parts, w.latest = map[string]*part{p.fitID: p}, p.fitID
		return &output[api.CommitResponse]{api.CommitResponse{FitID: p.fitID, Committed: true}}, nil
	})
	rest.Register(w.API, huma.Operation{
		Method: http.MethodPost, Path: pipeline.PathDiscard, Summary: "Forget a fit", Tags: []string{"stage"},
		Description: "Forgetting what the worker does not have is fine; a model that was committed stays.", Errors: []int{http.StatusUnprocessableEntity},
	}, func(_ context.Context, in *fitInput) (*output[api.CommitResponse], error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.session != nil && w.session.FitID == in.Body.FitID {
			w.session.cancel(errReplaced)
			w.session = nil
		}
		if in.Body.FitID != w.latest {
			delete(w.parts, in.Body.FitID)
		}
		return &output[api.CommitResponse]{api.CommitResponse{FitID: in.Body.FitID}}, nil
	})
}

// finish ends the session with a model, and returns how many values it holds.
// Asked again it answers again.
func (w *stage) finish(in pipeline.FinishRequest) (int, error) {
	if n, ok := w.finished(in); ok {
		return n, nil
	}
	s, done, err := w.take(in.FitID, in.Attempt)
	if err != nil {
		return 0, err
	}
	defer done()
	if in.Best {
		if s.best == nil {
			return 0, api.NewProblem(api.CodeInvalidRequest, "No parameters were kept as the best.")
		}
		if err := s.part.stage.SetParameters(s.best); err != nil {
			return 0, fmt.Errorf("going back to the best parameters: %w", err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == s {
		w.session = nil
	}
	w.parts[s.FitID] = s.part
	return len(s.params), nil
}

// finished is how many values the model has that an attempt of a fit was made
// into.
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

// matrix is the array x of a frame.
func matrix(arrays []wire.Array) (*mat.Dense, error) {
	found, err := wire.Find(arrays, "x")
	if err != nil {
		return nil, api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	x, err := found.Matrix()
	if err != nil {
		return nil, api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	return x, nil
}
