package cluster

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/models"
)

// modelInput names a stored model.
type modelInput struct {
	ID string `path:"id" doc:"Its ID, the beginning of its ID and of no other, latest or serving." example:"latest"`
}

// serveInput names a stored model that is to be put into service.
type serveInput struct {
	ID   string `path:"id" doc:"Its ID, the beginning of its ID and of no other, latest or serving." example:"latest"`
	Wait bool   `query:"wait" default:"true" doc:"With false, the answer is 202 at once; follow the job at /v1/chimera/fit."`
}

type serveOutput struct {
	Status int
	Body   api.ServeResponse
}

type attachInput struct {
	ID   string `path:"id" doc:"Its ID, the beginning of its ID and of no other, latest or serving." example:"latest"`
	Body api.AttachRequest
}

// storedCodes are the problems of the operations on stored models and recorded fits.
var storedCodes = []api.Code{api.CodeNotFound, api.CodeModelDamaged, api.CodeModelsNotKept}

// mountModels registers the operations on stored models.
func (s *Server) mountModels() {
	operation := func(method, path, summary, description string, codes ...api.Code) huma.Operation {
		op := huma.Operation{Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"models"}}
		return rest.Fails(op, append(codes, storedCodes...)...)
	}
	showing := func(op huma.Operation, status int, example any) huma.Operation {
		op.Responses = answered(status, example)
		return op
	}
	one := api.PathModels + "/{id}"
	rest.Register(s.API, showing(operation(http.MethodGet, api.PathModels, "The stored models", "The newest first."), http.StatusOK, exampleListing()),
		func(ctx context.Context, _ *rest.None) (*rest.Output[models.Listing], error) {
			store, err := s.kept()
			if err != nil {
				return nil, err
			}
			list, err := store.Summaries(ctx)
			if err != nil {
				return nil, storeProblem(err)
			}
			return &rest.Output[models.Listing]{Body: *list}, nil
		})
	rest.Register(s.API, showing(operation(http.MethodGet, one, "A stored model", "Its whole manifest, and the scores that were attached to it."),
		http.StatusOK, exampleDetail()),
		func(ctx context.Context, in *modelInput) (*rest.Output[models.Detail], error) {
			store, id, err := s.find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			d, err := store.Detail(ctx, id)
			if err != nil {
				return nil, storeProblem(err)
			}
			return &rest.Output[models.Detail]{Body: *d}, nil
		})
	remove := operation(http.MethodDelete, one, "Remove a stored model",
		"The record of its fit stays. The model in service cannot be removed, nor that of the running job.", api.CodeModelInUse)
	remove.DefaultStatus = http.StatusNoContent
	rest.Register(s.API, remove, func(ctx context.Context, in *modelInput) (*struct{}, error) { return nil, s.removeModel(ctx, in.ID) })
	serve := showing(operation(http.MethodPost, one+"/serve", "Put a stored model into service",
		"Rolls back, or forward, without a gap in predictions: "+
			"the model that serves answers until the other one is whole on all workers that can have it. "+
			"Nothing is fitted, and there is one such job, or fit, at a time.",
		api.CodeModelUnsuited, api.CodeFitRunning, api.CodeFitCancelled, api.CodeWorkersFailed, api.CodeWorkersTimeout, api.CodeNotStored),
		http.StatusOK, exampleServed())
	serve.Responses["202"] = s.also(http.StatusAccepted, api.ServeResponse{ID: ExampleFit, State: "started"})
	rest.Register(s.API, serve, s.serveModel)
	attach := showing(operation(http.MethodPost, one+"/scores", "Attach a score to a stored model",
		"So that models can be compared by what they scored on the same rows. "+
			"The score must be of this model."), http.StatusCreated, exampleDetail())
	attach.DefaultStatus = http.StatusCreated
	rest.Register(s.API, attach, s.attachScore)
	s.showRequest(attach.Path, api.AttachRequest{Name: exampleScores()[0].Name, Result: *exampleScores()[0].Result})
	s.mountFiles()
}

// kept is the store of models, or a problem if there is none.
func (s *Server) kept() (*models.Store, error) {
	if s.setup.Models != nil {
		return s.setup.Models, nil
	}
	reason := s.setup.Unkept
	if reason == "" {
		reason = "its program has no place for them"
	}
	return nil, api.Problemf(api.CodeModelsNotKept, "This master keeps no models: %s.", reason)
}

// writable is the store of models, or a problem if it can only be read.
func (s *Server) writable() (*models.Store, error) {
	store, err := s.kept()
	if err == nil && s.setup.Unkept != "" {
		err = api.Problemf(api.CodeModelsNotKept, "The stored models can be read, but not changed: %s.", s.setup.Unkept)
	}
	return store, err
}

// find is the ID of the stored model that a word stands for.
func (s *Server) find(ctx context.Context, word string) (store *models.Store, id string, err error) {
	if store, err = s.kept(); err != nil {
		return nil, "", err
	}
	if id, err = store.Find(ctx, word); err != nil {
		return nil, "", storeProblem(err)
	}
	return store, id, nil
}

func (s *Server) removeModel(ctx context.Context, word string) error {
	store, err := s.writable()
	if err != nil {
		return err
	}
	id, err := store.Find(ctx, word)
	if err != nil {
		return storeProblem(err)
	}
	s.jobs.removing.Lock()
	defer s.jobs.removing.Unlock()
	if s.jobs.runs(id) { // first: its end may be that the model serves
		return inUse(id, "The model %s is that of the fit that runs, or on its way into service; wait for that, or cancel it with DELETE %s.", id, api.PathFit)
	}
	serving, err := store.Serving(ctx)
	if err != nil {
		return storeProblem(err)
	}
	if id == serving || id == s.master.Model().FitID {
		return inUse(id, "The model %s is in service; serve another one first (POST %s/{id}/serve), or fit.", id, api.PathModels)
	}
	if err := store.Forget(ctx, id); err != nil {
		return storeProblem(err)
	}
	s.Log.InfoContext(ctx, "a stored model was removed", "model", id)
	return nil
}

// inUse is the problem of a model that cannot be removed.
func inUse(id, format string, args ...any) error {
	p := api.Problemf(api.CodeModelInUse, format, args...)
	p.FitID = id
	return p
}

func (s *Server) attachScore(ctx context.Context, in *attachInput) (*rest.Output[models.Detail], error) {
	store, err := s.writable()
	if err != nil {
		return nil, err
	}
	id, err := store.Find(ctx, in.ID)
	if err != nil {
		return nil, storeProblem(err)
	}
	if of := in.Body.Result.FitID; of != id {
		p := api.Problemf(api.CodeInvalidRequest, "The score is of the model %q, not of %s.", of, id)
		p.Errors = []api.Fault{{Location: "body.result.fit_id", Message: "want " + id, Value: rest.Shorten(of)}}
		return nil, p
	}
	if err := store.Attach(ctx, id, models.Score{Name: in.Body.Name, At: time.Now().UTC(), Result: &in.Body.Result}); err != nil {
		return nil, storeProblem(err)
	}
	d, err := store.Detail(ctx, id)
	if err != nil {
		return nil, storeProblem(err)
	}
	return &rest.Output[models.Detail]{Body: *d}, nil
}

// storeProblem turns an error of the store into a problem.
func storeProblem(err error) error {
	var unknown *models.UnknownError
	var gone *models.NotFoundError
	var damaged *models.DamagedError
	var p *api.Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &unknown), errors.As(err, &gone):
		return api.NewProblem(api.CodeNotFound, Sentence(err))
	case errors.As(err, &damaged):
		return api.NewProblem(api.CodeModelDamaged, Sentence(err))
	case errors.Is(err, context.Canceled):
		return problem(err)
	default:
		return api.NewProblem(api.CodeInternal, "The store of models cannot be used: "+err.Error()+".")
	}
}
