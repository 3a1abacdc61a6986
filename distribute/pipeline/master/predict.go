package master

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// predictRows is the number of rows that go through the stages at once. More rows are split, so that
// the stages work at the same time.
const predictRows = 1024

func (p *Master) mountStages() {
	cluster.HandleGet(p.Cluster, api.PathStages, "Which worker has which layers", "For the network in service. No single node holds all of it.",
		exampleStages(),
		func(context.Context) (api.Stages, error) {
			m, err := p.serving()
			if err != nil {
				return api.Stages{}, err
			}
			s := api.Stages{FitID: m.FitID, Stages: m.stages}
			for _, one := range m.stages {
				s.Parameters += one.Parameters
			}
			return s, nil
		})
}

// exampleStages are those of a network that does not exist.
func exampleStages() api.Stages {
	return api.Stages{FitID: cluster.ExampleFit, Parameters: 17, Stages: []api.StageInfo{
		{Worker: "worker1", Layers: []api.LayerInfo{{Name: "dense", In: 2, Out: 4, Parameters: 12, Cost: 24}, {Name: "relu", In: 4, Out: 4}}, Parameters: 12},
		{Worker: "worker2", Stage: 1, Layers: []api.LayerInfo{{Name: "dense", In: 4, Out: 1, Parameters: 5, Cost: 12}}, Parameters: 5},
	}}
}

// serving is the network in service, or a problem before the first fit.
func (p *Master) serving() (*network, error) {
	if m := p.model.Load(); m != nil {
		return m, nil
	}
	return nil, p.NotFitted(p.learner.Info.Name)
}

// predict predicts with the network in service. If a fit ends meanwhile, the stages have forgotten the
// old network, so it tries again with the new one.
func (p *Master) predict(ctx context.Context, rows cluster.Rows) (*cluster.Prediction, error) {
	for {
		m, err := p.serving()
		if err != nil {
			return nil, err
		}
		out, err := p.predictWith(ctx, m, rows)
		if err == nil || ctx.Err() != nil || p.model.Load() == m {
			return out, err
		}
	}
}

// predictWith sends rows through the stages in pieces, several at a time.
func (p *Master) predictWith(ctx context.Context, m *network, asked cluster.Rows) (*cluster.Prediction, error) {
	x, err := asked.Into(ctx, &m.Model)
	if err != nil {
		return nil, err
	}
	if err := learner.CheckPredict(x, len(m.Features), p.learner.Info.Traits); err != nil {
		return nil, asked.Refused(err, &m.Model)
	}
	rows, cols := x.Dims()
	out := &cluster.Prediction{Model: m.Model, Members: p.Members}
	width := max(len(m.Classes), 1)
	values := make([]float64, rows*width)
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(len(m.stages) + 1)
	for from := 0; from < rows; from += predictRows {
		to := min(from+predictRows, rows)
		piece := x.Slice(from, to, 0, cols).(*mat.Dense)
		all.Go(func() error {
			err := p.predictPiece(ctx, m, piece, values[from*width:to*width])
			var data *learner.DataError
			if errors.As(err, &data) { // of a row of the piece
				data.Row += from
				unusable := api.Problemf(api.CodeUnusableData, "The network: %v.", data)
				if data.Row < to {
					unusable.Errors = asked.Places(data, &m.Model)
				}
				return unusable
			}
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	if m.Task == learner.Regression {
		out.Combined.Values = values
	} else {
		out.Combined.Proba = mat.NewDense(rows, width, values)
	}
	out.Members = p.Members
	return out, nil
}

// predictPiece stores the last stage's answer for some rows in into.
func (p *Master) predictPiece(ctx context.Context, m *network, x *mat.Dense, into []float64) error {
	message := cluster.NewMessage(pipeline.Forward)
	if err := message.Encode(pipeline.PredictFrame{FitID: m.FitID, Next: p.behind}, wire.Dense("x", x)); err != nil {
		return err
	}
	first := p.Members[0]
	r := cluster.AttemptAgain(ctx, p.Cluster, first, message)
	if r.Err != nil { // find out who is to blame before marking anyone down
		return p.notPredicted(ctx, m, first, r.Err)
	}
	name := "proba"
	if m.Task == learner.Regression {
		name = "y"
	}
	found, err := wire.Find(r.Arrays, name)
	if err != nil {
		return fmt.Errorf("the answer of the stages: %w", err)
	}
	rows, _ := x.Dims()
	if err := cluster.CheckValues(found.Data, rows, len(into)/rows); err != nil {
		var data *learner.DataError
		if errors.As(err, &data) {
			return data
		}
		return api.Problemf(api.CodeUnusableData, "The network: %v.", err)
	}
	if err := checkPredicted(m, r.Value, found.Data, rows); err != nil { // the last stage writes the answer, the others pass it on
		return api.WorkersProblem("All predict responses from workers failed.", []api.WorkerFailure{p.Members[len(p.Members)-1].Failure(err)})
	}
	copy(into, found.Data)
	return nil
}

// checkPredicted checks an answer of the last stage: the fit, the classes, and that probabilities are
// some.
func checkPredicted(m *network, head api.PredictedFrame, values []float64, rows int) error {
	switch {
	case head.FitID != m.FitID:
		return fmt.Errorf("it answered with the model of fit %q instead of %q", head.FitID, m.FitID)
	case !slices.Equal(head.Classes, m.Classes):
		return errors.New("its classes are not those that were agreed on before the fit")
	case m.Task == learner.Classification:
		return cluster.CheckProbabilities(values, rows, len(m.Classes))
	default:
		return nil
	}
}

// notPredicted names the stage that made a prediction fail, and has it looked after. If a stage names one of the rows that it was sent, the
// error is a *learner.DataError.
func (p *Master) notPredicted(ctx context.Context, m *network, first *cluster.Member, err error) error {
	if cluster.Abandoned(ctx) {
		return context.Cause(ctx)
	}
	failures := []api.WorkerFailure{first.Failure(err)}
	if errors.Is(err, transport.ErrTimeout) {
		if failures = p.stalled(ctx, failures); cluster.Abandoned(ctx) {
			return context.Cause(ctx)
		}
	}
	var status *transport.StatusError
	if errors.As(err, &status) && status.Problem != nil {
		if len(status.Problem.Workers) > 0 {
			failures = status.Problem.Workers
		}
		switch status.Code() {
		case api.CodeUnusableData, api.CodeInvalidRequest, api.CodeDiverged:
			for _, f := range status.Problem.Errors {
				if data, is := rest.FaultAt(f); is {
					return data
				}
			}
			return api.NewProblem(api.CodeUnusableData, status.Problem.Detail)
		default:
		}
	}
	failures = slices.Clone(failures)
	for _, w := range p.Members {
		for i, f := range failures {
			switch {
			case f.Worker != w.Name || p.Model().FitID != m.FitID:
			case f.Code == api.CodeOutdated || f.Code == api.CodeNotFitted:
				if known, is := w.Outdated(); is { // why it could not be caught up yet is the better reason
					failures[i] = known
					continue
				}
				p.Outdate(w, f.Reason)
			case f.Code == api.CodeWorkersFailed || f.Code == api.CodeWorkersTimeout:
				p.Down(ctx, w, f.Reason)
			default:
			}
		}
	}
	return api.WorkersProblem("All predict responses from workers failed.", failures)
}

// stalled names the stages that do not answer: the first one, which is known to be late, may be
// waiting for those behind it. If all answer, or none before the prediction's time is up, the failures stay as they are.
func (p *Master) stalled(ctx context.Context, late []api.WorkerFailure) []api.WorkerFailure {
	errs := cluster.Each(p.Members, func(m *cluster.Member) error { return p.Probe(ctx, m) })
	var silent []api.WorkerFailure
	for i, err := range errs {
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w: it did not say that it is alive before the prediction's time was up (endpoints.predict_timeout)", transport.ErrTimeout)
		}
		if err != nil {
			silent = append(silent, p.Members[i].Failure(err))
		}
	}
	if len(silent) == 0 || len(silent) == len(errs) && ctx.Err() != nil {
		return late
	}
	return silent
}
