package cluster

import (
	"context"

	"github.com/gochimera/chimera/internal/transport"
)

// smallBody is a size that a connection accepts before the other side reads.
const smallBody = 32 << 10

// Broadcast sends a message to several members at once; replies are in the order of members. Small
// messages are all written one after the other before the first answer is awaited, which avoids
// switching between goroutines. Large ones would delay those behind them, so then each member's call
// gets a goroutine.
func Broadcast[Q, A any](ctx context.Context, c *Cluster, members []*Member, g *Message[Q, A]) []Reply[A] {
	replies := make([]Reply[A], len(members))
	Gather(ctx, c, members, g, nil, func(i int, r Reply[A]) { replies[i] = r })
	return replies
}

// Gather is Broadcast for a part of a prediction that needs a quorum of answers, which tally counts: got
// is called with each answer as it comes, by several goroutines, and calls tally.Good for a good one; i
// is the member's place in the list. Once there are enough good answers, members that show no sign of
// life are not waited for.
func Gather[Q, A any](ctx context.Context, c *Cluster, members []*Member, g *Message[Q, A], tally *Tally, got func(i int, r Reply[A])) {
	at := make(map[*Member]int, len(members))
	transfers := make([]*transfer[A], len(members))
	for i, m := range members {
		at[m], transfers[i] = i, g.to(m, nil)
		transfers[i].how.tally = tally
	}
	if g.Size() > smallBody {
		Each(members, func(m *Member) struct{} {
			t := transfers[at[m]]
			got(at[m], t.reply(c.settle(ctx, m, t.call, c.attempt(ctx, m, t.call))))
			return struct{}{}
		})
		return
	}
	calls, seen, dones := make([]*transport.Call, len(members)), make([]sighting, len(members)), make([]func(), len(members))
	for i, m := range members {
		t := transfers[i]
		request := t.request
		var limited context.Context
		limited, dones[i] = c.wait(ctx, m, &request, t.how)
		limited, seen[i] = c.watched(limited, m, &request)
		calls[i] = c.client.Begin(limited, request)
	}
	Each(members, func(m *Member) struct{} { // waiting in turn would log the slowest worker's time for all
		i := at[m]
		t := transfers[i]
		var o outcome
		o.answer, o.err = calls[i].Wait()
		dones[i]()
		o.err = c.note(ctx, m, t.request.URL, seen[i], sizeOf(o.answer), o.err)
		got(i, t.reply(c.settle(ctx, m, t.call, o)))
		return struct{}{}
	})
}
