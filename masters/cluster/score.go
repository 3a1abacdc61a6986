package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/metrics"
)

// decodeTruth reads y_true, which must have one label per row; it is an error if there is none.
func decodeTruth(body []byte, rows int) ([]learner.Label, error) {
	truth, err := decodeSomeTruth(body, rows)
	if err == nil && truth == nil {
		return nil, errNoTruth()
	}
	return truth, err
}

func errNoTruth() error {
	return refuseTruth("y_true", "this field is missing; it needs one label or number per row", nil)
}

// refuseTruth is the problem of a truth.
func refuseTruth(location, message string, raw []byte) error {
	p := api.NewProblem(api.CodeInvalidRequest, location+": "+message)
	p.Errors = []api.Fault{{Location: "body." + location, Message: message, Value: rest.Shorten(string(raw))}}
	return p
}

// decodeSomeTruth reads y_true, which must have one label per row if it is there; else it is nil.
func decodeSomeTruth(body []byte, rows int) ([]learner.Label, error) {
	raw, err := wire.Field(body, "y_true")
	if err != nil {
		return nil, rest.BodyProblem(err)
	}
	refuse := func(location, message string) error { return refuseTruth(location, message, raw) }
	if raw == nil || string(raw) == "null" {
		return nil, nil
	}
	var values []jsontext.Value
	if err := json.Unmarshal(raw, &values); err != nil || raw[0] != '[' {
		return nil, refuse("y_true", "want a list with one label or number per row")
	}
	if len(values) != rows {
		return nil, refuse("y_true", fmt.Sprintf("it has %d entries, but X_pred_rows has %d rows", len(values), rows))
	}
	truth := make([]learner.Label, rows)
	for i, v := range values {
		if err := truth[i].UnmarshalJSON(v); err != nil {
			return nil, refuse(fmt.Sprintf("y_true[%d]", i), err.Error())
		}
	}
	return truth, nil
}

// score compares the prediction with the truth.
func (p *Prediction) score(ctx context.Context, truth []learner.Label) (*api.ScoreResponse, error) {
	r := &api.ScoreResponse{Rows: len(truth), FitID: p.Model.FitID, Failures: p.Failures, Notes: p.Notes}
	if !p.targeted() {
		return r, p.scoreUntargeted(ctx, r, truth)
	}
	if truth == nil {
		return nil, errNoTruth()
	}
	if p.Combined.Proba != nil {
		r.Task = learner.Classification
		return r, p.scoreClasses(r, truth)
	}
	r.Task = learner.Regression
	return r, p.scoreValues(r, truth)
}

func (p *Prediction) scoreClasses(r *api.ScoreResponse, truth []learner.Label) error {
	classes := slices.Clone(p.Model.Classes)
	for _, label := range truth {
		if learner.IndexLabel(p.Model.Classes, label) < 0 {
			classes = append(classes, label) // a label that no worker saw counts as wrong
		}
	}
	classes = learner.SortLabels(classes)
	y := make([]float64, len(truth))
	for i, label := range truth {
		y[i] = float64(learner.IndexLabel(classes, label))
	}
	proba := widen(p.Combined.Proba, p.Model.Classes, classes)
	m, err := metrics.NewClassification(y, p.labelsAmong(p.Combined.Proba, classes), proba, classes, nil)
	if err != nil {
		return api.NewProblem(api.CodeInvalidRequest, Sentence(err))
	}
	r.Classification = &m
	for i, one := range p.Each {
		r.Members = append(r.Members, api.WorkerScore{
			Worker: p.Members[i].Name, Score: metrics.Accuracy(y, p.labelsAmong(one.Proba, classes), nil),
		})
	}
	r.Baseline = m.Baseline
	if p.Model.Rows > 0 {
		majority := p.Model.Classes[numeric.ArgMax(p.Model.Baseline)]
		r.Baseline = metrics.Accuracy(y, constant(len(y), float64(slices.Index(classes, majority))), nil)
	}
	return nil
}

func (p *Prediction) scoreValues(r *api.ScoreResponse, truth []learner.Label) error {
	y := make([]float64, len(truth))
	for i, label := range truth {
		v, ok := label.Target()
		if !ok {
			refused := api.Problemf(api.CodeInvalidRequest,
				"y_true[%d] is %q; the model is a regressor, so y_true must hold numbers or booleans.", i, rest.Shorten(string(label)))
			refused.Errors = []api.Fault{{Location: truthAt(i), Message: "want a number, or a boolean for 1 or 0",
				Value: rest.Shorten(string(label))}}
			return refused
		}
		y[i] = v
	}
	m, err := metrics.NewRegression(y, p.Combined.Values, nil)
	if err != nil {
		refused := api.NewProblem(api.CodeInvalidRequest, Sentence(err))
		var data *learner.DataError
		if errors.As(err, &data) && data.Row >= 0 {
			refused.Errors = []api.Fault{{Location: truthAt(data.Row), Message: data.Reason}}
		}
		return refused
	}
	r.Regression = &m
	for i, one := range p.Each {
		r.Members = append(r.Members, api.WorkerScore{Worker: p.Members[i].Name, Score: metrics.R2(y, one.Values, nil)})
	}
	if p.Model.Rows > 0 {
		r.Baseline = metrics.R2(y, constant(len(y), p.Model.Baseline[0]), nil)
	}
	return nil
}

// truthAt is the place of a row's target in the body of a score.
func truthAt(row int) string { return fmt.Sprintf("body.y_true[%d]", row) }

// widen maps probabilities to a larger set of classes, with 0 for the new ones.
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

func constant(n int, v float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}
