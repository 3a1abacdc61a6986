package master

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

const arrayState = summation.ArrayState

// keep stores a model, with the report of its fit.
func (t *training) keep(ctx context.Context, model *trained, report *api.FitResponse) error {
	head := summation.ModelFrame{
		Version: summation.ModelVersion, FitID: t.ID, Learner: t.master.learner.Info.Name, Params: t.master.learner.Params(),
	}
	err := t.StorePart(ctx, summation.ModelPart, func(w io.Writer) error { return wire.Write(w, head, wire.Vector(arrayState, t.course.state)) })
	if err != nil {
		return err
	}
	return t.Keep(ctx, &model.Model, nil, report)
}

// decode makes a model of the text of its part, and of what is known of it besides.
func (p *Master) decode(text []byte, known cluster.Model) (*trained, error) {
	var head summation.ModelFrame
	arrays, err := wire.ReceivedFrom(text).Decode(&head)
	switch {
	case err != nil:
		return nil, err
	case head.Version < 1 || head.Version > summation.ModelVersion:
		return nil, fmt.Errorf("it is stored in version %d, and this program reads version %d: serve it with a newer one", head.Version, summation.ModelVersion)
	case head.FitID != known.FitID:
		return nil, fmt.Errorf("its part is that of fit %q", head.FitID)
	}
	if err := p.learner.Is(head.Learner, head.Params); err != nil {
		return nil, err
	}
	if err := known.Check(p.learner.Info.Task); err != nil {
		return nil, err
	}
	state, err := wire.Find(arrays, arrayState)
	if err != nil {
		return nil, err
	}
	m := &trained{Model: known}
	if m.learner, err = p.newLearner(); err != nil {
		return nil, err
	}
	if err := m.learner.SetState(learner.Schema{Features: known.Features, Classes: known.Classes}, slices.Clone(state.Data)); err != nil {
		return nil, err
	}
	if c, ok := m.learner.(learner.Clusterer); ok && c.Clusters() != len(known.Classes) {
		return nil, fmt.Errorf("its state has %d clusters, and what is known of it names %d", c.Clusters(), len(known.Classes))
	}
	return m, nil
}
