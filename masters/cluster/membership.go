package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/gochimera/chimera/api"
)

// A project's workers are those of its configuration. They may leave while the master runs, and join again (scale.go): what a member does
// meanwhile is here. One that is away is not called, not looked after and not waited for, and no quorum counts it.

// Why a member is away.
const (
	hasLeft  = "it has left, as it was asked to (chimera scale)"
	isJoined = "it is being started, to join"
)

// errNextFit is why a member that has joined is not brought up to the model in service.
var errNextFit = errors.New("it has joined since the fit of the model in service, and takes part from the next one on")

// membership is who is away, who leaves and who has joined; the member's mutex guards it.
type membership struct {
	starting bool  // it is away, and is being started
	ending   bool  // it is away, and its worker may not have ended yet
	leaving  bool  // it is no part of the next fit, and is away when that has ended
	newcomer bool  // it is no part of the model in service, of a kind of master whose workers hold that, and takes part in the next fit
	fitting  bool  // it takes part in the fit that runs
	arrivals int64 // how many times it has come to answer after it did not
}

// IsAway reports whether a member has left, as it was asked to.
func (m *Member) IsAway() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state == api.MemberAway
}

// IsBeside reports whether a member is no part of the model in service, which does not lack it: it is away, or has joined since that was
// fitted.
func (m *Member) IsBeside() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state == api.MemberAway || m.newcomer
}

// Arrivals counts how many times a member has come to answer after it did not.
func (m *Member) Arrivals() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.arrivals
}

// enters reports whether a member takes part in a fit that begins now, and marks it.
func (m *Member) enters() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fitting = m.state != api.MemberAway && !m.leaving
	return m.fitting
}

// release marks the members as part of no running fit.
func (f *Fit) release() {
	for _, m := range f.Members {
		m.mu.Lock()
		m.fitting = false
		m.mu.Unlock()
	}
}

// settles marks a member that is there as a part of the model that has come into service, also if it is still to be brought up to that.
func (m *Member) settles() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != api.MemberAway {
		m.newcomer = false
	}
}

// misses marks a member that is there, or is being started, as a newcomer: the model that has come into service was fitted without it.
func (m *Member) misses() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == api.MemberAway && !m.starting {
		return
	}
	m.newcomer = true
	if m.state == api.MemberUp {
		m.state, m.reason, m.since = api.MemberOutdated, errNextFit.Error(), time.Now()
		m.tell()
	}
}

// Present lists the members that are not away.
func (c *Cluster) Present() []*Member {
	var list []*Member
	for _, m := range c.Members {
		if !m.IsAway() {
			list = append(list, m)
		}
	}
	return list
}

// sendAway sends a member away, whose worker is about to be ended.
func (c *Cluster) sendAway(m *Member) {
	m.mu.Lock()
	m.state, m.reason, m.since, m.left = api.MemberAway, hasLeft, time.Now(), hasLeft
	m.starting, m.ending, m.leaving, m.newcomer, m.fitting = false, true, false, false, false
	m.tell()
	m.mu.Unlock()
}

// hasEnded notes that nothing is left of the worker of a member that is away.
func (m *Member) hasEnded() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ending = false
}

// joins marks a member that is away as one that is being started. beside says that workers hold the model in service, of which it is no part.
func (m *Member) joins(beside bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reason, m.left, m.starting, m.ending, m.newcomer = isJoined, "", true, false, beside
	m.tell()
}

// failsToJoin marks a member that could not be started as away.
func (m *Member) failsToJoin(reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reason, m.left, m.starting = "it could not be started: "+reason, hasLeft, false
	m.tell()
}

// welcome looks after a member that was started to join, until it answers.
func (c *Cluster) welcome(m *Member) {
	m.mu.Lock()
	tend := !m.tended
	m.tended = true
	m.mu.Unlock()
	if tend {
		c.tender.wake <- m // never blocks: it has room for every member, and none is in it twice
	}
}

// joined ends the looking after a newcomer, which answers: it is as it should be until the next fit. It reports whether the member is one
// still: a fit may have ended meanwhile.
func (c *Cluster) joined(ctx context.Context, m *Member) bool {
	m.mu.Lock()
	still := m.newcomer && m.state != api.MemberAway
	if still {
		m.reason, m.tended = errNextFit.Error(), false
	}
	m.mu.Unlock()
	if !still {
		return false
	}
	c.Log.InfoContext(c.during(ctx), "a worker has joined, and takes part from the next fit on", "worker", m.Name, "url", m.URL)
	c.Publish(api.WorkerUpEvent{Worker: m.Name})
	return true
}

func (m *Member) isStarting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.starting
}

// abandonsAway ends the looking after a member that is away and is not being started.
func (m *Member) abandonsAway() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != api.MemberAway || m.starting {
		return false
	}
	m.tended = false
	return true
}
