package master

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
)

// Adopt puts a stored network into service when the master starts. The stages are given their parts by CatchUp.
func (p *Master) Adopt(_ context.Context, s *cluster.Stored) error {
	model, err := p.revive(s)
	if err != nil {
		return err
	}
	p.model.Store(model)
	for _, m := range p.Members {
		p.Outdate(m, "it has not been given its part of the stored network yet")
	}
	return nil
}

// Serve puts a stored network into service in place of another. The stages are given their parts beside those that
// serve, one after the other; when all have theirs, the pointer is swapped, and they forget the old ones.
func (p *Master) Serve(ctx context.Context, f *cluster.Fit, s *cluster.Stored) error {
	if p.Model().FitID == s.ID {
		return f.Keeping(ctx)
	}
	model, err := p.revive(s)
	if err != nil {
		return refused(f, api.CodeModelUnsuited, "The stored model %s cannot be served: %v.", s.ID, err)
	}
	if err := p.stage(ctx, f, model); err != nil {
		p.forget(ctx, f)
		return err
	}
	if err := f.Keeping(ctx); err != nil {
		f.Unkeep(cluster.Background(ctx))
		p.forget(ctx, f)
		return err
	}
	p.replace(cluster.Background(ctx), f, model)
	return nil
}

// refused is the problem of a stored network that does not go into service.
func refused(f *cluster.Fit, code api.Code, format string, args ...any) error {
	p := api.Problemf(code, format+" The model that served before, if any, stays in service.", args...)
	p.FitID = f.ID
	return p
}

// replace puts a network into service whose parts all stages have, and tells them.
func (p *Master) replace(ctx context.Context, f *cluster.Fit, model *network) {
	old := p.model.Swap(model)
	for i, err := range p.tell(ctx, f.ID, pipeline.Commit) {
		m := p.Members[i]
		m.Identify(f.Schemas[i])
		if err != nil { // it will be caught up: the model is complete
			p.Outdate(m, err.Error())
			continue
		}
		p.Current(m, f.ID)
	}
	if old == nil {
		return
	}
	if err := old.stored.Drop(ctx); err != nil {
		p.Log.WarnContext(ctx, "the copy of an old network could not be removed", "model", old.FitID, "error", err)
	}
}

// stage gives all members their parts of a stored network. All are needed, and must be what took part in its fit.
func (p *Master) stage(ctx context.Context, f *cluster.Fit, model *network) error {
	f.Ask(ctx)
	for i, m := range p.Members {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		is, was := f.Schemas[i], model.stored.Workers[i]
		if f.Failure(m) == nil && (is == nil || is.Learner != was.Learner || is.ConfigHash != was.ConfigHash) {
			f.Fail(m, api.WorkerFailure{Worker: m.Name, Code: api.CodeUnusableData,
				Reason: "its learner or its configuration is not what took part in the fit of the stored model; fit again, or change it back"})
		}
	}
	for _, m := range p.Members {
		if len(f.Failures()) > 0 {
			break
		}
		err := p.deliver(ctx, m, model)
		model.had[m.Index].Store(true)
		var damaged *models.DamagedError
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &damaged):
			return refused(f, api.CodeModelDamaged, "The stored model %s cannot be served: %v.", f.ID, damaged)
		case err != nil:
			f.Fail(m, m.Failure(err))
		}
	}
	if failures := f.Failures(); len(failures) > 0 {
		return f.Problem("A network needs all of its stages.", failures)
	}
	return nil
}

// forget lets the members forget the parts of a network that does not go into service.
func (p *Master) forget(ctx context.Context, f *cluster.Fit) {
	ctx, cancel := p.Courtesy(ctx)
	defer cancel()
	p.tell(ctx, f.ID, pipeline.Discard)
}

// revive makes a network of a stored model, if the learner still makes the same layers.
func (p *Master) revive(s *cluster.Stored) (*network, error) {
	var of state
	if err := json.Unmarshal(s.State, &of); err != nil {
		return nil, fmt.Errorf("its manifest does not say which worker has which layers: %w", err)
	}
	model := &network{Model: s.ServedModel(), stages: of.Stages, stored: s, had: make([]atomic.Bool, len(p.Members))}
	for i, w := range p.Config().Workers {
		was := s.Workers[i]
		if w.Learner != "" && was.Learner != "" && (w.Learner != was.Learner || !sameJSON(was.Params, []byte(w.Params.JSON()))) {
			return nil, fmt.Errorf("worker %s had the learner %s with %s, and has %s with %s now; change that back, or fit again",
				w.Name, was.Learner, orNothing(was.Params), w.Learner, w.Params.JSON())
		}
	}
	est, err := p.newLearner()
	if err != nil {
		return nil, err
	}
	layers, err := est.Layers(learner.Schema{Features: model.Features, Classes: model.Classes})
	if err != nil {
		return nil, err
	}
	if p.learner.Info.Task != model.Task || !slices.EqualFunc(of.Stages, p.stagesOf(layers, of.Cuts), sameStage) {
		return nil, errors.New("the learner does not make the layers that were stored; change its parameters back, or fit again")
	}
	return model, nil
}

// stagesOf says which member has which layers; nil if the cuts are none of these layers.
func (p *Master) stagesOf(layers []learner.LayerSpec, cuts []int) []api.StageInfo {
	n := len(p.Members)
	if len(cuts) != n+1 || cuts[0] != 0 || cuts[n] != len(layers) || !slices.IsSorted(cuts) {
		return nil
	}
	all := make([]api.StageInfo, n)
	for i, m := range p.Members {
		all[i] = api.StageInfo{Worker: m.Name, Stage: i}
		for _, l := range layers[cuts[i]:cuts[i+1]] {
			all[i].Layers = append(all[i].Layers, api.LayerInfo{Name: l.Name, In: l.In, Out: l.Out, Parameters: l.Parameters, Cost: l.Cost})
			all[i].Parameters += l.Parameters
		}
	}
	return all
}

func sameStage(a, b api.StageInfo) bool {
	return a.Worker == b.Worker && a.Stage == b.Stage && a.Parameters == b.Parameters &&
		slices.EqualFunc(a.Layers, b.Layers, func(a, b api.LayerInfo) bool {
			return a.Name == b.Name && a.In == b.In && a.Out == b.Out && a.Parameters == b.Parameters
		})
}

// sameJSON compares two texts but for their spaces; none at all is an empty object.
func sameJSON(a, b []byte) bool { return bytes.Equal(orNothing(a), orNothing(b)) }

func orNothing(text []byte) []byte {
	var compact bytes.Buffer
	if len(text) == 0 || json.Compact(&compact, text) != nil {
		return []byte("{}")
	}
	return compact.Bytes()
}
