package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/explain"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
)

// Explanation is what the learners of the model in service tell of what they have learned.
type Explanation struct {
	Model    Model
	Learners []Told              // in member order, or one that is the master's own
	Failures []api.WorkerFailure // members that could not be asked
}

// Told is what one learner tells; what it does not know is nil.
type Told struct {
	Member  *Member // who has it; nil for the master's own
	Learner string  // its name
	Weight  float64 // in the combination of predictions
	Silent  string  // why it can tell nothing at all, if it cannot

	Found learner.Estimator // the learner itself, of a task without targets

	Importances []float64 // one per feature of the model
	Coef        *mat.Dense
	Intercept   []float64
	OutOfBag    *api.OutOfBag
	Scaling     *moments.Scaling // of the features, before the learner sees them; nil if it sees them as they are
}

// handleExplanations registers the paths at which a master explains its model.
func (c *Cluster) handleExplanations(o Operations) {
	codes := append(slices.Clone(o.Codes), api.CodeNotExplained)
	HandleGet(c, api.PathImportances, "How much each feature mattered to the learners",
		"By what they have learned (mean decrease in impurity of trees and forests, Breiman 2001): the mean of the workers' importances in their order, "+
			"per feature and summed per column. Such importances favour features with many values. "+
			"Where a learner has none (409), or for another view, POST "+api.PathPermutationImportance+".",
		exampleImportances(), explained(o, importances), codes...)
	HandleGet(c, api.PathLinearCoefficients, "The coefficients of linear learners",
		"For the features as the learners see them and, if these are scaled, for the columns as they come. With several workers: each one's and, if all are linear "+
			"with models of one shape, their mean. The mean predicts what the master does if the learners are regressors whose predictions are combined "+
			"by their mean; of classifiers, probabilities are combined.",
		exampleCoefficients(), explained(o, coefficients), codes...)
	HandleGet(c, api.PathOutOfBag, "How well each worker predicts the rows that its bootstrap left out",
		"As in the answer of the fit (Breiman 1996), for as long as the workers have the model.", exampleOutOfBag(), explained(o, outOfBag), codes...)
	HandleGet(c, api.PathStructure, "What a model without targets has found",
		"The clusters of a clustering, with their centers and the weights of their training rows; of a decomposition, how much each component tells. "+
			"Centers are of the features as the learner sees them: scaled, if they are.",
		exampleStructure(), explained(o, structure), codes...)
	c.handlePermutation(o)
	c.handleDependence(o)
}

// explained asks the learners, and makes an answer of what they tell.
func explained[A any](o Operations, answer func(*Explanation) (A, error)) func(context.Context) (A, error) {
	return func(ctx context.Context) (a A, err error) {
		if o.Explain == nil {
			return a, notTold("The learners of this kind of master do not tell what they have learned: no node has the whole model.", nil)
		}
		e, err := o.Explain(ctx)
		if err != nil {
			return a, err
		}
		return answer(e)
	}
}

// notTold is the problem of a question that the learners have no answer to.
func notTold(detail string, silent []api.WorkerFailure) error {
	p := api.NewProblem(api.CodeNotExplained, detail+" POST "+api.PathPermutationImportance+" and "+api.PathPartialDependence+
		" explain any model of a target by its answers, and GET "+api.PathStructure+" says what one without targets has found.")
	p.Workers = silent
	return p
}

// without lists the learners that lack what was asked for.
func (e *Explanation) without(what string, has func(Told) bool) (silent []api.WorkerFailure) {
	for _, one := range e.Learners {
		if has(one) {
			continue
		}
		f := api.WorkerFailure{Code: api.CodeNotExplained, Reason: "its learner " + one.Learner + " has no " + what}
		if one.Silent != "" {
			f.Reason = one.Silent
		}
		if one.Member != nil {
			f.Worker = one.Member.Name
		}
		silent = append(silent, f)
	}
	return silent
}

// told says who lacks something, in a sentence.
func told(what string, silent []api.WorkerFailure) string {
	var reasons []string
	for _, f := range silent {
		if f.Worker == "" {
			return "The model has no " + what + ": " + f.Reason + "."
		}
		reasons = append(reasons, f.String())
	}
	return "Not every worker has " + what + ": " + strings.Join(reasons, "; ") + "."
}

// named leaves out the learner that is the master's own, which has no name.
func named(silent []api.WorkerFailure) []api.WorkerFailure {
	return slices.DeleteFunc(silent, func(f api.WorkerFailure) bool { return f.Worker == "" })
}

// importances is the answer on feature importances. A mean without some of the workers would not be the model's, so that all must have some.
func importances(e *Explanation) (*api.Importances, error) {
	const what = "feature importances"
	if silent := e.without(what, func(t Told) bool { return t.Importances != nil }); silent != nil {
		return nil, notTold(told(what, silent), named(silent))
	}
	if p := e.Model.Preparation; p != nil && p.Kernel != nil {
		return nil, notTold("The learners' features are components of an approximated kernel (prepare.kernel_approximation), which belong to no column.", nil)
	}
	origins := explain.Origins(e.Model.Features, e.Model.Preparation)
	a := &api.Importances{FitID: e.Model.FitID, Failures: e.Failures}
	mean := make([]float64, len(origins))
	weights := e.weights()
	column := make([]float64, len(e.Learners))
	var sum float64
	for j := range mean {
		for i, one := range e.Learners {
			column[i] = one.Importances[j]
		}
		mean[j] = numeric.Mean(column, weights)
		sum += mean[j]
	}
	for j, o := range origins {
		if sum > 0 { // a learner that has learned nothing has no part in the mean, as a tree of one leaf in a forest's
			mean[j] /= sum
		}
		a.Features = append(a.Features, api.FeatureImportance{Feature: o.Feature, Column: o.Column, Importance: mean[j]})
	}
	columns, sums := explain.Columns(origins, mean)
	for k, name := range columns {
		a.Columns = append(a.Columns, api.ColumnImportance{Column: name, Importance: sums[k]})
	}
	for _, one := range e.Learners {
		if one.Member != nil {
			a.Workers = append(a.Workers, api.WorkerImportances{Worker: one.Member.Name, Weight: one.Weight, Importances: one.Importances})
		}
	}
	return a, nil
}

func (e *Explanation) weights() []float64 {
	weights := make([]float64, len(e.Learners))
	for i, one := range e.Learners {
		weights[i] = one.Weight
	}
	return weights
}

// outOfBag is the answer on out-of-bag scores.
func outOfBag(e *Explanation) (*api.OutOfBagScores, error) {
	a := &api.OutOfBagScores{FitID: e.Model.FitID, Failures: e.Failures, Workers: []api.WorkerOutOfBag{}}
	some := false
	for _, one := range e.Learners {
		if one.Member == nil {
			return nil, notTold("The master has one model, and no out-of-bag scores: these are of workers that draw a bootstrap of their rows.", nil)
		}
		some = some || one.OutOfBag != nil
		if one.Silent == "" {
			a.Workers = append(a.Workers, api.WorkerOutOfBag{Worker: one.Member.Name, OutOfBag: one.OutOfBag})
			continue
		}
		a.Failures = append(a.Failures, api.WorkerFailure{Worker: one.Member.Name, Code: api.CodeNotExplained, Reason: one.Silent})
	}
	if !some {
		return nil, notTold("No worker has an out-of-bag score: set bootstrap: true in chimera.yaml and fit again.", nil)
	}
	return a, nil
}

// CheckImportances checks the feature importances of a worker's learner: one per feature, at least 0, adding up to 1 or all 0.
func CheckImportances(values []float64, features int) error {
	if len(values) != features {
		return fmt.Errorf("it has %d importances for %d features", len(values), features)
	}
	var sum float64
	for j, v := range values {
		if !numeric.IsFinite(v) || v < 0 {
			return fmt.Errorf("its importance of feature %d is %v; want a number of at least 0", j, v)
		}
		sum += v
	}
	if sum != 0 && math.Abs(sum-1) > probabilitySlack {
		return fmt.Errorf("its importances add up to %v instead of 1", sum)
	}
	return nil
}

// CheckCoefficients checks those of a worker's learner: finite numbers, one line of one per feature for each intercept, and as many
// lines as classes, or one for two classes or a target.
func CheckCoefficients(coef *mat.Dense, intercept []float64, model *Model) error {
	if coef == nil || coef.IsEmpty() {
		return fmt.Errorf("it has intercepts without coefficients")
	}
	outputs, features := coef.Dims()
	switch {
	case features != len(model.Features):
		return fmt.Errorf("it has coefficients for %d features; the model has %d", features, len(model.Features))
	case len(intercept) != outputs:
		return fmt.Errorf("it has %d intercepts for %d outputs", len(intercept), outputs)
	case !numeric.AllFinite(coef.RawMatrix().Data) || !numeric.AllFinite(intercept):
		return fmt.Errorf("its coefficients are not all finite")
	case outputs != len(model.Classes) && (outputs != 1 || len(model.Classes) > 2):
		return fmt.Errorf("it has coefficients of %d outputs; the model has %d classes", outputs, len(model.Classes))
	}
	return nil
}
