package rest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/gochimera/chimera/api"
)

// memory bounds what the bodies of all requests that are being answered may take together, as they
// came and as they are decoded. It counts what is admitted: the runtime may need up to as
// much again before it collects what is no longer used.
//
// Small requests have a part of it to themselves, so that they never wait behind large ones. So has
// what a request needs beyond what was expected of it when it was admitted: requests that hold
// memory and wait for more never wait for those that hold none yet.
type memory struct {
	small, large, more *lane
	queue              time.Duration
}

// lane is a part of the memory. Whoever waits longest gets memory first.
type lane struct {
	*semaphore.Weighted
	size int64

	held             atomic.Int64
	waiting, refused atomic.Int64 // requests
}

func newLane(size int64) *lane { return &lane{Weighted: semaphore.NewWeighted(size), size: size} }

// smallRequest is what a small request takes at most, in bytes.
const smallRequest = 1 << 20

func newMemory(size int64, queue time.Duration) *memory {
	small, more := max(size/8, 1), max(size/4, 1)
	return &memory{small: newLane(small), more: newLane(more), large: newLane(max(size-small-more, 1)), queue: queue}
}

// acquire takes n bytes of a lane, at most all of it, and waits until they are free.
func (m *memory) acquire(ctx context.Context, l *lane, n int64) (share, error) {
	s := share{l, min(n, l.size)}
	if l.TryAcquire(s.size) {
		l.held.Add(s.size)
		return s, nil
	}
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	waiting, cancel := context.WithTimeout(ctx, m.queue)
	defer cancel()
	if err := l.Acquire(waiting, s.size); err != nil {
		if ctx.Err() != nil {
			return share{}, context.Cause(ctx)
		}
		l.refused.Add(1)
		return share{}, api.Problemf(api.CodeOverloaded,
			"The requests that are being answered take the memory that they may take together (limits.max_memory), and none became free in %s. Try again.", m.queue)
	}
	l.held.Add(s.size)
	return s, nil
}

// MemoryLoad is how much of the memory for requests is in use, and who waits for it.
type MemoryLoad struct {
	Lane             string // small and large requests, and more for what turns out to be needed beyond that
	Size, Held       int64  // in bytes
	Waiting, Refused int64  // requests: now, and so far
}

// Memory says how much of the memory for requests is in use.
func (a *API) Memory() []MemoryLoad {
	m := a.memory
	loads := make([]MemoryLoad, 0, 3)
	for _, l := range []struct {
		name string
		*lane
	}{{"small", m.small}, {"large", m.large}, {"more", m.more}} {
		loads = append(loads, MemoryLoad{l.name, l.size, l.held.Load(), l.waiting.Load(), l.refused.Load()})
	}
	return loads
}

// share is what a request holds of a lane.
type share struct {
	lane *lane
	size int64
}

func (s *share) release(n int64) {
	if n > 0 {
		s.lane.held.Add(-n)
		s.lane.Release(n)
		s.size -= n
	}
}

// Ticket is the memory that one request may take. It belongs to the goroutine of the request.
type Ticket struct {
	memory *memory
	shares []share
}

// Admit waits until a request may take so many bytes. The error is a problem if none become free
// in time. The ticket must be released.
func (a *API) Admit(ctx context.Context, bytes int64) (*Ticket, error) {
	if bytes <= 0 {
		return &Ticket{memory: a.memory}, nil
	}
	l := a.memory.large
	if bytes <= min(smallRequest, a.memory.small.size) {
		l = a.memory.small
	}
	s, err := a.memory.acquire(ctx, l, bytes)
	if err != nil {
		return nil, err
	}
	return &Ticket{a.memory, []share{s}}, nil
}

// Held is how many bytes are held.
func (t *Ticket) Held() (n int64) {
	for _, s := range t.shares {
		n += s.size
	}
	return n
}

// Resize changes how many bytes are held. It may ask for more than before once, since a request that waits for more must not hold
// a part of what it and others wait for.
func (t *Ticket) Resize(ctx context.Context, bytes int64) error {
	if more := bytes - t.Held(); more > 0 {
		return t.add(ctx, t.memory.more, more)
	}
	for i := range t.shares { // a large request that turns out to be small stays in its lane
		t.shares[i].release(min(t.Held()-bytes, t.shares[i].size))
	}
	return nil
}

// add takes bytes of a lane of which nothing is held yet.
func (t *Ticket) add(ctx context.Context, l *lane, bytes int64) error {
	s, err := t.memory.acquire(ctx, l, bytes)
	if err == nil {
		t.shares = append(t.shares, s)
	}
	return err
}

// Release gives everything back.
func (t *Ticket) Release() {
	for i := range t.shares {
		t.shares[i].release(t.shares[i].size)
	}
}

type ticketKey struct{}

// Reserve changes how many bytes the request of a context holds, now that more is known about it.
// It does nothing for a request without a body.
func Reserve(ctx context.Context, bytes int64) error {
	t, ok := ctx.Value(ticketKey{}).(*Ticket)
	if !ok {
		return nil
	}
	return t.Resize(ctx, bytes)
}

// isOverloaded reports whether an error says that there is no memory.
func isOverloaded(err error) bool {
	var p *api.Problem
	return errors.As(err, &p) && p.Code == api.CodeOverloaded
}
