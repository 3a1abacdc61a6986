package exported

import (
	"fmt"

	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// summation makes a learner of the master's part, which is the last state of a training.
func (r *reader) summation(text []byte) (*export.Member, error) {
	var head summation.ModelFrame
	arrays, err := wire.ReceivedFrom(text).Decode(&head)
	switch {
	case err != nil:
		return nil, err
	case head.Version != summation.ModelVersion:
		return nil, fmt.Errorf("it is stored in version %d, and this program reads version %d", head.Version, summation.ModelVersion)
	case head.FitID != r.manifest.ID:
		return nil, fmt.Errorf("it is that of fit %q", head.FitID)
	}
	state, err := wire.Find(arrays, summation.ArrayState)
	if err != nil {
		return nil, err
	}
	l, err := r.learners.New(head.Learner, head.Params, learner.Env{})
	if err != nil {
		return nil, err
	}
	s, ok := l.(learner.Summable)
	if !ok {
		return nil, fmt.Errorf("its learner %s is not trained from sums", head.Learner)
	}
	if err := s.SetState(r.schema(), state.Data); err != nil {
		return nil, err
	}
	return &export.Member{Name: summation.ModelPart, Kind: head.Learner, Learner: l}, nil
}
