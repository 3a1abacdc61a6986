package voting

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/masters/cluster"
)

// Master counts votes.
type Master struct {
	*cluster.Cluster
	settings *Settings
	model    atomic.Pointer[cluster.Model] // what serves; nil before the first fit
}

// New makes the master, for chimera.Run.
func New() cluster.Master { return &Master{} }

// Kind is "voting".
func (*Master) Kind() string { return Name }

// Mount keeps the cluster and says how the master predicts.
func (v *Master) Mount(c *cluster.Cluster) error {
	if v.Cluster != nil {
		return errors.New("a master is used once; make another with voting.New")
	}
	v.Cluster, v.settings = c, cluster.SettingsOf[Settings](c)
	c.HandleModel(cluster.Operations{
		Predict: "Every worker votes for a label. y_pred_proba is the share of the votes.",
		Score:   "the majority, and each worker by itself",
		Do:      v.predict,
	})
	return nil
}

// Quorum is all workers: a vote that lacks some is another vote.
func (v *Master) Quorum() int { return len(v.Members) }

// Model describes what serves.
func (v *Master) Model() cluster.Model {
	if m := v.model.Load(); m != nil {
		return *m
	}
	return cluster.Model{}
}

// Fit has all workers agree on columns and classes, fit, and serve what they
// fitted.
func (v *Master) Fit(ctx context.Context, f *cluster.Fit) (*api.FitResponse, error) {
	f.Ask(ctx)
	model := f.Settle()
	f.CheckTask(learner.Classification)
	result := &api.FitResponse{Workers: make([]api.WorkerFit, len(f.Members))}
	cluster.Each(f.Members, func(m *cluster.Member) struct{} {
		if f.Failure(m) == nil {
			fitted, err := v.fitMember(ctx, m, model)
			if err != nil {
				f.Fail(m, m.Failure(err))
				return struct{}{}
			}
			result.Workers[m.Index] = api.WorkerFit{Worker: m.Name, Rows: fitted.Rows, Seconds: fitted.Seconds}
			f.Done(m, result.Workers[m.Index])
		}
		return struct{}{}
	})
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if f.In() < v.Quorum() {
		return nil, f.Problem("All workers must fit.", f.Failures())
	}
	model.Count(f.Schemas, func(int) bool { return true })
	for _, m := range f.Members {
		if err := v.commit(cluster.Background(ctx), m, f.ID); err != nil {
			v.Outdate(m, err.Error()) // it is caught up
			continue
		}
		m.Identify(f.Schemas[m.Index])
		v.Current(m, f.ID)
	}
	v.model.Store(model)
	result.Rows = model.Rows
	return result, nil
}

func (v *Master) fitMember(ctx context.Context, m *cluster.Member, model *cluster.Model) (aggregation.FitResponse, error) {
	r := cluster.SendWhenFree(ctx, v.Cluster, m, aggregation.Fit, aggregation.FitRequest{FitID: model.FitID, Classes: model.Classes})
	return r.Value, r.Err
}

func (v *Master) commit(ctx context.Context, m *cluster.Member, fitID string) error {
	_, err := cluster.Call(ctx, v.Cluster, m, aggregation.Commit, api.CommitRequest{FitID: fitID})
	return err
}

// predict asks all workers, and counts.
func (v *Master) predict(ctx context.Context, rows cluster.Rows) (*cluster.Prediction, error) {
	model := v.Model()
	if model.FitID == "" {
		return nil, v.NotFitted(Name)
	}
	x, err := rows.Into(ctx, &model)
	if err != nil {
		return nil, err
	}
	message := cluster.NewMessage(aggregation.Predict)
	if err := message.Encode(api.PredictFrame{FitID: model.FitID, Columns: model.Features}, endpoint.Dense("X", x)); err != nil {
		return nil, err
	}
	p := &cluster.Prediction{Model: model, Members: v.Members}
	for i, r := range cluster.Broadcast(ctx, v.Cluster, v.Members, message) {
		proba, err := matrix(r, x, len(model.Classes))
		if err != nil {
			p.Failures = append(p.Failures, v.Members[i].Failure(err))
			continue
		}
		p.Each = append(p.Each, cluster.Output{Proba: proba})
	}
	if len(p.Failures) > 0 {
		return nil, api.WorkersProblem("All workers must vote.", p.Failures)
	}
	p.Combined.Proba = v.count(p.Each, model)
	return p, nil
}

// matrix checks what a worker answered.
func matrix(r cluster.Reply[api.PredictedFrame], x *mat.Dense, classes int) (*mat.Dense, error) {
	rows, _ := x.Dims()
	if r.Err != nil {
		return nil, r.Err
	}
	found, err := endpoint.Find(r.Arrays, "proba")
	if err != nil {
		return nil, fmt.Errorf("it did not answer with probabilities: %w", err)
	}
	if err := cluster.CheckProbabilities(found.Data, rows, classes); err != nil {
		return nil, err
	}
	return mat.NewDense(rows, classes, found.Data), nil
}

// count makes shares of votes: of each row those of the label that enough
// workers name, or all for the most common label of the training rows.
func (v *Master) count(each []cluster.Output, model cluster.Model) *mat.Dense {
	rows, classes := each[0].Proba.Dims()
	votes := mat.NewDense(rows, classes, nil)
	for i := range rows {
		row := votes.RawRowView(i)
		for _, o := range each {
			row[numeric.ArgMax(o.Proba.RawRowView(i))] += 1 / float64(len(each))
		}
		if row[numeric.ArgMax(row)] < v.settings.Agreement {
			clear(row)
			row[numeric.ArgMax(model.Baseline)] = 1
		}
	}
	return votes
}

// CatchUp fits a worker that is back anew: the same seed on the same rows gives
// the same model.
func (v *Master) CatchUp(ctx context.Context, m *cluster.Member) error {
	return v.Cluster.CatchUp(ctx, m, func(ctx context.Context) error {
		model := v.Model()
		if _, err := v.fitMember(ctx, m, &model); err != nil {
			return err
		}
		return v.commit(ctx, m, model.FitID)
	})
}

// Close has nothing to release.
func (*Master) Close() {}

var _ cluster.Master = (*Master)(nil)
