package cluster

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

// targeted reports whether the model predicts targets, or nobody knows what it is for.
func (p *Prediction) targeted() bool { return p.Model.Task == "" || p.Model.Task.Supervised() }

// scoreUntargeted scores the model by the rows themselves, and clusters by their true groups too, if these are given.
func (p *Prediction) scoreUntargeted(ctx context.Context, r *api.ScoreResponse, truth []learner.Label) error {
	r.Task, r.Members = p.Model.Task, []api.WorkerScore{}
	if p.Features == nil || p.By == nil {
		return api.Problemf(api.CodeInvalidRequest, "This kind of master cannot score a model for %s.", p.Model.Task)
	}
	r.Rows, _ = p.Features.Dims()
	score := p.scoreClusters
	if p.Model.Task == learner.Decomposition {
		score = p.scoreComponents
	}
	err := score(ctx, r, truth)
	var data *learner.DataError
	if errors.As(err, &data) {
		return api.NewProblem(api.CodeUnusableData, Sentence(err))
	}
	return err
}

func (p *Prediction) scoreClusters(ctx context.Context, r *api.ScoreResponse, truth []learner.Label) error {
	at := make([]float64, r.Rows)
	for i := range at {
		at[i] = float64(p.class(p.Combined.Proba.RawRowView(i)))
	}
	o := metrics.ClusteringOptions{Truth: truth}
	if c, ok := p.By.(learner.Centered); ok {
		o.Centers = c.Centers()
	}
	if d, ok := p.By.(learner.Denser); ok {
		var err error
		if o.Density, err = d.LogDensity(ctx, p.Features); err != nil {
			return err
		}
	}
	m, err := metrics.NewClustering(ctx, p.Features, at, len(p.Model.Classes), o)
	if err != nil {
		return err
	}
	if m.SilhouetteRows < m.Rows {
		r.Notes = append(r.Notes, fmt.Sprintf("The silhouette is that of %d of the rows, drawn at random (seed %d).", m.SilhouetteRows, o.Seed))
	}
	r.Clustering = &m
	return nil
}

func (p *Prediction) scoreComponents(ctx context.Context, r *api.ScoreResponse, truth []learner.Label) error {
	if truth != nil {
		r.Notes = append(r.Notes, "y_true was not looked at: a decomposition predicts no target.")
	}
	inverter, ok := p.By.(learner.Inverter)
	if !ok {
		return api.Problemf(api.CodeInvalidRequest, "The learner cannot make rows of its components again, so there is nothing to compare the rows with.")
	}
	restored, err := inverter.InverseTransform(ctx, mat.DenseCopyOf(p.Combined.Components))
	if err != nil {
		return err
	}
	_, components := p.Combined.Components.Dims()
	m, err := metrics.NewDecomposition(p.Features, restored, components)
	r.Decomposition = &m
	return err
}

// structure is the answer on what a model without targets has found.
func structure(e *Explanation) (*api.Structure, error) {
	if e.Model.Task == "" || e.Model.Task.Supervised() || len(e.Learners) != 1 || e.Learners[0].Found == nil {
		return nil, notTold("The model predicts a target, so it has found neither clusters nor components.", nil)
	}
	a := &api.Structure{FitID: e.Model.FitID, Task: e.Model.Task, Features: e.Model.Features}
	switch l := e.Learners[0].Found.(type) {
	case learner.Centered:
		centers, weights := l.Centers(), l.ClusterWeights()
		for c, name := range e.Model.Classes {
			a.Clusters = append(a.Clusters, api.ClusterInfo{Name: name, Weight: weights[c], Center: mat.Row(nil, c, centers)})
		}
	case learner.VarianceExplainer:
		a.Components = l.ExplainedVarianceRatio()
	}
	return a, nil
}
