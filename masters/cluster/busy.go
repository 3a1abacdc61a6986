package cluster

import (
	"context"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
)

// lookAgain is how long a member that is busy is left alone.
const lookAgain = 50 * time.Millisecond

// SendWhenFree is Send, and sends again while the member answers that it is still
// fitting: a fit that was cancelled a moment ago ends soon. It gives up after the
// cluster's timeout.
func SendWhenFree[Q, A any](ctx context.Context, c *Cluster, m *Member, e endpoint.Endpoint[Q, A], q Q) Reply[A] {
	message := NewMessage(e)
	if err := message.Encode(q); err != nil {
		return Reply[A]{Err: err}
	}
	start := time.Now()
	var sent int64
	for {
		r := Send(ctx, c, m, message, nil)
		r.Sent += sent
		if CodeOf(r.Err) != api.CodeFitRunning || time.Since(start) > c.Timeout() {
			return r
		}
		sent = r.Sent
		select {
		case <-ctx.Done():
			r.Err = context.Cause(ctx)
			return r
		case <-time.After(lookAgain):
		}
	}
}
