package worker

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/workers/node"
)

// seedOfPipeline names the part of the run's randomness that all stages share: initial parameters, the
// order of the rows, dropout.
const seedOfPipeline = "pipeline"

// session is a stage's part in a fit.
type session struct {
	pipeline.BeginFrame
	ctx    context.Context // ends with the session, which outlives the request that began it
	cancel context.CancelCauseFunc

	part     *part // the part of the model that it becomes
	engine   *pipeline.Stage
	vector   *optimise.Vector
	train    learner.Dataset
	held     learner.Dataset // held-out rows; none without early stopping
	layers   int             // of the whole network
	in, out  int             // values per row of the stage's input and output
	inbox    *inbox
	received atomic.Int64                  // bytes from neighbours since the last answer to a step
	handing  atomic.Pointer[pipeline.Peer] // the neighbour that must take micro-batches before the stage goes on; nil if none

	working atomic.Bool // a command is running, which alone uses the fields below
	step    int         // the next one
	waits   bool        // the previous step was held back
	weight  float64     // of its rows
	broken  bool        // a step failed, and left the parameters half updated
	params  []float64
	grad    []float64
	best    []float64 // parameters with the best score; nil if none were kept
	order   *node.Order
}

// begin makes the session of a fit, which replaces any other.
func (w *stage) begin(ctx context.Context, head pipeline.BeginFrame) (a pipeline.BeginAnswer, err error) {
	start := time.Now()
	defer w.Forget()
	s, err := w.newSession(ctx, head)
	if err != nil {
		return a, err
	}
	if err := w.replace(ctx, s); err != nil {
		return a, err
	}
	w.Log.InfoContext(ctx, "taking part in a fit", "run", s.FitID,
		"stage", fmt.Sprintf("%d of %d", s.Stage+1, s.Stages), "layers", s.To-s.From, "parameters", len(s.params))
	return pipeline.BeginAnswer{
		FitID: s.FitID, Worker: w.Spec.Name, Rows: s.train.Len(), ValidationRows: s.held.Len(), RowsSum: w.rowsSum(s), OrderSum: s.orderSum(),
		Parameters: len(s.params), Layers: s.layers, Seconds: time.Since(start).Seconds(),
	}, nil
}

// replace makes s the current session. It refuses a session that is too late, because its caller has
// given up and perhaps begun again.
func (w *stage) replace(ctx context.Context, s *session) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.session
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if slices.Contains(w.over, s.FitID) {
		return api.Problemf(api.CodeOutdated, "Fit %q is over; worker %s cannot begin it again.", s.FitID, w.Spec.Name)
	}
	if old != nil && old.FitID == s.FitID && old.Attempt > s.Attempt {
		return api.Problemf(api.CodeOutdated, "Worker %s takes part in attempt %d of fit %q; attempt %d is over.", w.Spec.Name, old.Attempt, s.FitID, s.Attempt)
	}
	if old != nil {
		old.cancel(errReplaced)
	}
	w.session = s
	return nil
}

var errReplaced = api.NewProblem(api.CodeOutdated, "Another fit has begun on this stage.")

func (w *stage) newSession(ctx context.Context, head pipeline.BeginFrame) (*session, error) {
	if err := checkBegin(head); err != nil {
		return nil, err
	}
	if err := w.checkNeighbours(ctx, head); err != nil {
		return nil, err
	}
	train, err := w.Rows(ctx, head.Features, head.Classes, head.Prepared)
	if err != nil {
		return nil, err
	}
	if err := learner.CheckFit(train, w.Info.Task, w.Info.Traits); err != nil {
		return nil, err
	}
	s := &session{BeginFrame: head, train: train}
	if head.Validation > 0 {
		trained, heldOut := node.HoldOut(train.Len(), head.Validation, head.Seed, seedOfPipeline)
		s.train, s.held = train.Select(trained), train.Select(heldOut)
	}
	s.order = node.NewOrder(s.train.Len(), s.Shuffle, s.Seed, seedOfPipeline)
	if s.part, err = w.newPart(head.FitID, head, nil); err != nil {
		return nil, err
	}
	if err := s.standardise(ctx); err != nil {
		return nil, err
	}
	layers, err := s.part.network.Layers(s.train.Schema)
	if err != nil {
		return nil, err
	}
	s.layers, s.in, s.out = len(layers), layers[head.From].In, layers[head.To-1].Out
	s.engine = &pipeline.Stage{Part: s.part.stage, Index: head.Stage, Count: head.Stages, Objective: s.part.objective}
	var parts []optimise.Part
	for _, b := range s.part.stage.Blocks() {
		parts = append(parts, optimise.Part{Len: b.Len(), Penalised: b.Penalised})
	}
	settings := optimise.Settings{Name: head.Solver, Momentum: head.Momentum, Beta1: head.Beta1, Beta2: head.Beta2, Epsilon: head.Epsilon}
	if s.vector, err = optimise.NewVector(parts, settings, head.Alpha); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, err.Error())
	}
	s.params = s.part.stage.Parameters()
	s.grad = make([]float64, len(s.params))
	s.ctx, s.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	s.inbox = newInbox(s.ctx, s.MicroBatches)
	return s, nil
}

// checkBegin refuses requests that no stage can satisfy.
func checkBegin(h pipeline.BeginFrame) error {
	fail := func(format string, args ...any) error { return api.Problemf(api.CodeInvalidRequest, format, args...) }
	switch {
	case h.FitID == "":
		return fail("The fit has no ID.")
	case h.Stages < 1 || h.Stage < 0 || h.Stage >= h.Stages:
		return fail("There is no stage %d of %d.", h.Stage+1, h.Stages)
	case (h.Previous == nil) != (h.Stage == 0) || (h.Next == nil) != (h.Stage == h.Stages-1):
		return fail("Stage %d of %d cannot have the neighbours in the request.", h.Stage+1, h.Stages)
	case h.BatchSize < 1 || h.MicroBatches < 1 || h.MicroBatches > mostMicroBatches:
		return fail("Mini-batches of %d rows cannot be split into %d micro-batches; there must be 1 to %d micro-batches.",
			h.BatchSize, h.MicroBatches, mostMicroBatches)
	case !(h.Validation >= 0 && h.Validation < 1):
		return fail("A share of %v of the rows cannot be held out.", h.Validation)
	}
	if _, err := pipeline.Schedule(h.Schedule).Ops(0, 1, 1); err != nil {
		return api.NewProblem(api.CodeInvalidRequest, err.Error())
	}
	return nil
}

// standardise scales the features with the moments of the training rows; only the first stage uses the
// features.
func (s *session) standardise(ctx context.Context) error {
	if !s.Standardize || s.Stage > 0 {
		return nil
	}
	m, err := moments.FromDataset(ctx, s.train)
	if err != nil {
		return err
	}
	scaling, err := m.Scaling()
	if err != nil {
		return err
	}
	s.part.scaling = &scaling
	for _, d := range []*learner.Dataset{&s.train, &s.held} {
		if d.Len() == 0 {
			continue
		}
		if d.X, err = scaling.Standardize(d.X); err != nil {
			return err
		}
	}
	return nil
}

// peer is a neighbour: the next stage, or the previous one.
func (s *session) peer(before bool) *pipeline.Peer {
	if before {
		return s.Previous
	}
	return s.Next
}

// rows are the rows of mini-batch k of an epoch.
func (s *session) rows(epoch, k int) []int {
	order := s.order.Of(epoch)
	if k > (len(order)-1)/s.BatchSize {
		return nil
	}
	from := k * s.BatchSize
	return order[from : from+min(s.BatchSize, len(order)-from)]
}

// at is the position of a step in the run.
func (s *session) at(epoch, step int) learner.Step {
	return learner.Step{Seed: learner.Seed(s.Seed, seedOfPipeline), Epoch: epoch, Index: step}
}
