package learnertest

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// What a learner reports about its model beyond predictions.
var reportChecks = []check{
	{name: "coefficients", of: registry.Coefficients, run: coefficients},
	{name: "feature_importances", of: registry.Importances, run: featureImportances},
	{name: "convergence", of: registry.Convergence, run: convergence},
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

// convergence: of the Fit that made the model, with advice if and only if it did
// not converge; the caller's own, and nil for a model that no Fit made.
func convergence(k *trial) {
	of := func(m learner.Estimator) *learner.Convergence { return m.(learner.Convergent).Convergence() }
	k.check(of(k.model()) == nil, "a convergence before Fit")
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		c := of(m)
		k.must(c != nil, "%s: no convergence after Fit", t.name)
		k.check(c.Iterations >= 0, "%s: %d iterations", t.name, c.Iterations)
		k.check(c.Converged == (c.Advice == ""), "%s: converged is %t, and the advice %q", t.name, c.Converged, c.Advice)
		was := *c
		if !k.subject.info.Traits.NonDeterministic {
			again := of(k.fitted(t.train))
			k.check(again != nil && *again == was, "%s: %+v of one fit, %+v of the same again", t.name, was, again)
		}
		*c = learner.Convergence{Iterations: -1}
		k.must(of(m) != nil && *of(m) == was, "%s: writing over the convergence changed the model's", t.name)

		bad := t.train
		bad.Rows = bad.Rows[1:]
		k.check(m.Fit(context.Background(), bad) != nil, "%s: a row id is missing, and Fit succeeds", t.name)
		k.check(of(m) != nil && *of(m) == was, "%s: a Fit that failed changed the convergence", t.name)
		if d, ok := m.(learner.Differentiable); ok {
			k.must(d.SetParameters(d.Parameters()) == nil, "%s: the parameters do not go back in", t.name)
			k.check(of(m) == nil, "%s: a convergence of parameters that were set", t.name)
		}
		if s, ok := m.(learner.Snapshotter); ok {
			data, err := s.MarshalBinary()
			k.must(err == nil, "%s: %v", t.name, err)
			k.fit(m, t.train)
			k.must(s.UnmarshalBinary(data) == nil, "%s: the snapshot does not go back in", t.name)
			k.check(of(m) == nil, "%s: a convergence of a model that was read", t.name)
		}
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
