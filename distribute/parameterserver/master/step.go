package master

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/masters/cluster"
)

// stepReply is one member's answer to a step.
type stepReply struct {
	vector []float64 // the gradient, or the update, for all parameters
	answer parameterserver.StepAnswer
	sent   time.Time // when it was asked
	took   time.Duration
	bytes  [2]int64 // sent and received
	err    error
	asked  bool
}

// stepSums is the combination of the members' answers to a step.
type stepSums struct {
	vector     []float64 // the mean gradient or update; valid until the next step
	loss       float64   // mean
	hasLoss    bool      // whether a worker reports its loss; those of the Python package do not
	validation float64
	validated  bool
	rows       float64
	weight     float64 // of the rows
	workers    int
	parts      []api.WorkerStep // what the members did, for those who listen
}

// errNotFinite marks an answer with numbers that are not finite.
var errNotFinite = errors.New("it is left out of the step")

// step asks all members for one step and combines their answers in member order.
func (t *training) step(ctx context.Context, step int, rate float64, validate bool) (*stepSums, error) {
	head := parameterserver.StepFrame{FitID: t.ID, Epoch: step / t.perEpoch, Step: step, Mode: t.set.Mode, Validate: validate}
	if t.set.Mode == parameterserver.LocalMode {
		head.Rate = rate
	}
	sent := wire.Vector(parameterserver.ArrayParameters, t.params)
	if t.float32() {
		sent.DType = wire.F4
		t.report.RoundingError = max(t.report.RoundingError, roundingError(t.params))
	}
	t.message.Bounded = t.quorum < t.In() // it goes on without those that are late, if it needs none of them
	if err := t.message.Encode(head, sent); err != nil {
		return nil, t.diverged(step, err.Error())
	}
	start := time.Now()
	replies := make([]stepReply, len(t.Members))
	err := t.Every(ctx, t.patience(), step+1, func(m *cluster.Member) error {
		replies[m.Index] = t.askMember(ctx, m, head)
		return replies[m.Index].err
	}, func(m *cluster.Member, err error) { replies[m.Index].err = err }) // it may say why the member did not come back
	if err != nil {
		return nil, err
	}
	return t.reduce(step, replies, time.Since(start))
}

// askMember asks a member for a step. A member that is down or resting is not asked; one
// that does not know the fit begins it again.
func (t *training) askMember(ctx context.Context, m *cluster.Member, head parameterserver.StepFrame) stepReply {
	k, step := t.tracks[m.Index], head.Step
	if err := m.Reachable(); err != nil {
		return stepReply{err: err}
	}
	if step < k.rests {
		return stepReply{err: fmt.Errorf("it was late %d times in a row and is asked again at step %d", k.late, k.rests+1)}
	}
	start, sent, received := time.Now(), k.sent, k.received
	ask := func() stepReply {
		if m.IsPython() {
			return t.pythonStep(ctx, m)
		}
		return t.frameStep(ctx, m, head)
	}
	r := ask()
	if cluster.CodeOf(r.err) == api.CodeOutdated && ctx.Err() == nil {
		k.retries++
		t.Log.InfoContext(ctx, "a worker has lost the fit and begins it again", "worker", m.Name, "step", step+1)
		if err := t.beginMember(ctx, m); err != nil {
			r.err = err
		} else {
			r = ask()
		}
	}
	r.asked, r.sent, r.took, r.bytes = true, start, time.Since(start), [2]int64{k.sent - sent, k.received - received}
	return r
}

// frameStep asks one of our own workers for a step, and checks that the answer belongs to the request:
// an update must never be taken for a gradient, nor one step for another.
func (t *training) frameStep(ctx context.Context, m *cluster.Member, head parameterserver.StepFrame) (r stepReply) {
	reply := send(ctx, t, m, t.message)
	if r.answer, r.err = reply.Value, reply.Err; r.err != nil {
		return r
	}
	name := parameterserver.ArrayGradient
	if t.set.Mode == parameterserver.LocalMode {
		name = parameterserver.ArrayUpdate
	}
	if r.err = t.checkStep(r.answer, t.tracks[m.Index], head); r.err != nil {
		return r
	}
	found, err := wire.Find(reply.Arrays, name)
	if err == nil {
		r.vector, err = found.Data, t.checkNumbers(name, found.Data)
	}
	r.err = err
	return r
}

// checkNumbers refuses a vector of the wrong length, or one with a number that is not finite, because
// such a number would spoil the mean.
func (t *training) checkNumbers(name string, v []float64) error {
	if len(v) != len(t.params) {
		return fmt.Errorf("its %s has %d numbers for %d parameters", name, len(v), len(t.params))
	}
	if numeric.FiniteSum(v) { // the usual case, and the cheap question
		return nil
	}
	if i := numeric.FirstNotFinite(v); i >= 0 {
		return fmt.Errorf("number %d of its %s is %v: %w", i, name, v[i], errNotFinite)
	}
	return nil
}

// sum is the answers of a step to be combined, in member order.
type sum struct {
	members                    []int
	vectors                    [][]float64
	divisors, weights          []float64
	lossWeight, validateWeight float64
	losses, validations        []float64 // means of the members that report them
	rows, sizes                []float64 // numbers of rows, and their weights
}

// reduce combines the answers into one vector and records who is missing.
func (t *training) reduce(step int, replies []stepReply, took time.Duration) (*stepSums, error) {
	s, all := &stepSums{parts: t.Parts()}, &sum{}
	var failures []api.WorkerFailure
	notFinite, overflown := 0, 0 // members whose numbers are not finite; members whose learner cannot work with the parameters
	for i, r := range replies {
		m, k, part := t.Members[i], t.tracks[i], &s.parts[i]
		t.tell(part, r)
		if out := t.Failure(m); out != nil {
			failures = append(failures, *out)
			part.Missed = out.Reason
			continue
		}
		if r.err != nil && m.IsAway() {
			t.leave(m, step)
			part.Missed = t.Failure(m).Reason
			continue
		}
		if r.err != nil {
			f := m.Failure(r.err)
			switch {
			case f.Code == api.CodeDiverged:
				overflown++
			case errors.Is(r.err, errNotFinite):
				notFinite++
			}
			failures = append(failures, f)
			part.Missed = f.Reason
			t.missed(step, m, r, f)
			continue
		}
		if k.failing {
			k.failing, k.late = false, 0
			t.Log.Info("a worker takes part again", "worker", m.Name, "step", step+1)
		}
		k.steps++
		part.Rows, part.Computing = r.answer.Rows, r.answer.Seconds
		part.Wire, part.Waiting = max(0, r.took.Seconds()-r.answer.Seconds), max(0, (took-r.took).Seconds())
		if r.answer.Weight > 0 {
			part.Loss = r.answer.Loss / r.answer.Weight
		}
		k.seconds += part.Computing
		k.wire += part.Wire
		k.waiting += part.Waiting
		t.add(all, s, m, r)
	}
	s.workers = len(all.vectors)
	if err := t.tooFew(s.workers, failures); err != nil {
		if overflown > 0 || s.workers == 0 && notFinite > 0 && notFinite == len(failures) {
			return nil, t.diverged(step, failures[0].String())
		}
		return nil, err
	}
	t.watch(step, all.members, all.vectors, all.divisors)
	s.vector = all.vectors[0] // reuse its memory
	t.master.reduce(all.vectors, all.divisors, all.weights, s.vector)
	t.combine(all, s)
	if t.float32() {
		t.report.BytesSaved += int64(8 * len(t.params) * s.workers) // 4 for each direction
	}
	return s, nil
}

// tell notes when a member was asked and answered.
func (t *training) tell(part *api.WorkerStep, r stepReply) {
	if r.asked {
		part.SentAt, part.AnsweredAt = t.Clock(r.sent), t.Clock(r.sent.Add(r.took))
		part.Sent, part.Received = r.bytes[0], r.bytes[1]
	}
}

// add adds one member's answer.
func (t *training) add(all *sum, s *stepSums, m *cluster.Member, r stepReply) {
	weight, python := r.answer.Weight, m.IsPython()
	if python {
		weight = 1
	}
	divisor := weight // a gradient is a sum over rows
	if t.set.Mode == parameterserver.LocalMode {
		divisor = 1
	}
	share := weight
	if t.set.Weighting == parameterserver.WeightUniform {
		share = 1
	}
	all.members = append(all.members, m.Index)
	all.vectors, all.divisors, all.weights = append(all.vectors, r.vector), append(all.divisors, divisor), append(all.weights, share)
	all.rows = append(all.rows, float64(r.answer.Rows))
	all.sizes = append(all.sizes, weight)
	s.rows += float64(r.answer.Rows)
	s.weight += weight
	if python {
		return
	}
	s.loss += share * r.answer.Loss / weight
	all.lossWeight += share
	all.losses = append(all.losses, r.answer.Loss/weight)
	s.validation += r.answer.ValidationLoss
	all.validateWeight += r.answer.ValidationWeight
	if r.answer.ValidationWeight > 0 {
		all.validations = append(all.validations, r.answer.ValidationLoss/r.answer.ValidationWeight)
	}
}

// combine combines the losses and the numbers of rows: with a robust aggregation by its middle, since
// one invented loss could end the training, and invented rows could stop it by the learning rate.
func (t *training) combine(all *sum, s *stepSums) {
	if all.lossWeight > 0 {
		s.loss, s.hasLoss = s.loss/all.lossWeight, true
	}
	if all.validateWeight > 0 {
		s.validation, s.validated = s.validation/all.validateWeight, true
	}
	of := t.master.middle
	if of == nil {
		return
	}
	s.rows = of(all.rows) * float64(len(all.rows))
	s.weight = of(all.sizes) * float64(len(all.sizes))
	if s.hasLoss {
		s.loss = of(all.losses)
	}
	if s.validated {
		s.validation = of(all.validations)
	}
}

// mostMissed bounds the list in the report.
const mostMissed = 100

// longestRest is the largest number of steps for which a worker that keeps being late rests.
const longestRest = 64

// missed records that a step has no answer from a member. A member that was late rests for 1, 2, 4,
// ... steps, so that not every step waits for it.
func (t *training) missed(step int, m *cluster.Member, r stepReply, f api.WorkerFailure) {
	k := t.tracks[m.Index]
	k.missed++
	k.failure = &f
	if len(t.report.Missed) < mostMissed {
		t.report.Missed = append(t.report.Missed, api.Missed{Step: step + 1, Worker: m.Name, Reason: f.Reason})
	}
	if r.asked && f.Code == api.CodeWorkersTimeout {
		k.late++
		k.rests = step + 1 + min(1<<min(k.late-1, 10), longestRest)
	}
	if !k.failing {
		k.failing = true
		t.Log.Warn("a step is missing a worker's rows", "worker", m.Name, "step", step+1, "reason", f.Reason)
	}
}

// roundingError is the largest error of a parameter sent as float32, relative to the largest
// parameter.
func roundingError(params []float64) float64 {
	var worst, largest float64
	for _, v := range params {
		worst = max(worst, math.Abs(v-float64(float32(v))))
		largest = max(largest, math.Abs(v))
	}
	if largest == 0 || math.IsInf(worst, 0) {
		return 0
	}
	return worst / largest
}
