package cluster

import (
	"context"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/logs"
)

// Down records that a member does not answer; it is probed until it does.
func (c *Cluster) Down(ctx context.Context, m *Member, reason string) {
	c.setState(ctx, m, api.MemberDown, reason)
}

// Outdate records that a member holds another model than the one in service; it is caught up.
func (c *Cluster) Outdate(m *Member, reason string) {
	c.setState(context.Background(), m, api.MemberOutdated, reason)
}

func (c *Cluster) setState(ctx context.Context, m *Member, state api.MemberState, reason string) {
	m.mu.Lock()
	ignored := m.state == api.MemberAway || // it may well end now
		m.state == api.MemberDown && state == api.MemberOutdated // the prober will find out
	if ignored {
		m.mu.Unlock()
		return
	}
	changed := m.state != state
	if changed {
		m.state, m.since = state, time.Now()
		m.tell()
	}
	m.reason = reason
	tend := !m.tended
	m.tended = true
	m.mu.Unlock()
	if changed && state == api.MemberDown {
		c.Log.WarnContext(c.during(ctx), "a worker is down", "worker", m.Name, "url", m.URL, "reason", reason)
		c.Publish(api.WorkerDownEvent{Worker: m.Name, Reason: reason})
	}
	if tend {
		c.tender.wake <- m // never blocks: it has room for every member, and none is in it twice
	}
}

// during is the context of what is logged of a member: while a fit runs, it is of interest to that, whoever has found out.
func (c *Cluster) during(ctx context.Context) context.Context {
	run := c.run.Load()
	if of, _ := logs.Of(ctx); run == nil || of != "" {
		return ctx
	}
	return logs.WithRun(ctx, *run)
}

// Leave records that a member has ended for good: its launcher does not start it again. It is probed
// nevertheless, since a person may start it.
func (c *Cluster) Leave(m *Member, reason string) {
	m.mu.Lock()
	if m.state != api.MemberAway {
		m.left = reason
		m.tell()
	}
	m.mu.Unlock()
	c.Down(context.Background(), m, reason)
}

// Revive records that a member that was down answers again. It may take part in a fit; for predictions
// it has to be caught up first.
func (c *Cluster) Revive(m *Member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == api.MemberAway && !m.starting {
		return
	}
	m.left = ""
	if m.state == api.MemberDown || m.state == api.MemberAway {
		m.state, m.since, m.starting = api.MemberOutdated, time.Now(), false
		m.arrivals++
		m.tell()
	}
}

// Current records that a member holds the model of a fit, which is in service; this also ends any
// tending of the member.
func (c *Cluster) Current(m *Member, fitID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fitID = fitID
	if m.state == api.MemberOutdated {
		m.state, m.reason, m.since = api.MemberUp, "", time.Now()
	}
}

// up records that a member answers and holds the model in service, and ends its tending.
func (c *Cluster) up(ctx context.Context, m *Member) {
	m.mu.Lock()
	if m.state == api.MemberAway { // it was asked to leave a moment ago
		m.tended = false
		m.mu.Unlock()
		return
	}
	if m.state != api.MemberUp {
		m.state, m.reason, m.since = api.MemberUp, "", time.Now()
		m.tell()
	}
	m.tended, m.left = false, ""
	m.mu.Unlock()
	c.Log.InfoContext(c.during(ctx), "a worker is back", "worker", m.Name, "url", m.URL)
	c.Publish(api.WorkerUpEvent{Worker: m.Name})
}
