package cluster

import (
	"encoding/json"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// threshold is that of chimera.yaml; 0 for none.
func (c *Cluster) threshold() float64 {
	if c.setup.Config == nil { // before the master is started
		return 0
	}
	return c.setup.Config.Threshold
}

// checkThreshold excludes all members from a fit whose model has no two classes for the threshold of chimera.yaml to decide between.
func (f *Fit) checkThreshold(model *Model) {
	t := f.threshold()
	if t == 0 || len(model.Classes) == 2 {
		return
	}
	for i, s := range f.Schemas {
		if m := f.Members[i]; s != nil && f.failures[i] == nil {
			f.Fail(m, api.WorkerFailure{Worker: m.Name, Code: api.CodeUnusableData, Reason: fmt.Sprintf(
				"threshold: %v in chimera.yaml decides between two classes, and the rows are for %s; remove the setting", t, decided(model))})
		}
	}
}

// decided is what a model decides, in words.
func decided(model *Model) string {
	if model.Task == learner.Regression {
		return "a regression, which has none"
	}
	return fmt.Sprintf("a classification with %d", len(model.Classes))
}

// decide takes the threshold of a request, or else that of chimera.yaml, for the labels of a prediction. The problem is
// that the request's is none, or that the model has no two classes.
func (c *Cluster) decide(body []byte, p *Prediction) error {
	binary := p.Combined.Proba != nil && len(p.Model.Classes) == 2
	raw, err := wire.Field(body, "threshold")
	if err != nil {
		return rest.BodyProblem(err)
	}
	if raw == nil {
		if binary {
			p.threshold = c.threshold()
		}
		return nil
	}
	refuse := func(message string) error {
		problem := api.NewProblem(api.CodeInvalidRequest, "threshold: "+message)
		problem.Errors = []api.Fault{{Location: "body.threshold", Message: message, Value: rest.Shorten(string(raw))}}
		return problem
	}
	var t float64
	switch err := json.Unmarshal(raw, &t); {
	case err != nil || !(t > 0 && t < 1):
		return refuse("want a probability above 0 and below 1")
	case p.Combined.Proba == nil:
		return refuse("the model has no classes to decide between; leave it out")
	case !binary:
		return refuse(fmt.Sprintf("it decides between two classes, and the model has %d; leave it out", len(p.Model.Classes)))
	}
	p.threshold = t
	return nil
}

// class is the index of the class that a row's probabilities decide for: the second of two if its probability reaches the
// threshold, where there is one, else the most probable, the first of equal ones.
func (p *Prediction) class(proba []float64) int {
	if p.threshold == 0 {
		return numeric.ArgMax(proba)
	}
	if proba[1] >= p.threshold {
		return 1
	}
	return 0
}

// labelsAmong is each row's class as an index into a larger list of classes. proba has the model's classes.
func (p *Prediction) labelsAmong(proba *mat.Dense, classes []learner.Label) []float64 {
	places := make([]float64, len(p.Model.Classes))
	for k, label := range p.Model.Classes {
		places[k] = float64(slices.Index(classes, label))
	}
	rows, _ := proba.Dims()
	labels := make([]float64, rows)
	for i := range labels {
		labels[i] = places[p.class(proba.RawRowView(i))]
	}
	return labels
}
