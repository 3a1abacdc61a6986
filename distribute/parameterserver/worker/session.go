package worker

import (
	"context"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/penalty"
	"github.com/gochimera/chimera/workers/node"
)

// session is what a worker keeps of a fit: the learner, and the rows as the fit uses them. Only its
// working memory changes from step to step.
type session struct {
	parameterserver.BeginFrame
	model      learner.Differentiable
	blocks     []learner.Block
	penalty    penalty.Penalty
	train      learner.Dataset
	validation learner.Dataset // empty if no rows are held out
	alone      bool            // the master has no proximal step: take the one of the last step too
	parameters int             // number of the model's parameters
	gradient   []float64       // working memory of mode local, one number per parameter
	order      *node.Order
}

// shard returns the worker's rows as a fit uses them, split into training rows and held-out rows.
func (w *sgd) shard(ctx context.Context, head parameterserver.BeginFrame) (train, held learner.Dataset, err error) {
	if train, err = w.Rows(ctx, head.Features, head.Classes, head.Prepared); err != nil {
		return train, held, err
	}
	if head.FirstRow > 0 {
		train.Rows = make([]uint64, len(train.Y))
		for i := range train.Rows {
			train.Rows[i] = head.FirstRow + uint64(i)
		}
	}
	if head.Validation > 0 {
		trained, heldOut := node.HoldOut(len(train.Y), head.Validation, head.Seed, w.Spec.Name)
		train, held = train.Select(trained), train.Select(heldOut)
	}
	return train, held, nil
}

// moments returns the moments of the worker's training rows.
func (w *sgd) moments(ctx context.Context, head parameterserver.MomentsFrame, _ []node.Array) (a parameterserver.MomentsAnswer, _ []node.Array, err error) {
	start := time.Now()
	train, _, err := w.shard(ctx, parameterserver.BeginFrame{
		Features: head.Features, Validation: head.Validation, Seed: head.Seed, Prepared: head.Prepared,
	})
	if err != nil {
		return a, nil, err
	}
	if err := learner.CheckFit(train, w.Info.Task, w.Info.Traits); err != nil {
		return a, nil, err
	}
	m, err := moments.FromDataset(ctx, train)
	if err != nil {
		return a, nil, err
	}
	for j, mean := range m.Mean {
		if !numeric.IsFinite(mean + m.M2[j]) {
			return a, nil, &learner.DataError{
				Row: -1, Column: j, Name: head.Features[j],
				Reason: "its values are missing, or too large for their squares; the features of a parameter server must be finite",
			}
		}
	}
	w.Faults.SpoilMoments(m.Mean, m.M2)
	a = parameterserver.MomentsAnswer{FitID: head.FitID, Weight: m.Weight, Seconds: time.Since(start).Seconds()}
	return a, []node.Array{wire.Vector("mean", m.Mean), wire.Vector("m2", m.M2)}, nil
}

// begin makes the session of a fit, which replaces any other.
func (w *sgd) begin(ctx context.Context, head parameterserver.BeginFrame, arrays []node.Array) (parameterserver.BeginAnswer, []node.Array, error) {
	start := time.Now()
	defer w.Forget()
	s, err := w.newSession(ctx, head, arrays)
	if err != nil {
		return parameterserver.BeginAnswer{}, nil, err
	}
	w.mu.Lock()
	w.session = s
	w.mu.Unlock()
	w.Log.InfoContext(ctx, "taking part in a fit", "run", s.FitID, "mode", s.Mode, "rows", s.train.Len())
	return parameterserver.BeginAnswer{
		FitID: s.FitID, Worker: w.Spec.Name, Rows: s.train.Len(), ValidationRows: s.validation.Len(), Parameters: s.parameters, Seconds: time.Since(start).Seconds(),
	}, nil, nil
}

// checkBegin refuses requests that no worker can satisfy.
func checkBegin(h parameterserver.BeginFrame) error {
	const full, minibatch, local = parameterserver.FullMode, parameterserver.MinibatchMode, parameterserver.LocalMode
	switch {
	case h.Mode != full && h.Mode != minibatch && h.Mode != local:
		return api.Problemf(api.CodeInvalidRequest, "Mode %q is none of %s, %s, %s.", rest.Shorten(string(h.Mode)), full, minibatch, local)
	case h.BatchSize < 0 || h.Mode == minibatch && h.BatchSize == 0:
		return api.Problemf(api.CodeInvalidRequest, "A batch size of %d cannot be used with mode %s.", h.BatchSize, h.Mode)
	case h.Mode == local && h.LocalEpochs < 1:
		return api.Problemf(api.CodeInvalidRequest, "Mode local needs at least one local epoch, not %d.", h.LocalEpochs)
	case h.FitID == "":
		return api.NewProblem(api.CodeInvalidRequest, "The fit has no ID.")
	default:
		return nil
	}
}

func (w *sgd) newSession(ctx context.Context, head parameterserver.BeginFrame, arrays []node.Array) (*session, error) {
	if err := checkBegin(head); err != nil {
		return nil, err
	}
	s := &session{
		BeginFrame: head,
		penalty:    penalty.Penalty{Kind: penalty.Kind(head.Penalty), Alpha: head.Alpha, L1Ratio: head.L1Ratio},
	}
	if err := s.penalty.Check(); err != nil {
		return nil, err
	}
	var err error
	if s.train, s.validation, err = w.shard(ctx, head); err != nil {
		return nil, err
	}
	if err := learner.CheckFit(s.train, w.Info.Task, w.Info.Traits); err != nil {
		return nil, err
	}
	s.order = node.NewOrder(s.train.Len(), true, s.Seed, w.Spec.Name)
	if err := s.standardise(arrays); err != nil {
		return nil, err
	}
	est, err := w.Learner()
	if err != nil {
		return nil, err
	}
	s.model = est.(learner.Differentiable) // the role needs it
	if s.blocks, err = s.model.Init(s.train.Schema); err != nil {
		return nil, err
	}
	for _, b := range s.blocks {
		s.parameters += b.Len()
	}
	if s.Mode == parameterserver.LocalMode {
		s.gradient = make([]float64, s.parameters)
	}
	return s, nil
}

// standardise scales the rows with the moments that the master computed.
func (s *session) standardise(arrays []node.Array) error {
	if len(arrays) == 0 {
		return nil
	}
	var scaling moments.Scaling
	for _, a := range []struct {
		name string
		into *[]float64
	}{{"mean", &scaling.Mean}, {"scale", &scaling.Scale}} {
		found, err := node.Find(arrays, a.name)
		if err != nil {
			return err
		}
		if len(found.Data) != len(s.Features) || slices.Contains(found.Data, 0) && a.name == "scale" {
			return api.Problemf(api.CodeInvalidRequest, "The array %s does not fit %d features.", a.name, len(s.Features))
		}
		*a.into = found.Data
	}
	for _, d := range []*learner.Dataset{&s.train, &s.validation} {
		if d.Len() == 0 {
			continue
		}
		x, err := scaling.Standardize(d.X)
		if err != nil {
			return err
		}
		d.X = x
	}
	return nil
}
