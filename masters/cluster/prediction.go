package cluster

import (
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// Output is what one model predicts for some rows: one value per row, or one probability per class, or components.
type Output struct {
	Values []float64  // regression and decomposition: one per row
	Proba  *mat.Dense // classification and clustering: rows x classes
	// Components are rows x components of a decomposition, whose first ones are the Values.
	Components *mat.Dense
}

// Prediction is what members predicted for some rows, and the master's combination of it.
type Prediction struct {
	Model    Model // of the fit that answered
	Combined Output
	Members  []*Member // those that answered
	Each     []Output  // the output of each of them; nil if no member has its own model
	Failures []api.WorkerFailure
	Notes    []string // on the rows

	// Features and By are, for a task without targets, the rows as the learner sees them and the learner, to score by.
	Features *mat.Dense
	By       learner.Estimator

	threshold float64 // from which probability on the second of two classes is the label; 0 for the more probable one
}

// response is the prediction as it is sent to the client. With labels, y_pred_rows of a classifier is
// the label, whatever the number of classes.
func (p *Prediction) response(labels bool) api.PredictResponse {
	r := api.PredictResponse{FitID: p.Model.FitID, Failures: p.Failures, Notes: p.Notes}
	for _, m := range p.Members {
		r.Workers = append(r.Workers, m.Name)
	}
	if p.Combined.Proba == nil {
		r.Y, r.Components = api.YRows{Values: p.Combined.Values}, api.NewProbaRows(p.Combined.Components)
		return r
	}
	rows, classes := p.Combined.Proba.Dims()
	r.Classes, r.Proba = p.Model.Classes, api.NewProbaRows(p.Combined.Proba)
	r.Labels = make(api.Labels, rows)
	for i := range rows {
		r.Labels[i] = p.Model.Classes[p.class(p.Combined.Proba.RawRowView(i))]
	}
	if labels || classes > 2 || p.Model.Task == learner.Clustering {
		r.Y = api.LabelRows(r.Labels)
		return r
	}
	second := make(api.Floats, rows)
	if classes == 2 {
		for i := range rows {
			second[i] = p.Combined.Proba.At(i, 1)
		}
	}
	r.Y = api.YRows{Values: second}
	return r
}
