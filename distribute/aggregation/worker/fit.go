package worker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/workers/node"
)

func (w *model) mountFit() {
	node.Handle(w.Node, aggregation.Fit, node.Plain(w.fit), node.OptionalBody(), node.Describe(
		"Without a fit_id, as from the Python package's master, the model is used at once; with one it is staged until it is committed. "+
			"A worker that serves the model of a fit with an ID, or has staged one, belongs to the master of that fit, and refuses a fit without one (409). "+
			"A fit that fails, or whose caller disconnects, changes nothing."))
	node.Handle(w.Node, aggregation.Commit, node.Plain(w.commit))
	node.Handle(w.Node, aggregation.Discard, node.Plain(w.discard), node.Describe(
		"Drops the staged model of a fit; if it is already in service, the previous model replaces it. Dropping an unknown fit is not an error."))
}

// fit fits a new learner. One fit runs at a time.
func (w *model) fit(ctx context.Context, request aggregation.FitRequest) (aggregation.FitResponse, error) {
	features, err := w.features(request)
	if err != nil {
		return aggregation.FitResponse{}, err
	}
	if owner := w.managedBy(); owner != "" && request.FitID == "" {
		return aggregation.FitResponse{}, api.Problemf(api.CodeManaged, "Worker %s has the model of fit %q of a master, which a fit without a fit_id would replace. "+
			"Fit through that master, or start the worker anew to use it without.", w.Spec.Name, owner)
	}
	if !w.fitting.TryLock() {
		return aggregation.FitResponse{}, api.Problemf(api.CodeFitRunning, "Worker %s is fitting; wait until it has finished.", w.Spec.Name)
	}
	defer w.fitting.Unlock()
	w.mu.Lock()
	w.previous, w.staged = nil, nil // a commit cannot be undone after the next fit has begun
	w.mu.Unlock()

	defer w.Forget()
	train, err := w.Rows(ctx, features, request.Classes, request.Prepared)
	if err != nil {
		return aggregation.FitResponse{}, err
	}
	start := time.Now()
	est, err := w.Learner()
	if err != nil {
		return aggregation.FitResponse{}, err
	}
	if w.Spec.Bootstrap {
		train.Weights = bootstrap(train.Len(), learner.Seed(w.Spec.Seed, "bootstrap"))
	}
	if err := est.Fit(ctx, train); err != nil {
		return aggregation.FitResponse{}, err
	}
	if err := ctx.Err(); err != nil { // a learner that cannot be cancelled has finished
		return aggregation.FitResponse{}, err
	}
	seconds := time.Since(start).Seconds()
	response := aggregation.FitResponse{Fit: "ok", FitID: request.FitID, Worker: w.Spec.Name, Rows: train.Len(), Seconds: seconds}
	if c, ok := est.(learner.Convergent); ok {
		response.Convergence = c.Convergence()
	}
	if w.Spec.Bootstrap {
		if response.OutOfBag, err = outOfBag(ctx, est, train); err != nil {
			return aggregation.FitResponse{}, err
		}
	}
	f := &fitted{
		fitID: request.FitID, learner: est, classes: train.Classes, features: features, columns: features, seconds: seconds,
		rows: train.Len(), outOfBag: response.OutOfBag, convergence: response.Convergence.Clone(),
	}
	if err := w.trace(f, request); err != nil {
		return aggregation.FitResponse{}, err
	}
	if request.Prepared != nil {
		f.preparation, f.columns = request.Prepared.Preparation.ForServing(), request.Prepared.Question.Columns
	}
	w.stage(f)
	w.Log.InfoContext(ctx, "fitted", "run", request.FitID, "rows", train.Len(), "seconds", seconds)
	return response, nil
}

// trace notes what a model that may be stored was fitted to.
func (w *model) trace(f *fitted, request aggregation.FitRequest) error {
	if request.FitID == "" {
		return nil
	}
	schema, err := w.Schema()
	if err == nil {
		f.rowsSum = schema.RowsSum
		f.agreed, err = request.Sum()
	}
	return err
}

// features are what the learner sees of the rows: what the preparation makes, or the columns of the file.
func (w *model) features(request aggregation.FitRequest) ([]string, error) {
	if p := request.Prepared; p != nil {
		if err := p.Check(); err != nil {
			return nil, api.NewProblem(api.CodeInvalidRequest, rest.Sentence(err))
		}
		return p.Preparation.Features(), nil
	}
	return w.Columns()
}

// managedBy is the fit of a master of this module whose model the worker serves or has staged; empty if there is none. Such a master gives
// each fit an ID, that of the Python package gives none.
func (w *model) managedBy() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range append([]*fitted{w.serving}, w.staged...) {
		if f != nil && f.fitID != "" {
			return f.fitID
		}
	}
	return ""
}

// stage keeps a model until it is committed; one without a fit ID is put into service at once.
func (w *model) stage(f *fitted) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.fitID == "" {
		w.previous, w.serving = nil, f
		return
	}
	w.unstage(f.fitID)
	w.staged = append(w.staged, f)
	if len(w.staged) > mostStaged {
		w.staged = slices.Delete(w.staged, 0, 1)
	}
}

// unstage removes the staged model of a fit and returns it; nil if there is none. w.mu must be held.
func (w *model) unstage(fitID string) *fitted {
	i := slices.IndexFunc(w.staged, func(f *fitted) bool { return f.fitID == fitID })
	if i < 0 {
		return nil
	}
	f := w.staged[i]
	w.staged = slices.Delete(w.staged, i, i+1)
	return f
}

// commit puts a staged model into service. Committing the model in service again is not an error.
func (w *model) commit(_ context.Context, in api.CommitRequest) (api.CommitResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.unstage(in.FitID)
	switch serves := w.serving != nil && w.serving.fitID == in.FitID; {
	case serves && f != nil: // the model in service was taken back again: the one before it stays
		w.serving = f
	case f != nil:
		w.previous, w.serving = w.serving, f
	case !serves:
		return api.CommitResponse{}, api.Problemf(api.CodeOutdated, "Worker %s holds no staged model of fit %q; fit it again.", w.Spec.Name, in.FitID)
	}
	return api.CommitResponse{FitID: in.FitID, Committed: true}, nil
}

// discard drops a fit's model, whether staged or in service.
func (w *model) discard(_ context.Context, in api.CommitRequest) (api.CommitResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unstage(in.FitID)
	if w.serving != nil && w.serving.fitID == in.FitID {
		w.serving, w.previous = w.previous, nil
	}
	return api.CommitResponse{FitID: in.FitID}, nil
}

// holding is the model of a fit: the one in service, or the one before it. Without a fit ID it is the
// one in service.
func (w *model) holding(fitID string) (*fitted, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.serving == nil {
		p := api.Problemf(api.CodeNotFitted, "Worker %s is not fitted yet: POST %s first.", w.Spec.Name, aggregation.PathFit)
		p.Message = fmt.Sprintf("This %s instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator.", w.Spec.Learner)
		return nil, p
	}
	for _, f := range []*fitted{w.serving, w.previous} {
		if f != nil && (fitID == "" || f.fitID == fitID) {
			return f, nil
		}
	}
	return nil, api.Problemf(api.CodeOutdated, "Worker %s holds the model of fit %q, not that of %q.", w.Spec.Name, w.serving.fitID, fitID)
}
