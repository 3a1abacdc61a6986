package master

import (
	"context"
	"fmt"

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
	if bad := learner.CheckPredict(x, len(m.Features), p.learner.Info.Traits); bad != nil { // only now: the learner has looked already
		return nil, rows.Refused(bad, &m.Model)
	}
	unusable := api.NewProblem(api.CodeUnusableData, cluster.Sentence(err))
	unusable.Errors = rows.Places(err, &m.Model)
	return nil, unusable
}

// predict predicts for rows whose columns are in the model's order.
func (m *trained) predict(ctx context.Context, x *mat.Dense) (out *cluster.Prediction, err error) {
	out = &cluster.Prediction{Model: m.Model}
	if !m.Task.Supervised() {
		out.Features, out.By = x, m.learner
	}
	switch m.Task {
	case learner.Regression:
		out.Combined.Values, err = m.learner.Predict(ctx, x)
		if err == nil {
			err = cluster.CheckValues(out.Combined.Values, len(out.Combined.Values), 1)
		}
	case learner.Decomposition:
		err = m.transform(ctx, x, &out.Combined)
	default:
		out.Combined.Proba, err = learner.Probabilities(ctx, m.learner, x, len(m.Classes))
	}
	return out, err
}

// transform fills in the components of rows.
func (m *trained) transform(ctx context.Context, x *mat.Dense, out *cluster.Output) error {
	t, ok := m.learner.(learner.Transformer)
	if !ok {
		return fmt.Errorf("the learner is for %s, and is no Transformer", m.Task)
	}
	made, err := t.Transform(ctx, x)
	if err != nil {
		return err
	}
	rows, _ := x.Dims()
	answered, components := made.Dims()
	if answered != rows || components == 0 {
		return fmt.Errorf("the learner answered with %d rows of %d components for %d rows", answered, components, rows)
	}
	if made.RawMatrix().Stride != components {
		made = mat.DenseCopyOf(made)
	}
	out.Components, out.Values = made, mat.Col(nil, 0, made)
	return cluster.CheckValues(made.RawMatrix().Data, rows, components)
}

// explain asks the learner on the master what it has learned.
func (p *Master) explain(context.Context) (*cluster.Explanation, error) {
	m, err := p.serving()
	if err != nil {
		return nil, err
	}
	t := cluster.Told{Learner: p.learner.Info.Name, Weight: 1}
	if !m.Task.Supervised() {
		t.Found = m.learner
	}
	if l, ok := m.learner.(learner.Importancer); ok {
		t.Importances = l.FeatureImportances()
	}
	if l, ok := m.learner.(learner.Coefficienter); ok {
		t.Coef, t.Intercept = l.Coefficients()
	}
	return &cluster.Explanation{Model: m.Model, Learners: []cluster.Told{t}}, nil
}
