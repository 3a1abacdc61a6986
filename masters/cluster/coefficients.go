package cluster

import (
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/explain"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/prepare"
)

// coefficients is the answer on the coefficients of linear learners: those of all that have some.
func coefficients(e *Explanation) (*api.LinearCoefficients, error) {
	const what = "coefficients"
	silent := e.without(what, func(t Told) bool { return t.Coef != nil })
	if len(silent) == len(e.Learners) {
		return nil, notTold("No learner is linear. "+told(what, silent), named(silent))
	}
	origins := explain.Origins(e.Model.Features, e.Model.Preparation)
	a := &api.LinearCoefficients{FitID: e.Model.FitID, Task: e.Model.Task, Failures: append(silent, e.Failures...)}
	for _, o := range origins {
		a.Features = append(a.Features, api.FeatureOrigin{Feature: o.Feature, Column: o.Column})
	}
	var linear []Told
	for _, one := range e.Learners {
		if one.Coef == nil {
			continue
		}
		linear = append(linear, one)
		model, err := one.linear(origins)
		if err != nil {
			return nil, err
		}
		if one.Member == nil {
			a.Model = &model
		} else {
			a.Workers = append(a.Workers, api.WorkerCoefficients{Worker: one.Member.Name, Weight: one.Weight, LinearModel: model})
		}
	}
	lines, equal := len(linear[0].Intercept), true
	for _, one := range linear {
		equal = equal && len(one.Intercept) == lines
	}
	if equal {
		a.Outputs = outputs(&e.Model, lines)
	}
	if a.Model == nil && equal && silent == nil {
		mean := meanOf(linear, e.weights())
		model, err := mean.linear(origins)
		if err != nil {
			return nil, err
		}
		a.Model = &model
	}
	return a, nil
}

// outputs are the classes of the lines of coefficients; nil for a regressor.
func outputs(model *Model, lines int) []learner.Label {
	if lines == len(model.Classes) {
		return model.Classes
	}
	if len(model.Classes) == 2 {
		return model.Classes[1:]
	}
	return nil
}

// meanOf is the mean of models of one shape, number by number, in their order.
func meanOf(linear []Told, weights []float64) Told {
	lines, features := linear[0].Coef.Dims()
	mean := Told{Coef: mat.NewDense(lines, features, nil), Intercept: make([]float64, lines), Scaling: linear[0].Scaling}
	column := make([]float64, len(linear))
	for k := range lines {
		for i, one := range linear {
			column[i] = one.Intercept[k]
		}
		mean.Intercept[k] = numeric.Mean(column, weights)
		for j := range features {
			for i, one := range linear {
				column[i] = one.Coef.At(k, j)
			}
			mean.Coef.Set(k, j, numeric.Mean(column, weights))
		}
	}
	return mean
}

// linear is the model as it is answered, also on the scale of the columns: the learner's own scaling is undone first, and then
// that of the preparation.
func (t Told) linear(origins []prepare.Origin) (m api.LinearModel, err error) {
	m.Coef, m.Intercept = lists(t.Coef), t.Intercept
	coef, intercept, scaled := t.Coef, t.Intercept, false
	if t.Scaling != nil {
		own := make([]prepare.Origin, len(origins))
		for j := range own {
			own[j] = prepare.Origin{Center: t.Scaling.Mean[j], Scale: t.Scaling.Scale[j]}
		}
		if coef, intercept, scaled, err = explain.Unscale(own, coef, intercept); err != nil {
			return m, err
		}
	}
	coef, intercept, prepared, err := explain.Unscale(origins, coef, intercept)
	if err != nil || !scaled && !prepared {
		return m, err
	}
	if !numeric.AllFinite(coef.RawMatrix().Data) || !numeric.AllFinite(intercept) {
		return m, api.NewProblem(api.CodeUnusableData,
			"The coefficients cannot be brought to the scale of the columns: there they are too large for a number. Scale the columns, and fit again.")
	}
	m.OriginalCoef, m.OriginalIntercept = lists(coef), intercept
	return m, nil
}

// lists are the lines of a matrix.
func lists(m *mat.Dense) []api.Floats {
	rows, _ := m.Dims()
	out := make([]api.Floats, rows)
	for i := range out {
		out[i] = mat.Row(nil, i, m)
	}
	return out
}
