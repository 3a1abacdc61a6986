// Package worker is the worker of a training from sums: it keeps a shard of the rows and sums over them.
package worker

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

func init() {
	node.RegisterRole(node.Role{Name: summation.Role, New: newSummer})
}

// summer is the worker of a training from sums. An answer depends on the state that the master sent and on the rows, never on earlier
// rounds: what it keeps of those only saves time. So it can be lost, restarted and asked again.
type summer struct {
	*node.Node

	mu      sync.Mutex // held while a session works
	session *session   // of the current fit; nil if there is none
}

// session is what a worker keeps of a fit.
type session struct {
	summation.BeginFrame
	model learner.Summable
	train learner.Dataset
	part  learner.Part
	state []float64 // of the last round
	round int       // whose state that is; -1 before the first
}

var _ node.Worker = (*summer)(nil)

func newSummer(spec node.Spec, info registry.Info, r *registry.Registry, o node.Options) (node.Worker, error) {
	n, err := node.New(spec, info, r, o, "Sums over its own rows what "+spec.Learner+" learns from.")
	if err != nil {
		return nil, err
	}
	w := &summer{Node: n}
	node.Handle(n, summation.Begin, w.begin)
	node.HandleReusing(n, summation.Sum, w.sum, node.Describe("The sums that a state asks for, exact and in one form, whatever the order of the rows."))
	node.Handle(n, summation.End, node.Plain(w.end), node.Describe("Frees what the worker keeps for a fit. Ending an unknown fit is not an error."))
	return w, nil
}

// begin makes the session of a fit, which replaces any other.
func (w *summer) begin(ctx context.Context, head summation.BeginFrame, _ []node.Array) (summation.BeginAnswer, []node.Array, error) {
	start := time.Now()
	defer w.Forget()
	s, err := w.newSession(ctx, head)
	if err != nil {
		return summation.BeginAnswer{}, nil, err
	}
	w.mu.Lock()
	w.session = s
	w.mu.Unlock()
	w.Log.InfoContext(ctx, "taking part in a fit", "run", s.FitID, "rows", s.train.Len())
	return summation.BeginAnswer{FitID: s.FitID, Worker: w.Spec.Name, Rows: s.train.Len(), Seconds: time.Since(start).Seconds()}, nil, nil
}

func (w *summer) newSession(ctx context.Context, head summation.BeginFrame) (*session, error) {
	if head.FitID == "" {
		return nil, api.NewProblem(api.CodeInvalidRequest, "The fit has no ID.")
	}
	s := &session{BeginFrame: head, round: -1}
	var err error
	if s.train, err = w.Rows(ctx, head.Features, head.Classes, head.Prepared); err != nil {
		return nil, err
	}
	if head.FirstRow > 0 {
		s.train.Rows = make([]uint64, s.train.Len())
		for i := range s.train.Rows {
			s.train.Rows[i] = head.FirstRow + uint64(i)
		}
	}
	if err := learner.CheckFit(s.train, w.Info.Task, w.Info.Traits); err != nil {
		return nil, err
	}
	est, err := w.SeededLearner(head.Seed)
	if err != nil {
		return nil, err
	}
	s.model = est.(learner.Summable) // the role needs it
	s.part, err = s.model.Part(ctx, s.train)
	return s, err
}

// memory is the memory for one answer. It is reused by one round at a time.
type memory struct {
	sums   learner.Sums
	packed summation.Packed
}

// mostSums bounds the memory that a state can ask for: half a gigabyte of whole numbers.
const mostSums = 1 << 26

// sum answers a round.
func (w *summer) sum(
	ctx context.Context, head summation.SumFrame, arrays []node.Array, memory *memory,
) (answer summation.SumAnswer, _ []node.Array, err error) {
	sent, err := node.Find(arrays, summation.ArrayState)
	if err != nil {
		return answer, nil, err
	}
	if err := w.Faults.Misbehave(ctx, head.Round); err != nil {
		return answer, nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.session
	if err := w.checkSum(s, head); err != nil {
		return answer, nil, err
	}
	start := time.Now()
	s.state, s.round = append(s.state[:head.Known], sent.Data...), head.Round
	counts, reals := s.model.Shape(s.train.Schema, s.state)
	if counts < 0 || reals < 0 || counts > mostSums || reals > mostSums {
		return answer, nil, api.Problemf(api.CodeInvalidRequest, "The state asks for %d whole and %d real sums; at most %d are made.", counts, reals, mostSums)
	}
	memory.sums.Reset(counts, reals)
	if err := s.part.Sum(ctx, s.state, &memory.sums); err != nil {
		return answer, nil, w.sumProblem(head.Round, err)
	}
	answer = summation.SumAnswer{FitID: head.FitID, Round: head.Round, Rows: s.train.Len(), Seconds: time.Since(start).Seconds()}
	arrays = memory.packed.Pack(&memory.sums)
	w.spoil(head.Round, arrays)
	return answer, arrays, nil
}

// spoil corrupts sums as the worker's faults ask.
func (w *summer) spoil(round int, arrays []node.Array) {
	for _, a := range arrays {
		switch a.Name {
		case summation.ArrayTerms:
			w.Faults.Spoil(round, a.Data)
		case summation.ArrayCounts:
			counts, err := a.Whole()
			if err != nil { // it was made so
				continue
			}
			numbers := make([]float64, len(counts))
			for i, n := range counts {
				numbers[i] = float64(n)
			}
			w.Faults.Spoil(round, numbers)
			for i, v := range numbers {
				if v != float64(counts[i]) {
					counts[i] = int64(max(v, math.MinInt64)) // no whole number is NaN: the smallest stands for it
				}
			}
		}
	}
}

// checkSum refuses a round that the session cannot answer. The beginning of a state that is not sent is that of the round before, or of this one,
// if its answer was lost and it is asked for again.
func (w *summer) checkSum(s *session, head summation.SumFrame) error {
	switch {
	case s == nil || s.FitID != head.FitID:
		return api.Problemf(api.CodeOutdated, "Worker %s does not take part in fit %q: begin it with %s.", w.Spec.Name, head.FitID, summation.PathBegin)
	case head.Round < 0 || head.Known < 0:
		return api.Problemf(api.CodeInvalidRequest, "There is no round %d, or no state with %d known numbers.", head.Round, head.Known)
	case head.Known > 0 && (s.round != head.Round-1 && s.round != head.Round || head.Known > len(s.state)):
		return api.Problemf(api.CodeOutdated, "Worker %s has not the state of round %d: begin the fit again with %s.", w.Spec.Name, head.Round-1, summation.PathBegin)
	default:
		return nil
	}
}

// sumProblem turns a learner's error into a problem. The rows were checked when the fit began, so the state is to blame.
func (w *summer) sumProblem(round int, err error) error {
	var p *api.Problem
	var data *learner.DataError
	if errors.As(err, &p) || errors.As(err, &data) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return api.Problemf(api.CodeDiverged, "Worker %s, round %d: %v.", w.Spec.Name, round+1, err)
}

// end forgets a fit.
func (w *summer) end(_ context.Context, in api.CommitRequest) (api.CommitResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session != nil && w.session.FitID == in.FitID {
		w.session = nil
	}
	return api.CommitResponse{FitID: in.FitID}, nil
}
