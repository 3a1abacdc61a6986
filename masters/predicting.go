package masters

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

// predictErrors are the statuses of predict and score of a master that has one
// model, and of what it tells of that.
var predictErrors = []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity}

// oneModel is how a master predicts that has one model.
type oneModel struct {
	paths   api.Paths
	how     string // a sentence for the documentation
	errors  []int  // statuses beyond predictErrors
	predict func(ctx context.Context, columns []string, x *mat.Dense) (*answer, error)
}

// mountModel registers predict and score of a master that has one model.
func (s *Server) mountModel(m oneModel) {
	statuses := slices.Concat(predictErrors, m.errors)
	predict := huma.Operation{
		Method: http.MethodPost, Path: m.paths.Predict, Summary: "Predict with the trained model", Tags: []string{"model"},
		Description: m.how + " y_pred_rows is the value, or for a classifier the label. Columns go by name, in any order.", Errors: statuses,
	}
	rest.DocumentBody(s.API, &predict, api.PredictRequest{})
	rest.Register(s.API, predict, func(ctx context.Context, in *rest.RawInput) (*output[api.PredictResponse], error) {
		start := time.Now()
		columns, x, err := rest.DecodeRows(in, s.Limits())
		if err != nil {
			return nil, err
		}
		out, err := m.predict(ctx, columns, x)
		if err != nil {
			return nil, problem(err)
		}
		s.timed(m.paths.Predict, start, nil)
		return &output[api.PredictResponse]{out.labelled()}, nil
	})
	score := huma.Operation{
		Method: http.MethodPost, Path: m.paths.Score, Summary: "Score predictions against the truth", Tags: []string{"model"},
		Description: "Predicts for the rows and compares with y_true.", Errors: statuses,
	}
	rest.DocumentBody(s.API, &score, api.ScoreRequest{})
	rest.Register(s.API, score, func(ctx context.Context, in *rest.RawInput) (*output[api.ScoreResponse], error) {
		start := time.Now()
		columns, x, err := rest.DecodeRows(in, s.Limits())
		if err != nil {
			return nil, err
		}
		truth, err := decodeTruth(in.RawBody, x)
		if err != nil {
			return nil, err
		}
		out, err := m.predict(ctx, columns, x)
		if err != nil {
			return nil, problem(err)
		}
		scored, err := out.score(truth)
		if err != nil {
			return nil, problem(err)
		}
		s.timed(m.paths.Score, start, nil)
		return &output[api.ScoreResponse]{*scored}, nil
	})
}

// labelled is the answer of a master that has one model: what a classifier
// answers is the label, whatever the number of classes.
func (o *answer) labelled() api.PredictResponse {
	r := o.response()
	if r.Labels != nil {
		r.Y = api.LabelRows(r.Labels)
	}
	return r
}

// notFitted is the problem of a prediction before the first fit.
func notFitted(learner, path string) error {
	e := api.NewProblem(api.CodeNotFitted, "There is no fitted model yet: POST "+path+" first.")
	e.Message = "This " + learner + " instance is not fitted yet. Call 'fit' with appropriate arguments before using this estimator."
	return e
}
