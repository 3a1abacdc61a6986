package master

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// serving is the model in service, or a problem before the first fit.
func (p *Master) serving() (*trained, error) {
	if m := p.model.Load(); m != nil {
		return m, nil
	}
	return nil, p.NotFitted(p.learner.Info.Name)
}

// predict predicts on the master.
func (p *Master) predict(ctx context.Context, rows cluster.Rows) (*cluster.Prediction, error) {
	m, err := p.serving()
	if err != nil {
		return nil, err
	}
	x, err := rows.Into(ctx, &m.Model)
	if err != nil {
		return nil, err
	}
	out, err := m.predict(ctx, x)
	if err == nil {
		return out, nil
	}
	if bad := learner.CheckPredict(x, len(m.Features), p.learner.Info.Traits); bad != nil { // only now: see trained.predict
		return nil, rows.Refused(bad, &m.Model)
	}
	unusable := api.NewProblem(api.CodeUnusableData, cluster.Sentence(err))
	unusable.Errors = rows.Places(err, &m.Model)
	return nil, unusable
}

// predict predicts for rows whose columns are in the model's order. Rows are
// brought to the scale of the training once, and checked once: by the learner,
// whose contract that is. Whose fault an error is, is asked when there is one.
func (m *trained) predict(ctx context.Context, x *mat.Dense) (out *cluster.Prediction, err error) {
	if m.scaling != nil {
		if x, err = m.scaling.Standardize(x); err != nil {
			return nil, err
		}
	}
	out = &cluster.Prediction{Model: m.Model}
	if m.Task == learner.Regression {
		out.Combined.Values, err = m.learner.Predict(ctx, x)
		if err == nil {
			err = cluster.CheckValues(out.Combined.Values, len(out.Combined.Values), 1)
		}
	} else {
		out.Combined.Proba, err = learner.Probabilities(ctx, m.learner, x, len(m.Classes))
	}
	return out, err
}

func (p *Master) mountCoefficients() {
	cluster.HandleGet(p.Cluster, api.PathCoefficients, "The trained parameters",
		"On the scale of the training, and for linear models also on the features' original scale.",
		exampleCoefficients(),
		func(context.Context) (api.Coefficients, error) {
			m, err := p.serving()
			if err != nil {
				return api.Coefficients{}, err
			}
			return m.coefficients()
		})
}

// exampleCoefficients are those of a model that does not exist.
func exampleCoefficients() api.Coefficients {
	return api.Coefficients{
		FitID: cluster.ExampleFit, Features: []string{"age", "income"}, Mean: api.Floats{40, 50000}, Scale: api.Floats{10, 20000},
		Blocks: []api.ParameterBlock{
			{Name: "coef", Shape: []int{1, 2}, Penalised: true, Standardised: api.Floats{0.5, -1}, Original: api.Floats{0.05, -0.00005}},
			{Name: "intercept", Shape: []int{1}, Standardised: api.Floats{2}, Original: api.Floats{2.5}},
		},
	}
}

// coefficients are the parameters on both scales, block by block.
func (m *trained) coefficients() (api.Coefficients, error) {
	c := api.Coefficients{FitID: m.FitID, Features: m.Features, Classes: m.Classes}
	params := m.learner.Parameters()
	var original []float64
	if isLinear(m.blocks) {
		original = params
	}
	if m.scaling != nil {
		c.Mean, c.Scale = m.scaling.Mean, m.scaling.Scale
		if original != nil {
			var err error
			if original, err = m.scaling.Fold(params, m.blocks); err != nil {
				return c, err
			}
		}
	}
	from := 0
	for _, b := range m.blocks {
		to := from + b.Len()
		part := api.ParameterBlock{Name: b.Name, Shape: b.Shape, Penalised: b.Penalised, Standardised: params[from:to]}
		if original != nil {
			part.Original = original[from:to]
		}
		c.Blocks = append(c.Blocks, part)
		from = to
	}
	return c, nil
}
