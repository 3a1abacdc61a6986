package learnertest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var cancelChecks = []check{
	{name: "ended_context", of: registry.Estimator, run: endedContext},
	{name: "cancel_fit", of: registry.Estimator, waived: notCancellable, run: cancelFit},
}

func notCancellable(s *subject) string {
	if s.info.Traits.NotCancellable {
		return "trait not_cancellable"
	}
	return ""
}

// countdown is a context that ends when it is looked at for the k-th time
// (counting from 0), by Err or by Done: cancellation without a clock.
type countdown struct {
	mu    sync.Mutex
	polls int
	left  int // looks before it ends; negative: it never does
	done  chan struct{}
}

func newCountdown(k int) *countdown { return &countdown{left: k, done: make(chan struct{})} }

// look counts one look and reports whether the context has ended by it.
func (c *countdown) look() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.polls++
	if c.left < 0 || c.polls <= c.left {
		return false
	}
	if c.polls == c.left+1 {
		close(c.done)
	}
	return true
}

func (c *countdown) seen() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.polls
}

// Err is context.Canceled once the context has ended.
func (c *countdown) Err() error {
	if c.look() {
		return context.Canceled
	}
	return nil
}

// Done is closed once the context has ended; asking for it is a look too.
func (c *countdown) Done() <-chan struct{} {
	c.look()
	return c.done
}

// Deadline says that there is none.
func (c *countdown) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value is nil.
func (c *countdown) Value(any) any { return nil }

var _ context.Context = (*countdown)(nil)

// pollsAfterEnd bounds how often a Fit may look at its context again after it
// has ended; several threads may each look once.
const pollsAfterEnd = 64

// endedContext: a Fit whose context has ended before it starts does nothing.
func endedContext(k *trial) {
	t := k.main()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m := k.model()
	err := m.Fit(ctx, t.train)
	k.check(errors.Is(err, context.Canceled), "Fit with a cancelled context: got error %v, want context.Canceled", err)
	_, err = m.Predict(context.Background(), t.test.X)
	k.check(errors.Is(err, learner.ErrNotFitted), "Predict after a cancelled first Fit: got error %v, want learner.ErrNotFitted", err)

	k.fit(m, t.train)
	before := k.ask(m, t.test.X).clone()
	err = m.Fit(ctx, k.other())
	k.check(errors.Is(err, context.Canceled), "Fit with a cancelled context: got error %v, want context.Canceled", err)
	k.kept(m, t.test.X, before, "a Fit with a cancelled context")
}

// cancelFit: Fit looks at its context again and again, the last time before
// it replaces the old model, and gives up at once whenever it sees the end.
func cancelFit(k *trial) {
	t := k.main()
	train := k.rows(2*k.subject.rows, width, len(t.train.Classes), 8)
	whole := newCountdown(-1)
	err := k.model().Fit(whole, train)
	k.must(err == nil, "Fit: %v", err)
	polls := whole.seen()
	k.must(polls >= 2, "Fit looks at its context %d times; want at least at the start and before the new model replaces the old one", polls)

	m := k.fitted(t.train)
	before := k.ask(m, t.test.X).clone()
	moments := []int{0, 1, 2, polls / 3, polls / 2, polls - 2, polls - 1}
	slices.Sort(moments)
	for _, end := range slices.Compact(moments) {
		if end < 0 || end >= polls {
			continue
		}
		ctx := newCountdown(end)
		err := m.Fit(ctx, train)
		if err == nil && ctx.seen() <= end {
			// With threads the number of looks may vary: it never saw the end.
			k.must(end > 0, "Fit did not look at its context")
			m = k.fitted(t.train)
			before = k.ask(m, t.test.X).clone() // another model, if the learner is not deterministic
			continue
		}
		if !k.check(errors.Is(err, context.Canceled), "context ended at look %d of %d: got error %v, want context.Canceled", end, polls, err) {
			return
		}
		after := ctx.seen() - end - 1
		k.check(after <= pollsAfterEnd, "context ended at look %d of %d: Fit went on for another %d looks", end, polls, after)
		k.kept(m, t.test.X, before, "a cancelled Fit")
	}
}
