package masters

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
)

// serving is the trained model, or a problem before the first fit.
func (p *ParameterServer) serving() (*trained, error) {
	if m := p.model.Load(); m != nil {
		return m, nil
	}
	return nil, notFitted(p.info.Name, api.PathsOf("parameter-server").Fit)
}

// predict predicts on the master.
func (p *ParameterServer) predict(ctx context.Context, columns []string, x *mat.Dense) (*answer, error) {
	m, err := p.serving()
	if err != nil {
		return nil, err
	}
	if x, err = rest.Align(m.Features, columns, x); err != nil {
		return nil, err
	}
	if err := learner.CheckPredict(x, len(m.Features), p.info.Traits); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	if m.scaling != nil {
		if x, err = m.scaling.Standardize(x); err != nil {
			return nil, api.NewProblem(api.CodeInvalidRequest, sentence(err))
		}
	}
	out := &answer{model: m.Model}
	if m.Task == learner.Regression {
		out.combined.values, err = m.learner.Predict(ctx, x)
		if err == nil {
			err = finite(out.combined.values, len(out.combined.values), 1)
		}
	} else {
		out.combined.proba, err = probabilities(ctx, m, x)
	}
	if err != nil {
		return nil, api.NewProblem(api.CodeUnusableData, sentence(err))
	}
	return out, nil
}

// probabilities asks the learner, or counts its label as certain if it knows
// none.
func probabilities(ctx context.Context, m *trained, x *mat.Dense) (*mat.Dense, error) {
	if c, ok := m.learner.(learner.Classifier); ok {
		return c.PredictProba(ctx, x)
	}
	y, err := m.learner.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	proba := mat.NewDense(len(y), len(m.Classes), nil)
	for i, k := range y {
		proba.Set(i, int(k), 1)
	}
	return proba, nil
}

func (p *ParameterServer) mountCoefficients() {
	rest.Register(p.server.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathCoefficients, Summary: "The trained parameters", Tags: []string{"model"},
		Description: "On the scale that was trained on, and for linear models on the features' own.", Errors: predictErrors,
	}, func(context.Context, *none) (*output[api.Coefficients], error) {
		m, err := p.serving()
		if err != nil {
			return nil, err
		}
		c, err := m.coefficients()
		if err != nil {
			return nil, problem(err)
		}
		return &output[api.Coefficients]{*c}, nil
	})
}

// coefficients are the parameters on both scales, part by part.
func (m *trained) coefficients() (*api.Coefficients, error) {
	c := &api.Coefficients{FitID: m.FitID, Features: m.Features, Classes: m.Classes}
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
				return nil, err
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
