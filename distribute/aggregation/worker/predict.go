package worker

import (
	"context"
	"errors"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/prepare/table"
	"github.com/gochimera/chimera/workers/node"
)

func (w *model) mountPredict() {
	node.Handle(w.Node, aggregation.Predict, w.predictFrame,
		node.InJSON(aggregation.PythonPredict, w.predictJSON), node.Describe("Also accepts JSON, as sent by the Python package."))
}

// prediction is what a model predicts for some rows.
type prediction struct {
	model *fitted
	notes []string
	y     []float64  // of a regressor
	proba *mat.Dense // of a classifier: rows x classes
}

// predict predicts with the model of a fit, or with the one in service if no fit is named. Raw rows are prepared as those of the fit were;
// others are the model's features.
func (w *model) predict(ctx context.Context, fitID string, rows table.Rows, raw bool) (p prediction, err error) {
	if p.model, err = w.holding(fitID); err != nil {
		return p, err
	}
	x, err := p.model.into(ctx, rows, raw)
	if err != nil {
		return p, err
	}
	if raw {
		p.notes = rest.Ignored(rest.Extra(p.model.columns, rows.Columns))
	}
	if p.model.classes == nil {
		p.y, err = p.model.learner.Predict(ctx, x)
	} else {
		p.proba, err = learner.Probabilities(ctx, p.model.learner, x, len(p.model.classes))
	}
	return p, err
}

// places are those of the cells that the learner refuses, in the rows as they were sent.
func (p prediction) places(err error, rows table.Rows, raw bool) []api.Fault {
	var data *learner.DataError
	switch {
	case !errors.As(err, &data):
		return nil
	case !raw: // they are the features, as the learner has them
		return rest.Faults(data)
	}
	named := *data
	if named.Name == "" && named.Column >= 0 && named.Column < len(p.model.features) {
		named.Name = p.model.features[named.Column]
	}
	if named.Column = slices.Index(rows.Columns, named.Name); named.Name == "" {
		named.Column = -1
	}
	return rest.Faults(&named)
}

// into brings rows into the model's features.
func (f *fitted) into(ctx context.Context, rows table.Rows, raw bool) (*mat.Dense, error) {
	if !raw || f.preparation == nil {
		return rest.Numbers(f.features, rows)
	}
	return rest.Prepare(ctx, f.preparation, rows)
}

// predictFrame answers a master of this module.
func (w *model) predictFrame(ctx context.Context, head api.PredictFrame, arrays []node.Array) (api.PredictedFrame, []node.Array, error) {
	rows, err := wire.RowsFrom(head.Columns, head.Texts, arrays)
	if err != nil {
		code := api.CodeInvalidRequest
		if errors.Is(err, wire.ErrFrame) {
			code = api.CodeMalformedBody
		}
		return api.PredictedFrame{}, nil, api.NewProblem(code, rest.Sentence(err))
	}
	p, err := w.predict(ctx, head.FitID, rows, head.Raw)
	if err != nil {
		if places := p.places(err, rows, head.Raw); places != nil {
			problem := w.Problem(ctx, err)
			problem.Errors = places
			err = problem
		}
		return api.PredictedFrame{}, nil, err
	}
	answer := api.PredictedFrame{FitID: p.model.fitID, Classes: p.model.classes, Notes: p.notes}
	if p.model.classes == nil {
		return answer, []node.Array{wire.Vector("y", p.y)}, nil
	}
	return answer, []node.Array{wire.Dense("proba", p.proba)}, nil
}

// answerMemory is how many bytes a row of an answer in JSON may take: a number or a label, and the probabilities of a few classes.
const answerMemory = 128

// predictJSON answers the Python package's master, and users who call a worker directly.
func (w *model) predictJSON(ctx context.Context, body []byte) (aggregation.PredictResponse, error) {
	rows, err := rest.DecodeRows(ctx, body, w.Limits(), w.Missing(), answerMemory)
	if err != nil {
		return aggregation.PredictResponse{}, err
	}
	p, err := w.predict(ctx, "", rows, true)
	if err != nil {
		return aggregation.PredictResponse{}, err
	}
	if p.model.classes != nil {
		return classified(p), nil
	}
	if i := numeric.FirstNotFinite(p.y); i >= 0 {
		return aggregation.PredictResponse{}, api.Problemf(api.CodeUnusableData,
			"Row %d: the model predicts %v, which JSON cannot hold; are its values far beyond those of the training rows?", i, p.y[i])
	}
	return aggregation.PredictResponse{Y: p.y, FitID: p.model.fitID, Notes: p.notes}, nil
}

// classified is a classifier's answer in JSON. y_pred_rows is the probability of the second class, or
// 0 if there is none, as the Python package's master expects.
func classified(p prediction) aggregation.PredictResponse {
	f, proba := p.model, p.proba
	rows, classes := proba.Dims()
	r := aggregation.PredictResponse{
		Y: make(api.Floats, rows), Labels: make(api.Labels, rows), Proba: api.NewProbaRows(proba), Classes: f.classes, FitID: f.fitID, Notes: p.notes,
	}
	for i := range rows {
		row := proba.RawRowView(i)
		if classes > 1 {
			r.Y[i] = row[1]
		}
		r.Labels[i] = f.classes[numeric.ArgMax(row)]
	}
	return r
}
