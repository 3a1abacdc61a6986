package learnertest

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// What a learner reports about its model beyond predictions.
var reportChecks = []check{
	{name: "coefficients", of: registry.Coefficients, run: coefficients},
	{name: "feature_importances", of: registry.Importances, run: featureImportances},
}

// coefficients: outputs x features, the caller's own, and, for a regressor,
// what Predict computes with.
func coefficients(k *trial) {
	coef, intercept := k.model().(learner.Coefficienter).Coefficients()
	k.check(coef == nil && intercept == nil, "coefficients before Fit")
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		a := k.ask(m, t.test.X).clone()
		report := m.(learner.Coefficienter)
		coef, intercept = report.Coefficients()
		k.must(coef != nil, "%s: no coefficients after Fit", t.name)
		outputs, features := coef.Dims()
		k.must(features == width, "%s: coefficients for %d features, fitted to %d", t.name, features, width)
		k.must(len(intercept) == outputs, "%s: %d intercepts for %d outputs", t.name, len(intercept), outputs)
		if t.train.Classes == nil {
			k.must(outputs == 1, "%s: %d outputs for one target", t.name, outputs)
			var value mat.Dense
			value.Mul(t.test.X, coef.T())
			for i := range a.predicted {
				value.Set(i, 0, value.At(i, 0)+intercept[0])
			}
			k.none(answers{predicted: a.predicted}.leaves(answers{predicted: mat.Col(nil, 0, &value)}), "%s: Predict, then X * coefficients + intercept", t.name)
		} else {
			k.check(outputs == len(t.train.Classes) || len(t.train.Classes) == 2 && outputs == 1, "%s: %d outputs for %d classes", t.name, outputs, len(t.train.Classes))
		}
		coef.Scale(0, coef)
		fill(intercept, 99)
		k.none(a.differs(k.ask(m, t.test.X)), "%s: writing over the coefficients changed the model", t.name)
	}
}

// featureImportances: one per feature, >= 0, summing to 1, or to 0 where nothing
// could be learned.
func featureImportances(k *trial) {
	k.check(k.model().(learner.Importancer).FeatureImportances() == nil, "importances before Fit")
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		before := k.ask(m, t.test.X).clone()
		importances := m.(learner.Importancer).FeatureImportances()
		sum := k.importances(importances, t.name)
		k.check(math.Abs(sum-1) <= 1e-9, "%s: the importances sum to %v, want 1", t.name, sum)
		fill(importances, -1)
		k.kept(m, t.test.X, before, "writing over the importances")
		k.importances(m.(learner.Importancer).FeatureImportances(), t.name+", after writing over them")

		one := t.train.Select([]int{0})
		sum = k.importances(k.fitted(one).(learner.Importancer).FeatureImportances(), "one row")
		k.check(sum == 0 || math.Abs(sum-1) <= 1e-9, "one row: the importances sum to %v, want 0 or 1", sum)
	}
}

func (k *trial) importances(values []float64, what string) (sum float64) {
	k.Helper()
	k.must(len(values) == width, "%s: %d importances for %d features", what, len(values), width)
	for j, v := range values {
		k.check(v >= 0 && v <= 1+1e-9, "%s: feature %d has importance %v", what, j, v)
		sum += v
	}
	return sum
}
