package exported

import (
	"context"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// pipeline joins the stages' parts to one network.
func (r *reader) pipeline(ctx context.Context) error {
	var joined network
	for i, w := range r.manifest.Workers {
		p := r.part(w.Name)
		if p == nil {
			return r.damaged(w.Name, fmt.Errorf("the manifest has none, and a network needs all of its stages"))
		}
		text, err := r.read(ctx, p)
		if err != nil {
			return err
		}
		if err := r.stage(&joined, i, text); err != nil {
			return r.damaged(w.Name, err)
		}
	}
	first := r.config.Workers[0]
	l, blocks, err := r.parametric(first.Learner, []byte(first.Params.JSON()))
	if err != nil {
		return r.damaged(first.Name, err)
	}
	if !slices.EqualFunc(blocks, joined.blocks, func(a, b learner.Block) bool { return a.Name == b.Name && slices.Equal(a.Shape, b.Shape) }) {
		return refuse("the parameters of its stages, one after the other, are not those of one network of %s", first.Learner)
	}
	if err := l.SetParameters(joined.params); err != nil {
		return r.damaged(first.Name, err)
	}
	r.model.Members = []export.Member{{Name: r.manifest.Project, Kind: first.Learner, Learner: l, Scaling: joined.scaling}}
	return r.model.Check()
}

// network is the stages so far, one after the other.
type network struct {
	layers  int
	blocks  []learner.Block
	params  []float64
	scaling *moments.Scaling // of the first stage
}

// stage adds a stage.
func (r *reader) stage(to *network, i int, text []byte) error {
	var head pipeline.State
	arrays, err := wire.ReceivedFrom(text).Decode(&head)
	switch b := head.Begin; {
	case err != nil:
		return err
	case head.Version != pipeline.StateVersion:
		return fmt.Errorf("it is stored in version %d, and this program reads version %d", head.Version, pipeline.StateVersion)
	case head.Training || b.FitID != r.manifest.ID || b.Stage != i || b.From != to.layers || b.To < b.From || b.Stages != len(r.manifest.Workers):
		return fmt.Errorf("it is not stage %d of the network of fit %q", i+1, r.manifest.ID)
	case !slices.Equal(b.Features, r.model.Features) || !slices.Equal(b.Classes, r.model.Classes):
		return fmt.Errorf("its features or its classes, or their order, are not the model's")
	}
	w := r.config.Workers[i]
	l, err := r.learners.New(w.Learner, []byte(w.Params.JSON()), learner.Env{})
	if err != nil {
		return err
	}
	layered, ok := l.(learner.Layered)
	if !ok {
		return fmt.Errorf("its learner %s has no layers", w.Learner)
	}
	stage, err := layered.Build(r.schema(), head.Begin.From, head.Begin.To)
	if err != nil {
		return err
	}
	params, err := wire.Find(arrays, pipeline.ArrayParameters)
	if err == nil {
		err = stage.SetParameters(params.Data) // which says if they are not its own
	}
	if err != nil {
		return err
	}
	if i == 0 {
		if to.scaling, err = scalingIn(arrays, pipeline.ArrayMean, pipeline.ArrayScale, len(r.model.Features)); err != nil {
			return err
		}
	}
	to.layers, to.blocks, to.params = head.Begin.To, append(to.blocks, stage.Blocks()...), append(to.params, params.Data...)
	return nil
}
