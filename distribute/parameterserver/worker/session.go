package workers

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/penalty"
)

// session is what a worker keeps of a fit: the learner, and the rows as the
// fit wants them. Nothing in it changes from step to step but working space.
type session struct {
	parameterserver.BeginFrame
	worker     string
	model      learner.Differentiable
	blocks     []learner.Block
	penalty    penalty.Penalty
	train      learner.Dataset
	validation learner.Dataset // no rows if none are held out
	alone      bool            // the master knows no proximal part: take the last step's too
	parameters int             // how many the model has
	gradient   []float64       // working space of mode local, one a parameter
	order      []int           // the shuffled rows of epoch shuffled
	shuffled   int
}

// splitRows is which rows a worker trains on and which it holds out: a share,
// drawn by the fit's seed and the worker's name, at least one of each if there
// are two rows or more. Both are in the order of the file.
func splitRows(n int, fraction float64, seed uint64, worker string) (train, held []int) {
	count := 0
	if fraction > 0 && n > 1 {
		count = min(max(int(math.Round(fraction*float64(n))), 1), n-1)
	}
	order := learner.NewRand(learner.Seed(seed, worker, "validation")).Perm(n)
	train, held = order[count:], order[:count]
	slices.Sort(train)
	slices.Sort(held)
	return train, held
}

// shard is the worker's rows with the columns and classes of a fit, split.
func (w *node) shard(features []string, classes []learner.Label, fraction float64, seed, first uint64) (train, held learner.Dataset, err error) {
	rows, err := w.loaded()
	if err != nil {
		return train, held, err
	}
	if train, err = rows.Dataset(classes); err != nil {
		return train, held, api.Problemf(api.CodeUnusableData, "Worker %s: %v.", w.spec.Name, err)
	}
	if train.X, err = rest.Align(features, rows.Features, rows.X); err != nil {
		return train, held, api.Problemf(api.CodeInvalidRequest, "Worker %s has the columns %s; the fit wants %s.", w.spec.Name, list(rows.Features), list(features))
	}
	train.Features = features
	if first > 0 {
		train.Rows = make([]uint64, len(train.Y))
		for i := range train.Rows {
			train.Rows[i] = first + uint64(i)
		}
	}
	if fraction > 0 {
		mine, theirs := splitRows(len(train.Y), fraction, seed, w.spec.Name)
		train, held = train.Select(mine), train.Select(theirs)
	}
	return train, held, nil
}

// list names columns, the first few of many.
func list(names []string) string {
	if len(names) > 20 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:20], ", "), len(names)-20)
	}
	return strings.Join(names, ", ")
}

// moments answers with the moments of the rows that the worker trains on.
func (w *sgd) moments(ctx context.Context, body []byte) (*bodyOutput, error) {
	var head parameterserver.MomentsFrame
	if _, err := decodeHead(body, &head); err != nil {
		return nil, err
	}
	start := time.Now()
	train, _, err := w.shard(head.Features, nil, head.Validation, head.Seed, 0)
	if err != nil {
		return nil, err
	}
	if err := learner.CheckFit(train, w.info.Task, w.info.Traits); err != nil {
		return nil, err
	}
	m, err := moments.FromDataset(ctx, train)
	if err != nil {
		return nil, err
	}
	for j, mean := range m.Mean {
		if v := mean + m.M2[j]; v-v != 0 {
			return nil, &learner.DataError{Row: -1, Column: j, Name: head.Features[j], Reason: "its values are missing, or too large for their squares; the features of a parameter server must be finite"}
		}
	}
	return framed(parameterserver.MomentsAnswer{FitID: head.FitID, Weight: m.Weight, Seconds: time.Since(start).Seconds()}, wire.Vector("mean", m.Mean), wire.Vector("m2", m.M2))
}

// begin makes the session of a fit; it replaces any other.
func (w *sgd) begin(_ context.Context, body []byte) (*bodyOutput, error) {
	var head parameterserver.BeginFrame
	arrays, err := decodeHead(body, &head)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	s, err := w.newSession(head, arrays)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.session = s
	w.mu.Unlock()
	w.log.Info("taking part in a fit", "fit_id", s.FitID, "mode", s.Mode, "rows", s.train.Len())
	return framed(parameterserver.BeginAnswer{
		FitID: s.FitID, Worker: w.spec.Name, Rows: s.train.Len(), ValidationRows: s.validation.Len(), Parameters: s.parameters, Seconds: time.Since(start).Seconds(),
	})
}

func (w *sgd) newSession(head parameterserver.BeginFrame, arrays []wire.Array) (*session, error) {
	switch {
	case head.Mode != parameterserver.ModeFull && head.Mode != parameterserver.ModeMinibatch && head.Mode != parameterserver.ModeLocal:
		return nil, api.Problemf(api.CodeInvalidRequest, "Mode %q is none of %s, %s, %s.", rest.Shorten(head.Mode), parameterserver.ModeFull, parameterserver.ModeMinibatch, parameterserver.ModeLocal)
	case head.BatchSize < 0 || head.Mode == parameterserver.ModeMinibatch && head.BatchSize == 0:
		return nil, api.Problemf(api.CodeInvalidRequest, "A batch size of %d cannot be used with mode %s.", head.BatchSize, head.Mode)
	case head.Mode == parameterserver.ModeLocal && head.LocalEpochs < 1:
		return nil, api.Problemf(api.CodeInvalidRequest, "Mode local needs at least one local epoch, not %d.", head.LocalEpochs)
	case head.FitID == "":
		return nil, api.NewProblem(api.CodeInvalidRequest, "The fit has no id.")
	}
	s := &session{BeginFrame: head, worker: w.spec.Name, shuffled: -1, penalty: penalty.Penalty{Kind: penalty.Kind(head.Penalty), Alpha: head.Alpha, L1Ratio: head.L1Ratio}}
	if err := s.penalty.Check(); err != nil {
		return nil, err
	}
	var err error
	if s.train, s.validation, err = w.shard(head.Features, head.Classes, head.Validation, head.Seed, head.FirstRow); err != nil {
		return nil, err
	}
	if err := learner.CheckFit(s.train, w.info.Task, w.info.Traits); err != nil {
		return nil, err
	}
	if err := s.standardise(arrays); err != nil {
		return nil, err
	}
	est, err := w.newLearner()
	if err != nil {
		return nil, err
	}
	s.model = est.(learner.Differentiable) // the role needs it
	if s.blocks, err = s.model.Init(s.train.Schema); err != nil {
		return nil, err
	}
	for _, b := range s.blocks {
		s.parameters += b.Len()
	}
	if s.Mode == parameterserver.ModeLocal {
		s.gradient = make([]float64, s.parameters)
	}
	return s, nil
}

// standardise brings the rows to the scale that the master found.
func (s *session) standardise(arrays []wire.Array) error {
	if len(arrays) == 0 {
		return nil
	}
	var scaling moments.Scaling
	for _, a := range []struct {
		name string
		into *[]float64
	}{{"mean", &scaling.Mean}, {"scale", &scaling.Scale}} {
		found, err := wire.Find(arrays, a.name)
		if err != nil {
			return api.NewProblem(api.CodeMalformedBody, err.Error())
		}
		if len(found.Data) != len(s.Features) || slices.Contains(found.Data, 0) && a.name == "scale" {
			return api.Problemf(api.CodeInvalidRequest, "The array %s does not fit %d features.", a.name, len(s.Features))
		}
		*a.into = found.Data
	}
	for _, d := range []*learner.Dataset{&s.train, &s.validation} {
		if d.Len() == 0 {
			continue
		}
		x, err := scaling.Standardize(d.X)
		if err != nil {
			return err
		}
		d.X = x
	}
	return nil
}

// epochOrder is the order of the rows in one of the worker's epochs: a function of
// the fit's seed, the worker and the epoch.
func (s *session) epochOrder(epoch int) []int {
	if s.shuffled != epoch || s.order == nil {
		s.order, s.shuffled = learner.NewRand(learner.Seed(s.Seed, s.worker, "epoch", strconv.Itoa(epoch))).Perm(s.train.Len()), epoch
	}
	return s.order
}
