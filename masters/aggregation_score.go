package masters

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

func (a *Aggregation) mountScore() {
	op := huma.Operation{
		Method: http.MethodPost, Path: api.PathsOf("aggregation").Score, Summary: "Score predictions against the truth", Tags: []string{"model"},
		Description: "Predicts for the rows and compares with y_true: the ensemble, and each worker's model by itself.",
		Errors:      []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusBadGateway, http.StatusGatewayTimeout},
	}
	rest.DocumentBody(a.server.API, &op, api.ScoreRequest{})
	rest.Register(a.server.API, op, func(ctx context.Context, in *rest.RawInput) (*output[api.ScoreResponse], error) {
		start := time.Now()
		columns, x, err := rest.DecodeRows(in, a.server.Limits())
		if err != nil {
			return nil, err
		}
		truth, err := decodeTruth(in.RawBody, x)
		if err != nil {
			return nil, err
		}
		predicted, err := a.predict(ctx, columns, x)
		if err != nil {
			return nil, problem(err)
		}
		scored, err := predicted.score(truth)
		if err != nil {
			return nil, problem(err)
		}
		a.server.timed(api.PathsOf("aggregation").Score, start, nil)
		return &output[api.ScoreResponse]{*scored}, nil
	})
}

// decodeTruth reads y_true, which must have one label a row of x.
func decodeTruth(body []byte, x *mat.Dense) ([]learner.Label, error) {
	raw, err := wire.Field(body, "y_true")
	if err != nil {
		return nil, rest.BodyProblem(err)
	}
	refuse := func(location, message string) error {
		p := api.NewProblem(api.CodeInvalidRequest, location+": "+message)
		p.Errors = []api.Fault{{Location: "body." + location, Message: message, Value: rest.Shorten(string(raw))}}
		return p
	}
	if raw == nil {
		return nil, refuse("y_true", "this field is missing; it has one label or number a row")
	}
	var values []jsontext.Value
	if err := json.Unmarshal(raw, &values); err != nil || raw[0] != '[' {
		return nil, refuse("y_true", "want a list with one label or number a row")
	}
	rows, _ := x.Dims()
	if len(values) != rows {
		return nil, refuse("y_true", fmt.Sprintf("it has %d entries, X_pred_rows has %d rows", len(values), rows))
	}
	truth := make([]learner.Label, rows)
	for i, v := range values {
		if err := truth[i].UnmarshalJSON(v); err != nil {
			return nil, refuse(fmt.Sprintf("y_true[%d]", i), err.Error())
		}
	}
	return truth, nil
}

// score compares the answer with the truth.
func (o *answer) score(truth []learner.Label) (*api.ScoreResponse, error) {
	r := &api.ScoreResponse{Rows: len(truth), FitID: o.model.FitID, Failures: o.failures}
	if o.combined.proba != nil {
		r.Task = learner.Classification
		return r, o.scoreClasses(r, truth)
	}
	r.Task = learner.Regression
	return r, o.scoreValues(r, truth)
}

func (o *answer) scoreClasses(r *api.ScoreResponse, truth []learner.Label) error {
	classes := learner.MergeLabels(o.model.Classes, truth) // a label that no worker saw counts as wrong
	y := make([]float64, len(truth))
	for i, label := range truth {
		y[i] = float64(slices.Index(classes, label))
	}
	proba := widen(o.combined.proba, o.model.Classes, classes)
	m, err := metrics.NewClassification(y, labelsOf(proba), proba, classes, nil)
	if err != nil {
		return api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	r.Classification = &m
	for i, p := range o.each {
		r.Members = append(r.Members, api.WorkerScore{
			Worker: o.members[i].name, Score: metrics.Accuracy(y, labelsOf(widen(p.proba, o.model.Classes, classes)), nil),
		})
	}
	r.Baseline = m.Baseline
	if o.model.Rows > 0 {
		majority := o.model.Classes[argmax(o.model.Baseline)]
		r.Baseline = metrics.Accuracy(y, constant(len(y), float64(slices.Index(classes, majority))), nil)
	}
	return nil
}

func (o *answer) scoreValues(r *api.ScoreResponse, truth []learner.Label) error {
	y := make([]float64, len(truth))
	for i, label := range truth {
		v, ok := label.Number()
		if !ok {
			p := api.Problemf(api.CodeInvalidRequest, "y_true[%d] is %q; this model is for regression, and its truth is numbers.", i, rest.Shorten(string(label)))
			p.Errors = []api.Fault{{Location: fmt.Sprintf("body.y_true[%d]", i), Message: "want a number", Value: rest.Shorten(string(label))}}
			return p
		}
		y[i] = v
	}
	m, err := metrics.NewRegression(y, o.combined.values, nil)
	if err != nil {
		return api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	r.Regression = &m
	for i, p := range o.each {
		r.Members = append(r.Members, api.WorkerScore{Worker: o.members[i].name, Score: metrics.R2(y, p.values, nil)})
	}
	if o.model.Rows > 0 {
		r.Baseline = metrics.R2(y, constant(len(y), o.model.Baseline[0]), nil)
	}
	return nil
}

// widen brings probabilities from their classes to more, with 0 for the new ones.
func widen(proba *mat.Dense, from, to []learner.Label) *mat.Dense {
	if len(from) == len(to) {
		return proba
	}
	rows, _ := proba.Dims()
	out := mat.NewDense(rows, len(to), nil)
	for k, label := range from {
		j := slices.Index(to, label)
		for i := range rows {
			out.Set(i, j, proba.At(i, k))
		}
	}
	return out
}

// labelsOf is the index of each row's most probable class.
func labelsOf(proba *mat.Dense) []float64 {
	rows, _ := proba.Dims()
	labels := make([]float64, rows)
	for i := range labels {
		labels[i] = float64(argmax(proba.RawRowView(i)))
	}
	return labels
}

func constant(n int, v float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}
