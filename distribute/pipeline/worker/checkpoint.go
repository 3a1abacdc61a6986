package workers

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/optimise"
)

// mostState bounds a stored part, instead of the limit of other bodies: a
// network has at most 2^28 parameters, and a part of it as many, the best so far,
// and what an optimiser remembers. The memory taken goes by what comes, not by what is announced.
const mostState = 5 * 8 << 28

// The names of the arrays.
const (
	arrayBest  = "best"
	arrayMean  = "mean"
	arrayScale = "scale"
	arrayState = "state"
)

// mountCheckpoint lets a master store the stage, and bring it back after the
// worker was lost. The state goes as one body each way; a master need not keep it in memory.
func (w *stage) mountCheckpoint() {
	type askInput struct {
		FitID string `query:"fit_id" required:"true" doc:"Of the fit under way, or of a model."`
	}
	rest.Register(w.API, huma.Operation{
		Method: http.MethodGet, Path: pipeline.PathCheckpoint, Summary: "The stage's part of a network", Tags: []string{"stage"},
		Description: "Of a fit under way with what its optimiser remembers, else of a model. A binary frame (" + wire.ContentTypeFrame + ").",
		Errors:      []int{http.StatusConflict},
	}, func(_ context.Context, in *askInput) (*bodyOutput, error) {
		out, err := w.capture(in.FitID)
		if err != nil {
			return nil, w.problem(err)
		}
		return out, nil
	})
	w.mountFrame(pipeline.PathCheckpoint, "Go on from a stored part", unserved(w.restore))
}

// capture writes the state of a fit under way, between two steps, or of a
// model.
func (w *stage) capture(fitID string) (*bodyOutput, error) {
	w.mu.Lock()
	s := w.session
	w.mu.Unlock()
	if s == nil || s.FitID != fitID {
		p, err := w.model(fitID)
		if err != nil {
			return nil, err
		}
		return framed(pipeline.State{Version: pipeline.StateVersion, Begin: p.head}, p.arrays(p.stage.Parameters())...)
	}
	s, done, err := w.take(fitID, s.Attempt)
	if err != nil {
		return nil, err
	}
	defer done()
	if s.waits {
		return nil, api.NewProblem(api.CodeInvalidRequest, "A step is held back; take it first.")
	}
	state := s.vector.State()
	head := pipeline.State{
		Version: pipeline.StateVersion, Begin: s.BeginFrame, Training: true, Step: s.step,
		Optimiser: state.Name, Steps: state.Steps, Vectors: len(state.Vectors),
	}
	arrays := s.part.arrays(s.params)
	if s.best != nil {
		arrays = append(arrays, wire.Vector(arrayBest, s.best))
	}
	for _, v := range state.Vectors {
		arrays = append(arrays, wire.Vector(arrayState, v))
	}
	return framed(head, arrays...)
}

// arrays are what a model has.
func (p *part) arrays(params []float64) []wire.Array {
	all := []wire.Array{wire.Vector(parameterserver.ArrayParameters, params)}
	if p.scaling != nil {
		all = append(all, wire.Vector(arrayMean, p.scaling.Mean), wire.Vector(arrayScale, p.scaling.Scale))
	}
	return all
}

// restore brings a fit that has begun anew to where it was, or a model back.
func (w *stage) restore(_ context.Context, frame wire.Received) ([][]byte, error) {
	var c pipeline.State
	arrays, err := frame.Decode(&c)
	if err != nil {
		return nil, unreadable(err)
	}
	if c.Version != pipeline.StateVersion {
		return nil, api.Problemf(api.CodeInvalidRequest, "The stored part is of version %d; this worker reads version %d.", c.Version, pipeline.StateVersion)
	}
	params, err := wire.Find(arrays, parameterserver.ArrayParameters)
	if err != nil {
		return nil, api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	if c.Training {
		err = w.restoreFit(c, params.Data, arrays)
	} else {
		err = w.restoreModel(c, params.Data, arrays)
	}
	if err != nil {
		return nil, err
	}
	return wire.EncodeParts(nil, api.CommitResponse{FitID: c.Begin.FitID, Committed: !c.Training})
}

func (w *stage) restoreFit(c pipeline.State, params []float64, arrays []wire.Array) error {
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
		return api.Problemf(api.CodeInvalidRequest, "The stored part has the layers %d to %d at step %d, which the stage, with %d to %d, cannot go on from.", c.Begin.From, c.Begin.To, c.Step+1, s.From, s.To)
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

func (w *stage) restoreModel(c pipeline.State, params []float64, arrays []wire.Array) error {
	if err := checkBegin(c.Begin); err != nil {
		return err
	}
	var scaling *moments.Scaling
	if mean, err := wire.Find(arrays, arrayMean); err == nil {
		scale, err := wire.Find(arrays, arrayScale)
		if err != nil || len(mean.Data) != len(c.Begin.Features) || len(scale.Data) != len(mean.Data) {
			return api.NewProblem(api.CodeInvalidRequest, "The stored part's scale does not fit its features.")
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
	w.parts, w.latest = map[string]*part{p.fitID: p}, p.fitID
	return nil
}
