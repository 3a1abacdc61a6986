package master

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/prepare/table"
)

// query is one prediction, which is requested from all members.
type query struct {
	model cluster.Model
	asked cluster.Rows // as they came
	raw   table.Rows   // as they came
	x     *mat.Dense   // the model's features; nil if no model is in service, so that workers bring the rows into theirs
}

// newQuery brings rows into the features of the model in service, if there is one and it is known what they are.
func newQuery(ctx context.Context, model cluster.Model, rows cluster.Rows) (q *query, err error) {
	q = &query{model: model, asked: rows, raw: rows.Rows}
	if model.Features == nil {
		return q, nil
	}
	q.x, err = rows.Into(ctx, &model)
	return q, err
}

// frame is the question to our workers.
func (q *query) frame() (*cluster.Message[api.PredictFrame, api.PredictedFrame], error) {
	frame := cluster.NewMessage(aggregation.Predict)
	if q.x != nil {
		return frame, frame.Encode(api.PredictFrame{FitID: q.model.FitID, Columns: q.model.Features}, wire.Dense(wire.ArrayRows, q.x))
	}
	texts, arrays := wire.RowsArrays(q.raw)
	return frame, frame.Encode(api.PredictFrame{FitID: q.model.FitID, Columns: q.raw.Columns, Texts: texts, Raw: true}, arrays...)
}

// reply is one member's answer, or the reason why there is none.
type reply struct {
	cluster.Output
	fitID   string
	classes []learner.Label
	notes   []string
	failure *api.WorkerFailure
	faults  []api.Fault // with the failure: the places in the rows as the worker was sent them
}

// askAll requests a prediction from every member that is up and holds the model in service: with
// frames from our workers, with JSON from those of the Python package.
func (a *Master) askAll(ctx context.Context, q *query) ([]reply, error) {
	replies := make([]reply, len(a.Members))
	var ours, python []*cluster.Member
	absent := cluster.Each(a.Members, func(m *cluster.Member) *api.WorkerFailure { return a.absent(ctx, m) })
	for i, m := range a.Members {
		switch {
		case absent[i] != nil:
			replies[i].failure = absent[i]
		case m.IsPython():
			python = append(python, m)
		default:
			ours = append(ours, m)
		}
	}
	frame, err := q.frame()
	if err != nil {
		return nil, err
	}
	tally := a.NewTally(a.quorum)
	askOurs := func() {
		cluster.Gather(ctx, a.Cluster, ours, frame, tally, func(i int, r cluster.Reply[api.PredictedFrame]) {
			a.note(q, ours[i], replies, tally, r.Err, func() (reply, error) { return q.read(r) })
		})
	}
	if len(python) == 0 {
		askOurs()
		return replies, nil
	}
	raw := q.raw
	if q.x != nil { // in the columns that the worker was fitted with, which may be more than those that ours need
		if raw, err = q.asked.Raw(&q.model); err != nil {
			return nil, err
		}
	}
	body, err := wire.EncodePredict(nil, raw)
	if err != nil {
		return nil, fmt.Errorf("encoding the rows: %w", err)
	}
	plain := cluster.NewMessage(aggregation.PythonAnswer)
	if err := plain.Encode(body); err != nil {
		return nil, err
	}
	cluster.Both(askOurs, func() {
		cluster.Gather(ctx, a.Cluster, python, plain, tally, func(i int, r cluster.Reply[aggregation.PythonPredicted]) {
			a.note(q, python[i], replies, tally, r.Err, func() (reply, error) { return q.readPython(r) })
		})
	})
	return replies, nil
}

// absent returns the reason why a member is not asked, if there is one.
func (a *Master) absent(ctx context.Context, m *cluster.Member) *api.WorkerFailure {
	f, absent := m.Unavailable()
	if !absent {
		f, absent = m.Outdated()
	}
	if !absent && !m.IsKnown() { // nobody has fitted through this master yet: find out what the worker is
		if _, err := a.Schema(ctx, m); err != nil {
			f, absent = m.Failure(err), true
		}
	}
	if absent {
		return &f
	}
	return nil
}

// note records a member's reply, or why there is none. A member that holds another model, or none
// although a fit has been committed, must be caught up, unless the query's fit is no longer the one in
// service.
func (a *Master) note(q *query, m *cluster.Member, replies []reply, tally *cluster.Tally, err error, read func() (reply, error)) {
	var r reply
	if err == nil {
		r, err = read()
	}
	if err != nil {
		f := m.Failure(err)
		r = reply{failure: &f, faults: faultsOf(err)}
		if q.model.FitID != "" && q.model.FitID == a.Model().FitID && (f.Code == api.CodeOutdated || f.Code == api.CodeNotFitted) {
			a.Outdate(m, f.Reason)
		}
	} else {
		tally.Good()
	}
	replies[m.Index] = r
}

// faultsOf are the places that a worker names in the rows that it refuses, or has no number for.
func faultsOf(err error) []api.Fault {
	var status *transport.StatusError
	if !errors.As(err, &status) || status.Problem == nil {
		return rest.Faults(err)
	}
	return status.Problem.Errors
}

// read checks the answer of a worker of ours: it must be of the right fit and classes, with one finite
// value or one row of probabilities per row.
func (q *query) read(answer cluster.Reply[api.PredictedFrame]) (reply, error) {
	head, arrays := answer.Value, answer.Arrays
	if q.model.FitID != "" && head.FitID != q.model.FitID {
		return reply{}, fmt.Errorf("it answered with the model of fit %q instead of %q", head.FitID, q.model.FitID)
	}
	if len(arrays) != 1 {
		return reply{}, fmt.Errorf("it answered with %d arrays instead of 1", len(arrays))
	}
	if q.model.FitID != "" && !slices.Equal(head.Classes, q.model.Classes) {
		return reply{}, errors.New("its classes are not those that were agreed on before the fit")
	}
	rows := q.raw.Len()
	r, values, classes := reply{fitID: head.FitID, classes: head.Classes, notes: head.Notes}, arrays[0].Data, len(head.Classes)
	if classes > 0 {
		if err := cluster.CheckProbabilities(values, rows, classes); err != nil {
			return reply{}, err
		}
		r.Proba = mat.NewDense(rows, classes, values)
		return r, nil
	}
	if err := cluster.CheckValues(values, rows, 1); err != nil {
		return reply{}, err
	}
	r.Values = values
	return r, nil
}

// readPython checks the answer of a worker of the Python package: one number per row, which for a
// classifier is the probability of the second class.
func (q *query) readPython(answer cluster.Reply[aggregation.PythonPredicted]) (reply, error) {
	y := answer.Value.Y
	rows := q.raw.Len()
	if err := cluster.CheckValues(y, rows, 1); err != nil {
		return reply{}, err
	}
	r := reply{fitID: q.model.FitID}
	if q.model.Task != learner.Classification {
		r.Values = y
		return r, nil
	}
	r.Proba = mat.NewDense(rows, len(q.model.Classes), nil)
	for i, p := range y {
		switch {
		case p < 0 || p > 1:
			return reply{}, fmt.Errorf("row %d: it answered %v, which is not a probability", i, p)
		case len(q.model.Classes) > 1:
			r.Proba.Set(i, 1, p)
			r.Proba.Set(i, 0, 1-p)
		default:
			r.Proba.Set(i, 0, 1)
		}
	}
	return r, nil
}
