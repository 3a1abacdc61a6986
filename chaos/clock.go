//go:build unix

package chaos

import (
	"context"
	"sync"
	"time"
)

// clock tells how long something took, without the time for which this machine was too busy to run
// this program: a goroutine sleeps for a tick again and again, and what it sleeps beyond that is time
// in which no deadline can be kept. Who measures a duration takes Stalled before and after.
type clock struct {
	begun time.Time
	mu    sync.Mutex
	lost  time.Duration
	last  time.Time
}

const tick = 10 * time.Millisecond

func newClock() *clock {
	now := time.Now()
	return &clock{begun: now, last: now}
}

// run counts until ctx ends.
func (c *clock) run(ctx context.Context) {
	beat := time.NewTicker(tick)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			c.mu.Lock()
			now := time.Now()
			c.lost += max(0, now.Sub(c.last)-2*tick)
			c.last = now
			c.mu.Unlock()
		}
	}
}

// now is the time since the start, and the part of it in which this program did not run.
func (c *clock) now() (at, stalled time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	return now.Sub(c.begun), c.lost + max(0, now.Sub(c.last)-2*tick)
}
