package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// lagging is a context whose deadline is now, and that has not noticed yet.
type lagging struct{ context.Context }

func (lagging) Deadline() (time.Time, bool) { return time.Now(), true }

// A connection has the deadline of its call, and may notice it a moment earlier: the error is that of the call's time.
func TestAConnectionIsFasterThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := fmt.Errorf("%w: the time of 1ms is up", ErrTimeout)
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			time.Sleep(time.Microsecond)
			cancel(limit)
		}()
		dial := &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
		if err := explain(lagging{ctx}, dial); !errors.Is(err, limit) {
			t.Errorf("got %v, want %v", err, limit)
		}
	})
}
