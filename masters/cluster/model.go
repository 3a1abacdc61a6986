package cluster

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
)

// modelCodes are the problems of predict and score of every master.
var modelCodes = []api.Code{api.CodeNotFitted, api.CodeUnusableData, api.CodeStarting}

// Operations says how a kind of master predicts, for HandleModel.
type Operations struct {
	Predict string     // documentation: a sentence on how it predicts, and what y_pred_rows is
	Score   string     // documentation: what is scored
	Codes   []api.Code // problems of its own, beside those of rows that cannot be used
	// Labels makes y_pred_rows of a classifier the label, whatever the number of classes; set it if the
	// master has one model.
	Labels bool
	// Do predicts for rows as they came; Rows.Into brings them into the features of the model that answers.
	Do func(ctx context.Context, rows Rows) (*Prediction, error)
	// Explain asks the learners of the model in service what they have learned; nil if no learner has the whole model, or none can be asked.
	Explain func(ctx context.Context) (*Explanation, error)
}

// predicting calls o.Do within endpoints.predict_timeout, if that is set: all calls to workers are, and a
// master that predicts itself is stopped a moment later.
func (c *Cluster) predicting(ctx context.Context, o Operations, rows Rows) (*Prediction, error) {
	ctx, cancel := c.inTime(ctx)
	defer cancel()
	p, err := o.Do(ctx, rows)
	if err != nil && ctx.Err() != nil && !namesWorkers(err) {
		err = context.Cause(ctx)
	}
	if err == nil && p.Model.RawColumns() != nil {
		p.Notes = append(p.Notes, rest.Ignored(rest.Extra(p.Model.RawColumns(), rows.Columns))...)
	}
	return p, err
}

// inTime is a context that ends endpoints.predict_timeout from now, and a moment.
func (c *Cluster) inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := time.Duration(c.setup.Config.Endpoints.PredictTimeout)
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(withBudget(ctx, limit), limit+afterwards,
		api.Problemf(api.CodeWorkersTimeout, "The prediction took longer than %v (endpoints.predict_timeout).", limit))
}

// namesWorkers reports whether an error says which workers failed.
func namesWorkers(err error) bool {
	var p *api.Problem
	return errors.As(err, &p) && len(p.Workers) > 0
}

// Abandoned reports whether the caller of a prediction has gone. One that has only run out of time is not
// abandoned: its caller is to be told which workers kept it waiting.
func Abandoned(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded)
}

// afterwards is the time to combine what workers answered just in time.
const afterwards = 500 * time.Millisecond

// HandleModel registers the paths at which a kind of master predicts and scores, and explains its model.
func (c *Cluster) HandleModel(o Operations) {
	paths, codes := api.PathsOf(c.master.Kind()), slices.Concat(modelCodes, o.Codes)
	predict := rest.Fails(huma.Operation{
		Method: http.MethodPost, Path: paths.Predict, Summary: "Predict with the trained model", Tags: []string{"model"},
		Description: o.Predict + " Columns are matched by name and may be in any order; those that the model does not have are ignored, with a note.",
	}, codes...)
	handleRows(c, predict, api.PredictRequest{}, examplePrediction(), func(ctx context.Context, body []byte) (a api.PredictResponse, err error) {
		rows, err := c.decode(ctx, body)
		if err != nil {
			return a, err
		}
		p, err := c.predicting(ctx, o, rows)
		if err == nil {
			err = c.decide(body, p)
		}
		if err != nil {
			return a, err
		}
		return p.response(o.Labels), nil
	})
	score := rest.Fails(huma.Operation{
		Method: http.MethodPost, Path: paths.Score, Summary: "Score predictions against the truth", Tags: []string{"model"},
		Description: "Predicts for the rows and compares the predictions with y_true: " + o.Score + ". " +
			"A model for clustering or decomposition is scored by the rows themselves, and without y_true; with it, clusters are compared with those groups too.",
	}, codes...)
	handleRows(c, score, api.ScoreRequest{}, exampleScores()[0].Result, func(ctx context.Context, body []byte) (*api.ScoreResponse, error) {
		rows, err := c.decode(ctx, body)
		if err != nil {
			return nil, err
		}
		truth, err := decodeSomeTruth(body, rows.Len())
		if task := c.master.Model().Task; err == nil && truth == nil && task != "" && task.Supervised() { // so that nobody predicts in vain
			err = errNoTruth()
		}
		if err != nil {
			return nil, err
		}
		ctx, cancel := c.inTime(ctx)
		defer cancel()
		p, err := c.predicting(ctx, o, rows)
		if err == nil {
			err = c.decide(body, p)
		}
		if err != nil {
			return nil, err
		}
		r, err := p.score(ctx, truth)
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return r, err
	})
	c.handleExplanations(o)
	c.documentModel(paths)
}

// handleRows registers an operation on rows that a caller sends in the form of a type. example is an answer, which the document shows while
// there is no model to ask.
func handleRows[A any](c *Cluster, op huma.Operation, form any, example A, answer func(ctx context.Context, body []byte) (A, error)) {
	rest.DocumentBody(c.API, &op, form)
	rest.Register(c.API, op, func(ctx context.Context, in *rest.RawInput) (*rest.Output[A], error) {
		start := time.Now()
		a, err := answer(ctx, in.Raw)
		if err != nil {
			return nil, problem(err)
		}
		c.Timed(ctx, op.Path, start)
		return &rest.Output[A]{Body: a}, nil
	})
	c.show(op.Method, op.Path, http.StatusOK, example, func(ctx context.Context, body []byte) (any, error) { return answer(ctx, body) })
}

// decode reads the rows of a request.
func (c *Cluster) decode(ctx context.Context, body []byte) (Rows, error) {
	rows, err := rest.DecodeRows(ctx, body, c.Limits(), c.missing, c.answerMemory())
	return Rows{rows}, err
}

// answerMemory is how many bytes a row and its answer may take, beside its cells: its features once they are prepared, each member's
// prediction, the combined one, and both as text.
func (c *Cluster) answerMemory() int64 {
	const number, text = 8, 24
	model := c.master.Model()
	width, prepared := max(len(model.Classes), 1), 0
	if model.Task == learner.Decomposition {
		width = max(len(model.Features), 1) // there are no more components
	}
	if model.Preparation != nil {
		prepared = len(model.Features)
	}
	return int64(number*prepared + width*(number*(len(c.Members)+1)+text) + 3*text)
}

// NotFitted is the problem of a prediction before the first fit.
func (c *Cluster) NotFitted(learner string) error {
	e := api.NewProblem(api.CodeNotFitted, "There is no fitted model yet: POST "+api.PathsOf(c.master.Kind()).Fit+" first.")
	e.Message = "This " + learner + " instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator."
	return e
}
