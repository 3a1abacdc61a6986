package workers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// rawOutput is an answer in either form.
type rawOutput struct {
	ContentType string `header:"Content-Type"`
	Body        any
}

func (w *model) mountPredict() {
	op := huma.Operation{
		Method: http.MethodPost, Path: aggregation.PathPredict, Summary: "Predict with the worker's model", Tags: []string{"model"},
		Description: "JSON as the Python package sends it, or, between nodes of ours, a binary frame (" + wire.ContentTypeFrame + ") both ways.",
		Errors:      []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity},
	}
	rest.DocumentBody(w.API, &op, api.PredictRequest{})
	rest.DocumentAnswer(w.API, &op, aggregation.PredictResponse{})
	rest.Register(w.API, op, func(ctx context.Context, in *rest.RawInput) (*rawOutput, error) {
		out, err := w.predict(ctx, in)
		if err != nil {
			return nil, w.problem(err)
		}
		return out, nil
	})
}

func (w *model) predict(ctx context.Context, in *rest.RawInput) (*rawOutput, error) {
	framed := strings.HasPrefix(in.ContentType, wire.ContentTypeFrame)
	var head api.PredictFrame
	var x *mat.Dense
	var err error
	if framed {
		head, x, err = decodeFrame(in.RawBody)
	} else {
		head.Columns, x, err = rest.DecodeRows(in, w.Limits())
	}
	if err != nil {
		return nil, err
	}
	f, err := w.holding(head.FitID)
	if err != nil {
		return nil, err
	}
	if x, err = rest.Align(f.features, head.Columns, x); err != nil {
		return nil, err
	}
	if f.classes == nil {
		y, err := f.learner.Predict(ctx, x)
		if err != nil {
			return nil, err
		}
		if framed {
			return frame(api.PredictedFrame{FitID: f.fitID}, wire.Vector("y", y))
		}
		for i, v := range y {
			if v-v != 0 {
				return nil, api.Problemf(api.CodeUnusableData, "Row %d: the model predicts %v, which JSON cannot hold; are its values far beyond those of the training rows?", i, v)
			}
		}
		return &rawOutput{ContentType: "application/json", Body: aggregation.PredictResponse{Y: y, FitID: f.fitID}}, nil
	}
	proba, err := probabilities(ctx, f, x)
	if err != nil {
		return nil, err
	}
	if framed {
		return frame(api.PredictedFrame{FitID: f.fitID, Classes: f.classes}, wire.Dense("proba", proba))
	}
	return &rawOutput{ContentType: "application/json", Body: classified(f, proba)}, nil
}

func decodeFrame(body []byte) (head api.PredictFrame, x *mat.Dense, err error) {
	arrays, err := wire.Decode(body, &head)
	if err != nil {
		return head, nil, api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	a, err := wire.Find(arrays, "X")
	if err != nil {
		return head, nil, api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	if x, err = a.Matrix(); err != nil {
		return head, nil, api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	if x.IsEmpty() {
		return head, nil, api.NewProblem(api.CodeInvalidRequest, "The frame has no rows.")
	}
	if _, cols := x.Dims(); cols != len(head.Columns) {
		return head, nil, api.Problemf(api.CodeInvalidRequest, "The frame names %d columns, its X has %d.", len(head.Columns), cols)
	}
	return head, x, nil
}

func frame(head api.PredictedFrame, a wire.Array) (*rawOutput, error) {
	b, err := wire.Encode(nil, head, a)
	if err != nil {
		return nil, fmt.Errorf("encoding the predictions: %w", err)
	}
	return &rawOutput{ContentType: wire.ContentTypeFrame, Body: b}, nil
}

// probabilities asks the learner, or counts its label as certain if it knows
// none: it votes.
func probabilities(ctx context.Context, f *fitted, x *mat.Dense) (*mat.Dense, error) {
	if c, ok := f.learner.(learner.Classifier); ok {
		return c.PredictProba(ctx, x)
	}
	y, err := f.learner.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	proba := mat.NewDense(len(y), len(f.classes), nil)
	for i, k := range y {
		proba.Set(i, int(k), 1)
	}
	return proba, nil
}

// classified is a classifier's answer in JSON. y_pred_rows is the probability
// of the second class, 0 if there is none, as the Python package's master expects.
func classified(f *fitted, proba *mat.Dense) aggregation.PredictResponse {
	rows, classes := proba.Dims()
	r := aggregation.PredictResponse{
		Y: make(api.Floats, rows), Labels: make(api.Labels, rows), Proba: api.NewProbaRows(proba), Classes: f.classes, FitID: f.fitID,
	}
	for i := range rows {
		row := proba.RawRowView(i)
		if classes > 1 {
			r.Y[i] = row[1]
		}
		r.Labels[i] = f.classes[slices.Index(row, slices.Max(row))]
	}
	return r
}
