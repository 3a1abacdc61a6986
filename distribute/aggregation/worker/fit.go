package workers

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
)

func (w *model) mountFit() {
	type fitInput struct {
		Body *aggregation.FitRequest
	}
	rest.Register(w.API, huma.Operation{
		Method: http.MethodPost, Path: aggregation.PathFit, Summary: "Fit the learner on the worker's rows", Tags: []string{"model"},
		Description: "Without a fit_id the model serves at once; with one it is staged until it is committed. A fit that fails, or whose caller goes away, changes nothing.",
		Errors:      []int{http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}, func(ctx context.Context, in *fitInput) (*output[aggregation.FitResponse], error) {
		request := aggregation.FitRequest{}
		if in.Body != nil {
			request = *in.Body
		}
		r, err := w.fit(ctx, request)
		if err != nil {
			return nil, w.problem(err)
		}
		return &output[aggregation.FitResponse]{*r}, nil
	})
	type commitInput struct {
		Body api.CommitRequest
	}
	rest.Register(w.API, huma.Operation{
		Method: http.MethodPost, Path: aggregation.PathCommit, Summary: "Serve a staged model", Tags: []string{"model"},
		Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	}, func(_ context.Context, in *commitInput) (*output[api.CommitResponse], error) {
		if err := w.commit(in.Body.FitID); err != nil {
			return nil, err
		}
		return &output[api.CommitResponse]{api.CommitResponse{FitID: in.Body.FitID, Committed: true}}, nil
	})
	rest.Register(w.API, huma.Operation{
		Method: http.MethodPost, Path: aggregation.PathDiscard, Summary: "Drop a fit", Tags: []string{"model"},
		Description: "Drops the staged model of a fit; if it serves already, the model before it serves again. Dropping what is not there is fine.",
		Errors:      []int{http.StatusUnprocessableEntity},
	}, func(_ context.Context, in *commitInput) (*output[api.CommitResponse], error) {
		w.discard(in.Body.FitID)
		return &output[api.CommitResponse]{api.CommitResponse{FitID: in.Body.FitID}}, nil
	})
}

// fit fits a new learner. One fit runs at a time.
func (w *model) fit(ctx context.Context, request aggregation.FitRequest) (*aggregation.FitResponse, error) {
	rows, err := w.loaded()
	if err != nil {
		return nil, err
	}
	if !w.fitting.TryLock() {
		return nil, api.Problemf(api.CodeFitRunning, "Worker %s is fitting; wait until it has finished.", w.spec.Name)
	}
	defer w.fitting.Unlock()
	w.mu.Lock()
	w.previous, w.staged = nil, nil // no commit can be taken back once the next fit begins
	w.mu.Unlock()

	train, err := rows.Dataset(request.Classes)
	if err != nil {
		return nil, api.NewProblem(api.CodeUnusableData, err.Error())
	}
	start := time.Now()
	est, err := w.newLearner()
	if err != nil {
		return nil, err
	}
	if w.spec.Bootstrap {
		train.Weights = bootstrap(train.Len(), learner.Seed(w.spec.Seed, "bootstrap"))
	}
	if err := est.Fit(ctx, train); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // a learner that cannot be cancelled has come to its end
		return nil, err
	}
	seconds := time.Since(start).Seconds()
	response := &aggregation.FitResponse{Fit: "ok", FitID: request.FitID, Worker: w.spec.Name, Rows: train.Len(), Seconds: seconds}
	if w.spec.Bootstrap {
		if response.OutOfBag, err = outOfBag(ctx, est, train); err != nil {
			return nil, err
		}
	}
	w.stage(&fitted{fitID: request.FitID, learner: est, classes: train.Classes, features: rows.Features, seconds: seconds})
	w.log.Info("fitted", "fit_id", request.FitID, "rows", train.Len(), "seconds", seconds)
	return response, nil
}

// stage keeps a model until it is committed; one without a fit id serves at once.
func (w *model) stage(f *fitted) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.fitID == "" {
		w.previous, w.serving = nil, f
		return
	}
	w.staged = f
}

// commit has a staged model serve. Committing what serves already is fine.
func (w *model) commit(fitID string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.staged != nil && w.staged.fitID == fitID {
		w.previous, w.serving, w.staged = w.serving, w.staged, nil
		return nil
	}
	if w.serving != nil && w.serving.fitID == fitID {
		return nil
	}
	return api.Problemf(api.CodeOutdated, "Worker %s holds no staged model of fit %q; fit it again.", w.spec.Name, fitID)
}

// discard drops a fit, staged or serving.
func (w *model) discard(fitID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.staged != nil && w.staged.fitID == fitID {
		w.staged = nil
	}
	if w.serving != nil && w.serving.fitID == fitID {
		w.serving, w.previous = w.previous, nil
	}
}

// holding is the model of a fit: the one that serves, or the one before it.
// Without a fit id it is what serves.
func (w *model) holding(fitID string) (*fitted, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.serving == nil {
		p := api.Problemf(api.CodeNotFitted, "Worker %s is not fitted yet: POST %s first.", w.spec.Name, aggregation.PathFit)
		p.Message = fmt.Sprintf("This %s instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator.", w.spec.Learner)
		return nil, p
	}
	for _, f := range []*fitted{w.serving, w.previous} {
		if f != nil && (fitID == "" || f.fitID == fitID) {
			return f, nil
		}
	}
	return nil, api.Problemf(api.CodeOutdated, "Worker %s holds the model of fit %q, not of %q.", w.spec.Name, w.serving.fitID, fitID)
}
