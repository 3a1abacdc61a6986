package cluster

import (
	"context"
	"time"

	"github.com/gochimera/chimera/internal/transport"
)

// smallBody is what a connection takes without the other side reading.
const smallBody = 32 << 10

// Broadcast sends a message to several members at once; replies are in the
// members' order. Small messages are all sent, one after the other, before
// anybody waits for an answer, which takes no handing over between goroutines.
// A large one would hold up those behind it, so then each member has a
// goroutine for all of its call.
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
	return Each(members, func(m *Member) Reply[A] { // waiting in turn would log the slowest's time for all
		i := at[m]
		t := transfers[i]
		var o outcome
		o.answer, o.err = calls[i].Wait()
		c.note(m, t.request.URL, starts[i], o.err)
		return t.reply(c.settle(ctx, m, t.request, o))
	})
}
