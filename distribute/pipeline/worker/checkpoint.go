package worker

import (
	"context"
	"maps"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/workers/node"
)

// mostState bounds a stored part, instead of the limit for other bodies: a network has at most 2^28
// parameters, and its part also has the best ones so far and the optimiser's state. The memory grows
// with what arrives, not with the announced size.
const mostState = 5 * 8 << 28

// The names of the arrays.
const (
	arrayParameters = pipeline.ArrayParameters
	arrayBest       = "best"
	arrayMean       = pipeline.ArrayMean
	arrayScale      = pipeline.ArrayScale
	arrayState      = "state"
)

// capture is the state of a running fit, between two steps, or of a model. A master stores it, and
// restores it after the worker was lost. The state is one body in each direction; a master need not
// keep it in memory.
func (w *stage) capture(_ context.Context, in pipeline.CaptureRequest, _ []node.Array) (pipeline.State, []node.Array, error) {
	w.mu.Lock()
	s := w.session
	w.mu.Unlock()
	if s == nil || s.FitID != in.FitID {
		p, err := w.model(in.FitID)
		if err != nil {
			return pipeline.State{}, nil, err
		}
		head := p.head
		head.Previous, head.Next = nowhere(head.Previous), nowhere(head.Next)
		return pipeline.State{Version: pipeline.StateVersion, Begin: head}, p.arrays(p.stage.Parameters()), nil
	}
	s, done, err := w.take(in.FitID, s.Attempt)
	if err != nil {
		return pipeline.State{}, nil, err
	}
	defer done()
	if s.waits {
		return pipeline.State{}, nil, api.NewProblem(api.CodeInvalidRequest, "A step is held back; complete it first.")
	}
	return s.state()
}

// state is a copy of the state of a running fit: the next step may begin before it has been sent.
func (s *session) state() (pipeline.State, []node.Array, error) {
	state := s.vector.State()
	head := pipeline.State{
		Version: pipeline.StateVersion, Begin: s.BeginFrame, Training: true, Step: s.step,
		Optimiser: state.Name, Steps: state.Steps, Vectors: len(state.Vectors),
	}
	arrays := s.part.arrays(slices.Clone(s.params))
	if s.best != nil {
		arrays = append(arrays, wire.Vector(arrayBest, slices.Clone(s.best)))
	}
	for _, v := range state.Vectors {
		arrays = append(arrays, wire.Vector(arrayState, slices.Clone(v)))
	}
	return head, arrays, nil
}

// arrays are the arrays of a model.
func (p *part) arrays(params []float64) []node.Array {
	all := []node.Array{wire.Vector(arrayParameters, params)}
	if p.scaling != nil {
		all = append(all, wire.Vector(arrayMean, p.scaling.Mean), wire.Vector(arrayScale, p.scaling.Scale))
	}
	return all
}

// restore restores the state of a fit that has begun again, or a model.
func (w *stage) restore(ctx context.Context, c pipeline.State, arrays []node.Array) (a api.CommitResponse, _ []node.Array, err error) {
	if c.Version != pipeline.StateVersion {
		return a, nil, api.Problemf(api.CodeInvalidRequest, "The stored part has version %d; this worker reads version %d.", c.Version, pipeline.StateVersion)
	}
	params, err := node.Find(arrays, arrayParameters)
	if err != nil {
		return a, nil, err
	}
	if c.Training {
		err = w.restoreFit(c, params.Data, arrays)
	} else {
		err = w.restoreModel(ctx, c, params.Data, arrays)
	}
	return api.CommitResponse{FitID: c.Begin.FitID, Committed: !c.Training}, nil, err
}

func (w *stage) restoreFit(c pipeline.State, params []float64, arrays []node.Array) error {
	attempt := -1
	w.mu.Lock()
	if w.session != nil {
		attempt = w.session.Attempt
	}
	w.mu.Unlock()
	s, done, err := w.take(c.Begin.FitID, attempt)
	if err != nil {
		return err
	}
	defer done()
	state := optimise.State{Name: c.Optimiser, Steps: c.Steps}
	var best []float64
	for _, a := range arrays {
		switch a.Name {
		case arrayBest:
			best = a.Data
		case arrayState:
			state.Vectors = append(state.Vectors, a.Data)
		}
	}
	if c.Begin.From != s.From || c.Begin.To != s.To || c.Step < 0 || len(state.Vectors) != c.Vectors || best != nil && len(best) != len(s.params) {
		return api.Problemf(api.CodeInvalidRequest,
			"The stored part has the layers %d to %d at step %d, from which the stage, with %d to %d, cannot continue.",
			c.Begin.From, c.Begin.To, c.Step+1, s.From, s.To)
	}
	s.broken = true
	if err := s.part.stage.SetParameters(params); err != nil {
		return api.NewProblem(api.CodeInvalidRequest, err.Error())
	}
	if err := s.vector.Restore(state); err != nil {
		return api.NewProblem(api.CodeInvalidRequest, err.Error())
	}
	s.params, s.step, s.best, s.broken = params, c.Step, best, false
	return nil
}

// restoreModel takes a stored model beside the one in service, until it is committed. It needs no rows. It
// may arrive during a fit, whose session and finished part it leaves alone. An earlier one that was never
// committed is forgotten.
func (w *stage) restoreModel(ctx context.Context, c pipeline.State, params []float64, arrays []node.Array) error {
	if err := checkBegin(c.Begin); err != nil {
		return err
	}
	c.Begin.Previous, c.Begin.Next = nowhere(c.Begin.Previous), nowhere(c.Begin.Next)
	var scaling *moments.Scaling
	if mean, err := wire.Find(arrays, arrayMean); err == nil {
		scale, err := wire.Find(arrays, arrayScale)
		if err != nil || len(mean.Data) != len(c.Begin.Features) || len(scale.Data) != len(mean.Data) {
			return api.NewProblem(api.CodeInvalidRequest, "The stored part's scale does not match its features.")
		}
		scaling = &moments.Scaling{Mean: mean.Data, Scale: scale.Data}
	}
	p, err := w.newPart(c.Begin.FitID, c.Begin, scaling)
	if err != nil {
		return err
	}
	if err := p.stage.SetParameters(params); err != nil {
		return api.NewProblem(api.CodeInvalidRequest, err.Error())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	maps.DeleteFunc(w.parts, func(fitID string, other *part) bool { return fitID != w.latest && other.staged == 0 })
	w.parts[p.fitID] = p
	return nil
}
