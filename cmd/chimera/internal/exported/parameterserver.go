package exported

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
)

// parameterServer makes a learner of the master's part.
func (r *reader) parameterServer(text []byte) (*export.Member, error) {
	var head parameterserver.ModelFrame
	arrays, err := wire.ReceivedFrom(text).Decode(&head)
	switch {
	case err != nil:
		return nil, err
	case head.Version != parameterserver.ModelVersion:
		return nil, fmt.Errorf("it is stored in version %d, and this program reads version %d", head.Version, parameterserver.ModelVersion)
	case head.FitID != r.manifest.ID:
		return nil, fmt.Errorf("it is that of fit %q", head.FitID)
	}
	l, blocks, err := r.parametric(head.Learner, head.Params)
	if err != nil {
		return nil, err
	}
	if !slices.EqualFunc(blocks, head.Blocks, func(a learner.Block, b parameterserver.Block) bool {
		return a.Name == b.Name && slices.Equal(a.Shape, b.Shape)
	}) {
		return nil, fmt.Errorf("its parameters are not those of %s for its features and classes", head.Learner)
	}
	params, err := wire.Find(arrays, parameterserver.ArrayParameters)
	if err != nil {
		return nil, err
	}
	if err := l.SetParameters(params.Data); err != nil {
		return nil, err
	}
	scaling, err := scalingIn(arrays, parameterserver.ArrayMean, parameterserver.ArrayScale, len(r.model.Features))
	return &export.Member{Name: parameterserver.ModelPart, Kind: head.Learner, Learner: l, Scaling: scaling}, err
}

// parametric makes a learner that is given its parameters, and says what they are.
func (r *reader) parametric(name string, params json.RawMessage) (learner.Differentiable, []learner.Block, error) {
	l, err := r.learners.New(name, params, learner.Env{})
	if err != nil {
		return nil, nil, err
	}
	d, ok := l.(learner.Differentiable)
	if !ok {
		return nil, nil, fmt.Errorf("its learner %s has no parameters to be set", name)
	}
	blocks, err := d.Init(r.schema())
	return d, blocks, err
}

// scalingIn is the scaling of the features; nil if they were not standardised.
func scalingIn(arrays []wire.Array, nameOfMean, nameOfScale string, features int) (*moments.Scaling, error) {
	mean, err := wire.Find(arrays, nameOfMean)
	if err != nil {
		return nil, nil
	}
	scale, err := wire.Find(arrays, nameOfScale)
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
	return &moments.Scaling{Mean: mean.Data, Scale: scale.Data}, nil
}
