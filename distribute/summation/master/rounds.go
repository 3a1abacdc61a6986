package master

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// course is where a training is, between two rounds.
type course struct {
	round     int // so many have been added up
	state     []float64
	known     int // so many numbers of the state are those of the state before
	done      bool
	why       string
	sums      *learner.Sums
	parts     []api.WorkerStep // what the members did since the last iteration was complete
	held      *api.StepEvent   // an iteration that is complete, and whose loss is not known yet; nil if there is none
	heldParts []api.WorkerStep // what the members did in it
	start     time.Time        // of the first round

	saved   int       // the round of the last checkpoint
	savedAt time.Time // when it was written, or the training went on
}

// start begins the course, or begins it anew.
func (t *training) start() error {
	state, err := t.learner.Start(t.schema)
	if err != nil {
		return t.unusable(err)
	}
	now := time.Now()
	t.course = course{state: state, sums: learner.NewSums(0, 0), start: now, savedAt: now}
	t.report.Steps, t.report.Epochs, t.report.Loss, t.report.Seconds = 0, 0, nil, nil
	for _, k := range t.tracks {
		k.took, k.has = 0, -1
	}
	return nil
}

// run asks for sums until the state is the last one.
func (t *training) run(ctx context.Context) error {
	for c := &t.course; !c.done; {
		in := t.Taking()
		err := t.round(ctx)
		whole := t.In() == len(in)
		switch {
		case err != nil && whole: // the state is of the rows of all that take part
			t.interrupt()
			return err
		case err != nil:
			return err
		case whole:
			continue
		}
		if err := t.enough(); err != nil {
			return err
		}
		if err := t.anew(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// anew begins the fit anew without the members that were lost, from the preparation of the rows on: a model is of all that a member's rows have to
// do with it, or of nothing.
//
// in are the members that took part.
func (t *training) anew(ctx context.Context, in []*cluster.Member) error {
	var names []string
	for _, m := range in {
		if f := t.Failure(m); f != nil {
			names = append(names, m.Name)
			t.report.Missed = append(t.report.Missed, api.Missed{Step: t.report.Steps + 1, Worker: m.Name, Reason: f.Reason})
		}
	}
	t.Log.WarnContext(ctx, "the training begins anew, without the rows of lost workers", "workers", names, "rounds", t.course.round)
	if err := t.forgetCheckpoints(); err != nil {
		return err
	}
	if err := t.prepare(ctx); err != nil {
		return err
	}
	return t.start()
}

// round asks all members for the sums of one round, and advances the state. If a member was lost, the state is as it was.
func (t *training) round(ctx context.Context) (err error) {
	c := &t.course
	ctx, done := t.AtStep(ctx, c.round+1)
	defer func() { done(err) }()
	asking, err := t.encode()
	if err != nil {
		return err
	}
	in, start := t.In(), time.Now()
	if err := t.Every(ctx, t.patience(), c.round+1, func(m *cluster.Member) error { return t.ask(ctx, m, asking) }, t.Lose); err != nil || t.In() < in {
		return err
	}
	if asking.err != nil {
		return asking.err
	}
	took := time.Since(start)
	next, err := t.learner.Advance(ctx, t.schema, c.state, c.sums)
	if err != nil {
		return t.failed(c.round, err)
	}
	for i, k := range t.tracks {
		if t.Failure(t.Members[i]) == nil {
			k.took, k.has = k.took+1, c.round
		}
	}
	c.known = learner.SharedPrefix(c.state, next.State)
	c.state, c.done, c.why = next.State, next.Done, next.Why
	c.round++
	t.tell(asking, next, took)
	if t.due() {
		t.save()
	}
	return nil
}

// question is what is asked in one round, and what is answered.
type question struct {
	counts, reals int
	usual         *sumMessage // for members that have the state before: what is new
	whole         *sumMessage // the whole state; nil until it is needed

	mu    sync.Mutex
	err   error     // in adding up
	parts []timings // in member order
}

type sumMessage = cluster.Message[summation.SumFrame, summation.SumAnswer]

// timings are when a member was asked, and what its answer took.
type timings struct {
	sent           time.Time
	took           time.Duration
	computing      float64
	bytes, answers int64
}

func (t *training) encode() (*question, error) {
	c := &t.course
	q := &question{usual: cluster.NewMessage(summation.Sum), parts: make([]timings, len(t.Members))}
	q.counts, q.reals = t.learner.Shape(t.schema, c.state)
	c.sums.Reset(q.counts, q.reals)
	head := summation.SumFrame{FitID: t.ID, Round: c.round, Known: c.known}
	return q, q.usual.Encode(head, wire.Vector(summation.ArrayState, c.state[c.known:]))
}

// to is the message for a member.
func (t *training) to(k *track, q *question) (*sumMessage, error) {
	c := &t.course
	if c.known == 0 || k.has == c.round-1 {
		return q.usual, nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.whole != nil {
		return q.whole, nil
	}
	whole := cluster.NewMessage(summation.Sum)
	if err := whole.Encode(summation.SumFrame{FitID: t.ID, Round: c.round}, wire.Vector(summation.ArrayState, c.state)); err != nil {
		return nil, err
	}
	q.whole = whole
	return whole, nil
}

// ask asks a member for its sums, and adds them up. One that does not know the fit begins it again.
func (t *training) ask(ctx context.Context, m *cluster.Member, q *question) error {
	if err := m.Reachable(); err != nil {
		return err
	}
	err := t.askOnce(ctx, m, q)
	if cluster.CodeOf(err) == api.CodeOutdated && ctx.Err() == nil {
		t.tracks[m.Index].retries++
		t.Log.InfoContext(ctx, "a worker has lost the fit and begins it again", "worker", m.Name, "step", t.course.round+1)
		if err = t.beginMember(ctx, m); err == nil {
			err = t.askOnce(ctx, m, q)
		}
	}
	return err
}

func (t *training) askOnce(ctx context.Context, m *cluster.Member, q *question) error {
	k := t.tracks[m.Index]
	message, err := t.to(k, q)
	if err != nil {
		return err
	}
	start, sent, received := time.Now(), k.sent, k.received
	r := send(ctx, t, m, message)
	part := timings{sent: start, took: time.Since(start), computing: r.Value.Seconds, bytes: k.sent - sent, answers: k.received - received}
	if r.Err != nil {
		return r.Err
	}
	if a := r.Value; a.FitID != t.ID || a.Round != t.course.round || a.Rows != k.rows {
		return fmt.Errorf("it answered round %d of fit %q over %d rows instead of round %d of %q over %d", a.Round, a.FitID, a.Rows, t.course.round, t.ID, k.rows)
	}
	if err := cluster.CheckSeconds(r.Value.Seconds); err != nil {
		return err
	}
	sums, err := summation.Unpack(r.Arrays, q.counts, q.reals)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.parts[m.Index] = part
	if err := sums.AddTo(t.course.sums); err != nil { // sums are exact, so that it does not matter who comes first
		q.err = t.failed(t.course.round, err)
	}
	return nil
}

// tell reports a round; one that completes no iteration is told with the next one that does.
func (t *training) tell(q *question, next learner.Advance, took time.Duration) {
	c := &t.course
	if c.parts == nil {
		c.parts = slices.Clone(t.Parts())
	}
	for i, w := range q.parts {
		if w.sent.IsZero() {
			continue
		}
		p, k := &c.parts[i], t.tracks[i]
		wire, waiting := max(0, w.took.Seconds()-w.computing), max(0, (took-w.took).Seconds())
		if p.SentAt == 0 {
			p.SentAt = t.Clock(w.sent)
		}
		p.AnsweredAt, p.Rows = t.Clock(w.sent.Add(w.took)), k.rows
		p.Computing, p.Wire, p.Waiting = p.Computing+w.computing, p.Wire+wire, p.Waiting+waiting
		p.Sent, p.Received = p.Sent+w.bytes, p.Received+w.answers
		k.seconds, k.wire, k.waiting = k.seconds+w.computing, k.wire+wire, k.waiting+waiting
	}
	t.report.Rounds = c.round
	t.iterate(next)
}

// iterate reports what a round has come to. A learner may know the loss after an iteration only a round later, so an iteration is told when its loss
// is known, or the next one is complete, or the training is at its end.
func (t *training) iterate(next learner.Advance) {
	c := &t.course
	step := next.Iteration
	if step == 0 && next.Most == 0 {
		step = c.round // of a learner that has no iterations
	}
	if c.held != nil && step > c.held.Step {
		t.tellHeld()
	}
	if step > t.report.Steps {
		t.report.Steps, t.report.Epochs = step, step
		c.held = &api.StepEvent{Step: step, MaxIter: max(next.Most, step), Workers: t.In(), Seconds: time.Since(c.start).Seconds()}
		c.heldParts, c.parts = c.parts, nil
	}
	switch known := !math.IsNaN(next.Loss) && step == t.report.Steps && step > 0; {
	case known && c.held != nil:
		c.held.Loss = &next.Loss
		t.report.Loss, t.report.Seconds = append(t.report.Loss, next.Loss), append(t.report.Seconds, c.held.Seconds)
		t.tellHeld()
	case known && len(t.report.Loss) > 0: // it has been told, and is known better now
		t.report.Loss[len(t.report.Loss)-1] = next.Loss
	case c.held != nil && next.Done:
		t.tellHeld()
	}
}

// tellHeld tells the iteration that was held back.
func (t *training) tellHeld() {
	c := &t.course
	e := *c.held
	e.Parts = t.Parts()
	copy(e.Parts, c.heldParts)
	c.held, c.heldParts = nil, nil
	t.Step(e)
}

// unusable is the problem of rows that the learner cannot use.
func (t *training) unusable(err error) error {
	p := api.NewProblem(api.CodeUnusableData, cluster.Sentence(err))
	p.FitID = t.ID
	return p
}

// failed is the problem of a round, counted from 0, whose sums the learner cannot go on with.
func (t *training) failed(round int, err error) error {
	var data *learner.DataError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &data):
		return t.unusable(err)
	}
	p := api.Problemf(api.CodeDiverged, "The training cannot go on after round %d: %v. The model that served before, if any, stays in service.", round+1, err)
	p.FitID = t.ID
	return p
}
