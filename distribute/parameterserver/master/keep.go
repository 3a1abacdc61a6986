package master

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/masters/cluster"
)

// What is stored of a model, and the arrays of it and of a checkpoint.
const (
	partName        = parameterserver.ModelPart
	partVersion     = parameterserver.ModelVersion
	arrayParameters = parameterserver.ArrayParameters
	arrayMean       = parameterserver.ArrayMean
	arrayScale      = parameterserver.ArrayScale
)

type (
	partHead = parameterserver.ModelFrame
	block    = parameterserver.Block
)

func blocksOf(all []learner.Block) []block {
	list := make([]block, len(all))
	for i, b := range all {
		list[i] = block{Name: b.Name, Shape: b.Shape, Penalised: b.Penalised}
	}
	return list
}

func sameBlocks(a, b []block) bool {
	return slices.EqualFunc(a, b, func(a, b block) bool {
		return a.Name == b.Name && a.Penalised == b.Penalised && slices.Equal(a.Shape, b.Shape)
	})
}

// scalingArrays are the arrays of a scaling, which may be nil.
func scalingArrays(s *moments.Scaling) []wire.Array {
	if s == nil {
		return nil
	}
	return []wire.Array{wire.Vector(arrayMean, s.Mean), wire.Vector(arrayScale, s.Scale)}
}

// keep stores a model, with the report of its fit.
func (t *training) keep(ctx context.Context, model *trained, report *api.FitResponse) error {
	head := partHead{
		Version: partVersion, FitID: t.ID, Learner: t.master.learner.Info.Name, Params: t.master.learner.Params(), Blocks: blocksOf(model.blocks),
	}
	arrays := append([]wire.Array{wire.Vector(arrayParameters, t.params)}, scalingArrays(model.scaling)...)
	if err := t.StorePart(ctx, partName, func(w io.Writer) error { return wire.Write(w, head, arrays...) }); err != nil {
		return err
	}
	return t.Keep(ctx, &model.Model, nil, report)
}

// decode makes a model of the text of its part, and of what is known of it besides.
func (p *Master) decode(text []byte, known cluster.Model) (*trained, error) {
	var head partHead
	arrays, err := wire.ReceivedFrom(text).Decode(&head)
	switch {
	case err != nil:
		return nil, err
	case head.Version < 1 || head.Version > partVersion:
		return nil, fmt.Errorf("it is stored in version %d, and this program reads version %d: serve it with a newer one", head.Version, partVersion)
	case head.FitID != known.FitID:
		return nil, fmt.Errorf("its part is that of fit %q", head.FitID)
	}
	if err := p.learner.Is(head.Learner, head.Params); err != nil {
		return nil, err
	}
	if err := known.Check(p.learner.Info.Task); err != nil {
		return nil, err
	}
	m := &trained{Model: known}
	if m.scaling, err = scalingIn(arrays, len(known.Features)); err != nil {
		return nil, err
	}
	if m.learner, err = p.newLearner(); err != nil {
		return nil, err
	}
	if m.blocks, err = m.learner.Init(learner.Schema{Features: known.Features, Classes: known.Classes}); err != nil {
		return nil, err
	}
	if own := blocksOf(m.blocks); !sameBlocks(own, head.Blocks) {
		return nil, fmt.Errorf("its parameters are %v, and those of %s for its features and classes are %v", head.Blocks, head.Learner, own)
	}
	params, err := parametersIn(arrays, m.blocks)
	if err != nil {
		return nil, err
	}
	return m, m.learner.SetParameters(params)
}

// scalingIn is the scaling in a part or a checkpoint; nil if there is none.
func scalingIn(arrays []wire.Array, features int) (*moments.Scaling, error) {
	mean, err := wire.Find(arrays, arrayMean)
	if err != nil {
		return nil, nil
	}
	scale, err := wire.Find(arrays, arrayScale)
	switch {
	case err != nil:
		return nil, err
	case len(mean.Data) != features || len(scale.Data) != features:
		return nil, fmt.Errorf("its scaling has %d means and %d scales for %d features", len(mean.Data), len(scale.Data), features)
	case numeric.FirstNotFinite(mean.Data) >= 0 || numeric.FirstNotFinite(scale.Data) >= 0:
		return nil, fmt.Errorf("its scaling has a number that is not finite")
	case slices.ContainsFunc(scale.Data, func(s float64) bool { return s <= 0 }):
		return nil, fmt.Errorf("its scaling has a scale that is not positive")
	}
	return &moments.Scaling{Mean: slices.Clone(mean.Data), Scale: slices.Clone(scale.Data)}, nil
}

// parametersIn are the parameters in a part or a checkpoint, which lie in its memory.
func parametersIn(arrays []wire.Array, blocks []learner.Block) ([]float64, error) {
	params, err := wire.Find(arrays, arrayParameters)
	if err != nil {
		return nil, err
	}
	want := 0
	for _, b := range blocks {
		want += b.Len()
	}
	if len(params.Data) != want {
		return nil, fmt.Errorf("it has %d parameters instead of %d", len(params.Data), want)
	}
	if i := numeric.FirstNotFinite(params.Data); i >= 0 {
		return nil, fmt.Errorf("parameter %d is %v", i, params.Data[i])
	}
	return params.Data, nil
}
