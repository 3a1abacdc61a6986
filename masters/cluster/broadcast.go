package cluster

import (
	"context"
	"time"

	"github.com/gochimera/chimera/internal/transport"
)

// smallBody is a size that a connection accepts before the other side reads.
const smallBody = 32 << 10

// Broadcast sends a message to several members at once; replies are in the order of members. Small
// messages are all written one after the other before the first answer is awaited, which avoids
// switching between goroutines. Large ones would delay those behind them, so then each member's call
// gets a goroutine.
func Broadcast[Q, A any](ctx context.Context, c *Cluster, members []*Member, g *Message[Q, A]) []Reply[A] {
	if g.Size() > smallBody {
		return Each(members, func(m *Member) Reply[A] { return Send(ctx, c, m, g, nil) })
	}
	limited, cancel := c.deadline(ctx)
	defer cancel()
	transfers, calls, starts := make([]*transfer[A], len(members)), make([]*transport.Call, len(members)), make([]time.Time, len(members))
	at := make(map[*Member]int, len(members))
	for i, m := range members {
		at[m], transfers[i], starts[i] = i, g.to(m, nil), time.Now()
		calls[i] = c.client.Begin(limited, transfers[i].request)
	}
	return Each(members, func(m *Member) Reply[A] { // waiting in turn would log the slowest worker's time for all
		i := at[m]
		t := transfers[i]
		var o outcome
		o.answer, o.err = calls[i].Wait()
		c.note(m, t.request.URL, starts[i], o.err)
		return t.reply(c.settle(ctx, m, t.request, o))
	})
}
