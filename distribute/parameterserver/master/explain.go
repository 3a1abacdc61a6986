package master

import (
	"context"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// explain asks the learner on the master what it has learned.
func (p *Master) explain(context.Context) (*cluster.Explanation, error) {
	m, err := p.serving()
	if err != nil {
		return nil, err
	}
	t := cluster.Told{Learner: p.learner.Info.Name, Weight: 1, Scaling: m.scaling}
	if l, ok := m.learner.(learner.Importancer); ok {
		t.Importances = l.FeatureImportances()
	}
	if l, ok := m.learner.(learner.Coefficienter); ok {
		t.Coef, t.Intercept = l.Coefficients()
	}
	return &cluster.Explanation{Model: m.Model, Learners: []cluster.Told{t}}, nil
}
