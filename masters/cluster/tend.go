package cluster

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
)

// tender looks after members that are down or outdated: it probes them until they answer, and then has
// them caught up.
type tender struct {
	cluster *Cluster
	wake    chan *Member // members to look after
	owner   sync.WaitGroup
	stop    context.CancelFunc
}

func newTender(c *Cluster, members int) *tender {
	return &tender{cluster: c, wake: make(chan *Member, members)}
}

// start starts looking after members; close ends it.
func (t *tender) start(ctx context.Context) {
	ctx, t.stop = context.WithCancel(ctx)
	t.owner.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case m := <-t.wake:
				t.owner.Go(func() { t.tend(ctx, m) })
			}
		}
	})
}

// close stops the tending and waits for it.
func (t *tender) close() {
	if t.stop != nil {
		t.stop()
	}
	t.owner.Wait()
}

// tend probes a member that is down until it answers, and then catches it up. It returns when the
// member is up or ctx ends. Probes are cheap: the first ones follow each other quickly, because a worker
// that was restarted is back within a moment. Catching up may cost as much as a fit, so it is retried
// with pauses that go on growing.
func (t *tender) tend(ctx context.Context, m *Member) {
	c := t.cluster
	timer := time.NewTimer(0) // the first probe is immediate
	defer timer.Stop()
	probe, backoff := probeFirst, probeEvery
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if m.abandonsAway() {
			return
		}
		wait := probe
		probe = min(2*probe, probeEvery)
		err := c.Probe(ctx, m)
		if CodeOf(err) == api.CodeStarting {
			wait = min(wait, probeStarting)
		}
		if err == nil {
			_, err = c.Schema(ctx, m) // it may have come back with a newer protocol
		}
		if err == nil {
			c.Revive(m)
			err = c.master.CatchUp(ctx, m)
			if err != nil && !errors.Is(err, ErrFitRuns) {
				wait, backoff = backoff, min(2*backoff, catchUpAtMost)
			}
		}
		if err == nil {
			c.up(ctx, m)
			return
		}
		if errors.Is(err, errNextFit) {
			if c.joined(ctx, m) {
				return
			}
			timer.Reset(0)
			continue
		}
		m.mu.Lock()
		changed := m.reason != err.Error()
		m.reason = err.Error()
		m.mu.Unlock()
		if changed {
			c.Log.DebugContext(c.during(ctx), "a worker is not back yet", "worker", m.Name, "error", err)
		}
		timer.Reset(wait)
	}
}

// Probe asks whether a member is ready. A Python worker has no such path, so its 404 counts as ready.
func (c *Cluster) Probe(ctx context.Context, m *Member) error {
	ctx, cancel := context.WithTimeout(ctx, min(c.Timeout(), 5*time.Second))
	defer cancel()
	_, err := c.client.Do(ctx, transport.Request{Method: http.MethodGet, URL: m.URL + api.PathReady, Node: m.Name})
	var s *transport.StatusError
	if errors.As(err, &s) && s.Status == http.StatusNotFound {
		return nil
	}
	return err
}

// AwaitReady waits until a member is ready or ctx ends.
func (c *Cluster) AwaitReady(ctx context.Context, m *Member) bool {
	timer := time.NewTimer(0) // the first probe is immediate
	defer timer.Stop()
	backoff := probeFirst
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
		if err := c.Probe(ctx, m); err == nil {
			return true
		} else if errors.Is(err, context.Canceled) {
			return false
		}
		timer.Reset(backoff)
		backoff = min(2*backoff, probeEvery)
	}
}
