package transport

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pauses are the pauses between the tries of something that fails for a while, such as a call over a link
// that is down for seconds: exponential backoff (Metcalfe, Boggs, "Ethernet: Distributed Packet Switching
// for Local Computer Networks", 1976) with jitter (Brooker, "Exponential Backoff and Jitter", 2015), so
// that those who failed together do not all come back at once. A pause is four times as long as the one
// before, and longer by up to a half that is drawn. The same seed gives the same pauses.
type Pauses struct {
	next, most time.Duration
	random     *rand.Rand
}

// The first pause, and the longest without its jitter: a fault that passes at once costs little, and four
// tries outlast one of four seconds.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 10 * time.Second
	growth       = 4
)

// NewPauses makes the pauses of one series of tries.
func NewPauses(seed uint64) *Pauses {
	return &Pauses{next: firstPause, most: longestPause, random: rand.New(rand.NewPCG(seed, ^seed))}
}

// Next is the next pause.
func (p *Pauses) Next() time.Duration {
	pause := p.next
	p.next = min(growth*p.next, p.most)
	return pause + time.Duration(p.random.Float64()*float64(pause)/2)
}

// Sleep waits, and returns ctx's cause if that ends before.
func Sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
