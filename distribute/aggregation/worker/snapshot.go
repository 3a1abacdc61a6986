package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/workers/node"
)

// mostModel bounds a stored model, instead of the limit for other bodies. The memory grows with what arrives,
// not with the announced size.
const mostModel = 8 << 30

func (w *model) mountSnapshot() {
	node.HandleQuery(w.Node, aggregation.Snapshot, w.snapshot, node.Describe("A master stores it, and gives it back to the worker when it has lost it."))
	node.Handle(w.Node, aggregation.Restore, w.restore, node.Largest(mostModel), node.Describe(
		"The model is staged under its fit until it is committed. The worker needs no training data for it, nor to predict with it. "+
			"What is damaged, or is another worker's, is refused."))
}

// snapshot is a model as it is stored.
func (w *model) snapshot(_ context.Context, q aggregation.SnapshotRequest, _ []node.Array) (head aggregation.ModelFrame, _ []node.Array, err error) {
	f := w.known(q.FitID)
	if f == nil {
		return head, nil, api.Problemf(api.CodeOutdated, "Worker %s holds no model of fit %q.", w.Spec.Name, q.FitID)
	}
	s, ok := f.learner.(learner.Snapshotter)
	if !ok {
		return head, nil, api.Problemf(api.CodeNoSnapshot, "Worker %s: what %s has learned cannot be stored, since it has no snapshots.",
			w.Spec.Name, w.Spec.Learner)
	}
	b, err := s.MarshalBinary()
	if err != nil {
		return head, nil, fmt.Errorf("storing the model: %w", err)
	}
	head = aggregation.ModelFrame{
		Version: aggregation.ModelVersion, FitID: f.fitID, Worker: w.Spec.Name,
		Learner: w.Spec.Learner, Params: params(w.Spec.Params), ConfigHash: w.Spec.ConfigHash,
		Classes: f.classes, Features: f.features, Columns: f.columns, Preparation: f.preparation,
		Rows: f.rows, RowsSum: f.rowsSum, Agreed: f.agreed, Seconds: f.seconds, OutOfBag: f.outOfBag, Convergence: f.convergence,
		Bytes: len(b),
	}
	return head, []node.Array{wire.Bytes(aggregation.ArrayLearner, b)}, nil
}

// params are parameters in JSON; nil for none.
func params(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// restore makes a learner of what snapshot has returned, and stages it.
func (w *model) restore(ctx context.Context, head aggregation.ModelFrame, arrays []node.Array) (a api.CommitResponse, _ []node.Array, err error) {
	refuse := func(err error) (api.CommitResponse, []node.Array, error) {
		return a, nil, api.Problemf(api.CodeInvalidRequest, "Worker %s cannot take the stored model of fit %q: %v.", w.Spec.Name, head.FitID, err)
	}
	if err := errors.Join(head.Check(), w.suits(head)); err != nil {
		return refuse(err)
	}
	array, err := node.Find(arrays, aggregation.ArrayLearner)
	if err != nil {
		return a, nil, err
	}
	if len(arrays) != 1 {
		return refuse(fmt.Errorf("it has %d arrays instead of 1", len(arrays)))
	}
	b, err := array.Bytes(head.Bytes)
	if err != nil {
		return refuse(err)
	}
	est, err := w.Learner()
	if err != nil {
		return a, nil, err
	}
	s, ok := est.(learner.Snapshotter)
	if !ok {
		return a, nil, api.Problemf(api.CodeNoSnapshot, "Worker %s: %s takes no stored model, since it has no snapshots.", w.Spec.Name, w.Spec.Learner)
	}
	if err := s.UnmarshalBinary(b); err != nil {
		return refuse(err)
	}
	if err := answers(ctx, est, len(head.Features), len(head.Classes)); err != nil {
		if ctx.Err() != nil {
			return a, nil, context.Cause(ctx)
		}
		return refuse(fmt.Errorf("it is not for its %d features and %d classes: %w", len(head.Features), len(head.Classes), err))
	}
	w.stage(&fitted{
		fitID: head.FitID, learner: est, classes: head.Classes, features: head.Features, seconds: head.Seconds,
		columns: head.Columns, preparation: head.Preparation,
		rows: head.Rows, rowsSum: head.RowsSum, agreed: head.Agreed, outOfBag: head.OutOfBag, convergence: head.Convergence,
	})
	w.Log.InfoContext(ctx, "a stored model was taken back", "model", head.FitID, "bytes", head.Bytes)
	return api.CommitResponse{FitID: head.FitID}, nil, nil
}

// suits refuses the model of another worker.
func (w *model) suits(head aggregation.ModelFrame) error {
	switch classifies := w.Info.Task == learner.Classification; {
	case head.Worker != w.Spec.Name:
		return fmt.Errorf("it is that of worker %q", rest.Shorten(head.Worker))
	case head.Learner != w.Spec.Learner:
		return fmt.Errorf("it is that of learner %q, and the worker's is %s", rest.Shorten(head.Learner), w.Spec.Learner)
	case !w.sameParams(head.Params, params(w.Spec.Params)):
		return fmt.Errorf("it was fitted with the parameters %s, and the worker's are %s", rest.Shorten(string(head.Params)), w.Spec.Params)
	case classifies != (len(head.Classes) > 0):
		return fmt.Errorf("it has %d classes, and %s is for %s", len(head.Classes), w.Spec.Learner, w.Info.Task)
	}
	return nil
}

// sameParams compares parameters of the worker's learner; those that are the defaults may be left out.
func (w *model) sameParams(a, b json.RawMessage) bool {
	given := func(text json.RawMessage) (map[string]string, bool) {
		all := map[string]json.RawMessage{}
		if text != nil && json.Unmarshal(text, &all) != nil {
			return nil, false
		}
		spelled := make(map[string]string, len(all))
		for name, v := range all {
			spelled[name] = string(w.Info.Canonical(name, v))
		}
		for _, p := range w.Info.Params {
			if v, is := spelled[p.Name]; is && v == string(w.Info.Canonical(p.Name, p.Default)) {
				delete(spelled, p.Name)
			}
		}
		return spelled, true
	}
	one, known := given(a)
	other, alsoKnown := given(b)
	return known && alsoKnown && maps.Equal(one, other)
}

// answers lets a learner that was read back predict a row of zeros: it must be for as many features, and know as many
// classes. A learner that refuses the numbers themselves has looked at how many they are.
func answers(ctx context.Context, est learner.Estimator, features, classes int) error {
	x := mat.NewDense(1, features, nil)
	var err error
	if classes == 0 {
		var y []float64
		if y, err = est.Predict(ctx, x); err == nil && len(y) != 1 {
			err = fmt.Errorf("it answers a row with %d numbers", len(y))
		}
	} else {
		var proba *mat.Dense
		if proba, err = learner.Probabilities(ctx, est, x, classes); err == nil {
			if r, c := proba.Dims(); r != 1 || c != classes {
				err = fmt.Errorf("it answers a row with %d x %d probabilities", r, c)
			}
		}
	}
	var data *learner.DataError
	if errors.As(err, &data) && data.Row >= 0 {
		return nil
	}
	return err
}

// known is the model of a fit, wherever it is kept; nil if the worker has none.
func (w *model) known(fitID string) *fitted {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range slices.Concat(w.staged, []*fitted{w.serving, w.previous}) {
		if f != nil && f.fitID == fitID {
			return f
		}
	}
	return nil
}
