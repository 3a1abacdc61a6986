package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/masters/cluster"
)

// ages is longer than any test: who waits as long waits for ever.
const ages = 24 * time.Hour

// probed is a cluster whose only worker answers probes with ready, and has nothing else, like a worker of the Python package.
func probed(t *testing.T, noRestart bool, ready http.HandlerFunc) (*mastertest.Cluster, *cluster.Member) {
	t.Helper()
	c := mastertest.New(t, master.New())
	c.NoRestart = noRestart
	c.Add("w1", func() http.Handler {
		mux := http.NewServeMux()
		mux.Handle(api.PathReady, ready)
		return mux
	})
	c.Serve("workers: [{name: w1, learner: mean}]\n", c.Registry())
	return c, c.Server.Members[0]
}

// wantLost checks that a member is not waited for, or not any longer.
func wantLost(t *testing.T, err error, final bool, says string) {
	t.Helper()
	var lost *cluster.LostError
	if !errors.As(err, &lost) || lost.Final != final || lost.Worker != "w1" || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want a *LostError (final: %v) that says %q", err, final, says)
	}
}

// A member that was lost is waited for until it is ready, and may then be called.
func TestAMemberThatComesBackIsAwaited(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c, m := probed(t, true, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	c.Server.WorkerExited("w1", "killed by the test")
	if err := c.Server.Await(t.Context(), m, ages); err != nil {
		t.Error(err)
	}
	if f, down := m.Unavailable(); down {
		t.Errorf("it may not be called: %v", f)
	}
}

// A member that cannot come is not waited for: the launcher leaves it alone, before or while it is
// awaited, or nobody starts it again and nothing listens at its address.
func TestAMemberThatCannotComeIsNotAwaited(t *testing.T) {
	t.Parallel()
	busy := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	t.Run("left before", func(t *testing.T) {
		t.Parallel()
		c, m := probed(t, false, busy)
		c.Server.WorkerLeft("w1", "it ended with exit status 0")
		wantLost(t, c.Server.Await(t.Context(), m, ages), true, "it ended with exit status 0")
	})
	t.Run("left while it is awaited", func(t *testing.T) {
		t.Parallel()
		var c *mastertest.Cluster
		c, m := probed(t, false, func(w http.ResponseWriter, r *http.Request) {
			busy(w, r)
			go c.Server.WorkerLeft("w1", "it was started again 10 times")
		})
		wantLost(t, c.Server.Await(t.Context(), m, ages), true, "it was started again 10 times")
	})
	t.Run("nobody starts it", func(t *testing.T) {
		t.Parallel()
		c, m := probed(t, true, busy)
		c.Workers[0].Kill()
		wantLost(t, c.Server.Await(t.Context(), m, ages), true, "nobody starts it again")
	})
	t.Run("somebody may start it, but not in time", func(t *testing.T) {
		t.Parallel()
		c, m := probed(t, false, busy)
		c.Workers[0].Kill()
		wantLost(t, c.Server.Await(t.Context(), m, time.Millisecond), false, "1ms")
		wantLost(t, c.Server.Await(t.Context(), m, 0), false, "the time to wait is 0")
	})
	t.Run("the fit is cancelled", func(t *testing.T) {
		t.Parallel()
		cause := errors.New("cancelled by the test")
		ctx, cancel := context.WithCancelCause(t.Context())
		c, m := probed(t, false, func(w http.ResponseWriter, r *http.Request) {
			busy(w, r)
			cancel(cause)
		})
		if err := c.Server.Await(ctx, m, ages); !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
	})
}

// A worker that its launcher had left alone, and that a person has started, is like any other.
func TestAMemberThatWasLeftAndIsBackIsAwaitedAgain(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	c, m := probed(t, false, func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	c.Server.WorkerLeft("w1", "it ended")
	mastertest.Event(c, func(e api.WorkerUpEvent) bool { return e.Worker == "w1" })
	down.Store(true)
	wantLost(t, c.Server.Await(t.Context(), m, time.Millisecond), false, "1ms")
}
