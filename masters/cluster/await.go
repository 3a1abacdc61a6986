package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gochimera/chimera/internal/transport"
)

// LostError says why a member that was lost is not waited for, or not any longer.
type LostError struct {
	Worker string
	Reason string
	Final  bool // it cannot come back by itself; otherwise the time was up
}

// Error names the worker and the reason.
func (e *LostError) Error() string { return "worker " + e.Worker + " is not back: " + e.Reason }

// firstLook is the pause before a member that was lost is probed a second time; later pauses are twice as long each, up to probeEvery.
const firstLook = 50 * time.Millisecond

// Await waits until a member that was lost is ready again, for at most the given time. It does not wait for a member that
// cannot come: one that its launcher has left alone, or that nobody starts again and at whose address nothing listens. The
// error is then a *LostError, and ctx's cause if that ends. A member that is back is marked as such (Revive), so that it can
// be called.
func (c *Cluster) Await(ctx context.Context, m *Member, atMost time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	pause := firstLook
	last := errors.New("it was not asked, since the time to wait is 0")
	for waiting.Err() == nil {
		news := m.listen() // before the question, so that nothing is missed
		err := c.Probe(waiting, m)
		if err == nil {
			c.Revive(m)
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if waiting.Err() == nil {
			last = err
		}
		if reason := m.hopeless(err); reason != "" {
			return &LostError{Worker: m.Name, Reason: reason, Final: true}
		}
		select {
		case <-waiting.Done():
		case <-news:
		case <-time.After(pause):
		}
		pause = min(2*pause, probeEvery)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &LostError{Worker: m.Name, Reason: fmt.Sprintf("it was waited for, for %v: %v", atMost, last)}
}

// hopeless says why a member that did not answer a probe cannot come back by itself; it is empty if it may.
func (m *Member) hopeless(probe error) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.left != "":
		return "it is not started again: " + m.left
	case m.noRestart && transport.Refused(probe):
		return fmt.Sprintf("nothing listens at %s any more, and nobody starts it again (see the setting restart)", m.URL)
	default:
		return ""
	}
}

// errLeft is the reason not to try a call again.
var errLeft = errors.New("it is not started again")

// pause waits between two tries to call a member. The error is ctx's cause, or errLeft if its launcher
// leaves the member alone.
func (m *Member) pause(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		news := m.listen()
		if m.hasLeft() {
			return errLeft
		}
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-news:
		}
	}
}

func (m *Member) hasLeft() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left != ""
}

// listen returns a channel that is closed when the member's state changes, or its launcher leaves it alone.
func (m *Member) listen() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.news == nil {
		m.news = make(chan struct{})
	}
	return m.news
}

// tell wakes those who listen; m.mu must be held.
func (m *Member) tell() {
	if m.news != nil {
		close(m.news)
		m.news = nil
	}
}
