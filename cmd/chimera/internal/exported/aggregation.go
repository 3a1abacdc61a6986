package exported

import (
	"context"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// aggregation makes a member of every worker that took part in the fit.
func (r *reader) aggregation(ctx context.Context) error {
	combine := config.SettingsOf[aggregation.Settings](r.config).Combine
	switch combine {
	case aggregation.CombineMean, aggregation.CombineWeighted:
		r.model.Combine = export.Mean
	case aggregation.CombineVote:
		r.model.Combine = export.Vote
	case aggregation.CombineMedian:
		r.model.Combine = export.Combine(combine) // which no format has, as a check says; so if there is one member, it is that one's
		if len(r.manifest.Parts) == 1 {
			r.model.Combine = export.Mean
		}
	}
	for i, w := range r.manifest.Workers {
		p := r.part(w.Name)
		if p == nil {
			continue
		}
		text, err := r.read(ctx, p)
		if err != nil {
			return err
		}
		member, err := r.worker(text, w.Name)
		if err != nil {
			return r.damaged(w.Name, err)
		}
		r.model.Members = append(r.model.Members, *member)
		if combine == aggregation.CombineWeighted {
			r.model.Weights = append(r.model.Weights, r.config.Workers[i].Weight)
		}
	}
	return r.model.Check()
}

// worker makes a learner of a worker's part.
func (r *reader) worker(text []byte, name string) (*export.Member, error) {
	var head aggregation.ModelFrame
	arrays, err := wire.ReceivedFrom(text).Decode(&head)
	if err == nil {
		err = head.Check()
	}
	switch {
	case err != nil:
		return nil, err
	case head.FitID != r.manifest.ID || head.Worker != name:
		return nil, fmt.Errorf("it is that of worker %q of fit %q", head.Worker, head.FitID)
	case !slices.Equal(head.Classes, r.model.Classes):
		return nil, fmt.Errorf("its classes, or their order, are not the model's")
	}
	array, err := wire.Find(arrays, aggregation.ArrayLearner)
	if err != nil {
		return nil, err
	}
	snapshot, err := array.Bytes(head.Bytes)
	if err != nil {
		return nil, err
	}
	l, err := r.learners.New(head.Learner, head.Params, learner.Env{})
	if err != nil {
		return nil, err
	}
	s, ok := l.(learner.Snapshotter)
	if !ok {
		return nil, fmt.Errorf("its learner %s has no snapshots", head.Learner)
	}
	if err := s.UnmarshalBinary(snapshot); err != nil {
		return nil, err
	}
	return &export.Member{Name: name, Kind: head.Learner, Learner: l, Features: head.Features}, nil
}
