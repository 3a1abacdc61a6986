package master

import (
	"context"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/masters/cluster"
)

func (p *Master) mountCoefficients() {
	cluster.HandleGet(p.Cluster, api.PathCoefficients, "The trained parameters",
		"On the scale of the training, and for linear models also on the features' original scale.",
		exampleCoefficients(),
		func(context.Context) (api.Coefficients, error) {
			m, err := p.own.Serving()
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
