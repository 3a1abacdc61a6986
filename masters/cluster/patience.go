package cluster

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/internal/transport"
)

// manner says how long a call may take. The zero value bounds the whole call by endpoints.timeout.
type manner struct {
	long  bool   // it is waited for while the member shows that it is alive
	tally *Tally // of the answers to a prediction; may be nil
}

// longestBeat is the longest pause between two signs of life that a worker is asked for.
const longestBeat = 10 * time.Second

// patience is the wait for one answer, which ends when the member shows no sign of life for too long.
type patience struct {
	start  time.Time
	last   atomic.Int64 // the last sign of life, as the time since start
	busy   atomic.Bool  // nothing is waited for: what came is being dealt with
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	limit time.Duration // longest silence
	why   string        // the setting that says so
	timer *time.Timer   // nil after the end
}

// wait returns the context of a call to a member, and sets in the request by which signs of life the
// member extends it. done must be called.
func (c *Cluster) wait(ctx context.Context, m *Member, r *transport.Request, how manner) (limited context.Context, done func()) {
	budget, within := ctx.Value(budgetKey{}).(budget)
	beats := !m.IsPython() && (how.long || how.tally != nil || within)
	total := context.CancelFunc(func() {})
	switch {
	case within && (beats || time.Until(budget.end) < c.Timeout()):
		ctx, total = context.WithDeadlineCause(ctx, budget.end, fmt.Errorf("%w: the prediction's time of %v is up (endpoints.predict_timeout)",
			transport.ErrTimeout, budget.length))
	case !how.long || !beats:
		ctx, total = c.deadline(ctx)
	default: // only silence ends it
	}
	if !beats {
		return ctx, total
	}
	limited, p := c.patient(ctx, r)
	if how.tally != nil {
		r.Beat = min(r.Beat, how.tally.lateAfter/4)
		how.tally.join(p)
	}
	return limited, func() {
		if how.tally != nil {
			how.tally.leave(p)
		}
		p.end()
		total()
	}
}

// patient returns the context of a call that ends if the member is silent for endpoints.timeout, and sets in the request by which
// signs of life the member extends it. end must be called.
func (c *Cluster) patient(ctx context.Context, r *transport.Request) (context.Context, *patience) {
	p := &patience{start: time.Now(), limit: c.Timeout(), why: "endpoints.timeout"}
	limited, cancel := context.WithCancelCause(ctx)
	p.cancel = cancel
	p.mu.Lock()
	p.timer = time.AfterFunc(p.limit, p.look)
	p.mu.Unlock()
	r.Alive, r.Beat = p.alive, min(c.Timeout()/4, longestBeat)
	return limited, p
}

// alive records a sign of life.
func (p *patience) alive() { p.last.Store(int64(time.Since(p.start))) }

// listened is an answer that is read with patience: what comes is a sign of life, and the time that its reader takes for it counts as
// nobody's silence.
type listened struct {
	io.Reader
	patience *patience
}

// Read reads what has come.
func (l *listened) Read(b []byte) (int, error) {
	l.patience.alive()
	l.patience.busy.Store(false)
	n, err := l.Reader.Read(b)
	l.patience.alive()
	l.patience.busy.Store(true)
	return n, err
}

// look ends the wait if the member has been silent for too long, or looks again when it will have been.
func (p *patience) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer == nil {
		return
	}
	if p.busy.Load() {
		p.timer.Reset(p.limit)
		return
	}
	silent := time.Since(p.start) - time.Duration(p.last.Load())
	if silent < p.limit {
		p.timer.Reset(p.limit - silent)
		return
	}
	p.cancel(fmt.Errorf("%w: it showed no sign of life for %v (%s)", transport.ErrTimeout, p.limit, p.why))
}

// shorten sets a shorter limit for the silence.
func (p *patience) shorten(limit time.Duration, why string) {
	p.mu.Lock()
	shorter := limit < p.limit
	if shorter {
		p.limit, p.why = limit, why
	}
	p.mu.Unlock()
	if shorter {
		p.look()
	}
}

func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer.Stop()
	p.timer = nil
	p.cancel(nil)
}

// Tally counts the good answers to a prediction. Once there are enough, a member that shows no sign of
// life is late, and is not waited for any longer.
type Tally struct {
	lateAfter time.Duration

	mu      sync.Mutex
	need    int                    // good answers that are missing
	waiting map[*patience]struct{} // the calls that are not answered yet
}

// NewTally makes a tally for a prediction that needs as many answers as quorum.
func (c *Cluster) NewTally(quorum int) *Tally {
	return &Tally{lateAfter: time.Duration(c.setup.Config.Endpoints.LateAfter), need: quorum, waiting: map[*patience]struct{}{}}
}

// Good counts a good answer.
func (t *Tally) Good() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.need--
	if t.need == 0 {
		for p := range t.waiting {
			p.shorten(t.lateAfter, lateReason)
		}
	}
}

const lateReason = "endpoints.late_after, since enough other workers had answered"

func (t *Tally) join(p *patience) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting[p] = struct{}{}
	if t.need <= 0 {
		p.shorten(t.lateAfter, lateReason)
	}
}

func (t *Tally) leave(p *patience) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.waiting, p)
}

// enough reports whether no more answers are needed.
func (t *Tally) enough() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.need <= 0
}

// budget is the time of a whole prediction.
type budget struct {
	length time.Duration
	end    time.Time
}

type budgetKey struct{}

// withBudget bounds all the calls of a prediction together.
func withBudget(ctx context.Context, length time.Duration) context.Context {
	return context.WithValue(ctx, budgetKey{}, budget{length, time.Now().Add(length)})
}

// exceeds reports whether a pause would last longer than the time of the prediction that ctx belongs to.
func exceeds(ctx context.Context, pause time.Duration) bool {
	b, within := ctx.Value(budgetKey{}).(budget)
	return within && time.Until(b.end) < pause
}
