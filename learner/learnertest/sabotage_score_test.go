package learnertest

import (
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

func scoreActs() []act {
	return []act{
		breaks("beats_baseline", "learns noise", hooks{fit: edited(func(d *data) {
			for i := range d.Y {
				d.Y[i] = float64(i % len(d.Classes))
			}
		})}),
		{check: "is_baseline", what: "a learner that calls itself a baseline", registry: honestAs("saboteur"), options: []Option{Baseline()}},
		{check: "coefficients", what: "forgets the intercept", options: []Option{Baseline()},
			registry: brokenReportRegistry(func(m *reporting) (*mat.Dense, []float64, []float64) {
				coef, intercept := m.Coefficients()
				if coef != nil {
					intercept = []float64{0}
				}
				return coef, intercept, m.FeatureImportances()
			})},
		{check: "coefficients", what: "reports before Fit", options: []Option{Baseline()},
			registry: brokenReportRegistry(func(m *reporting) (*mat.Dense, []float64, []float64) {
				return mat.NewDense(1, width, nil), []float64{m.mean}, m.FeatureImportances()
			})},
		{check: "feature_importances", what: "does not normalise", options: []Option{Baseline()},
			registry: brokenReportRegistry(func(m *reporting) (*mat.Dense, []float64, []float64) {
				shares := m.FeatureImportances()
				for j := range shares {
					shares[j] *= 1.5
				}
				coef, intercept := m.Coefficients()
				return coef, intercept, shares
			})},
		{check: "feature_importances", what: "lends its own memory", options: []Option{Baseline()},
			registry: brokenReportRegistry(func(m *reporting) (*mat.Dense, []float64, []float64) {
				coef, intercept := m.Coefficients()
				return coef, intercept, m.shares
			})},
		{check: "convergence", what: "never says", options: []Option{Baseline()},
			registry: brokenEndRegistry(func(*reporting) *learner.Convergence { return nil })},
		{check: "convergence", what: "has no advice", options: []Option{Baseline()},
			registry: brokenEndRegistry(func(m *reporting) *learner.Convergence {
				c := m.Convergence()
				if c != nil {
					c.Converged = false
				}
				return c
			})},
		{check: "convergence", what: "converged before Fit", options: []Option{Baseline()},
			registry: brokenEndRegistry(func(*reporting) *learner.Convergence { return learner.Ended(true, 1, "") })},
		{check: "convergence", what: "lends its own memory", options: []Option{Baseline()},
			registry: brokenEndRegistry(func(m *reporting) *learner.Convergence { return m.ended })},
	}
}
