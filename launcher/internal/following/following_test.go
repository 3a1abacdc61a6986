package following

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Whether a reading comes to its end by itself, hangs or was never begun: nothing reads any more once it was ended or drained.
func TestFollowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var none *Following
		none.End()
		none.Drain(t.Context())
		if none.Ended() != nil {
			t.Error("what is not read has ended")
		}

		hangs := func(ctx context.Context, _ <-chan struct{}) { <-ctx.Done() }
		ended := Begin(t.Context(), hangs)
		ended.End()
		<-ended.Ended()

		start := time.Now()
		Begin(t.Context(), hangs).Drain(t.Context())
		if got := time.Since(start); got != drainTime {
			t.Errorf("one that hangs is drained in %v, want %v", got, drainTime)
		}

		start = time.Now()
		Begin(t.Context(), func(_ context.Context, over <-chan struct{}) { <-over }).Drain(t.Context())
		if got := time.Since(start); got != 0 {
			t.Errorf("one that has read all is drained in %v, want at once", got)
		}

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start = time.Now()
		Begin(t.Context(), hangs).Drain(ctx)
		if got := time.Since(start); got != 0 {
			t.Errorf("with a context that has ended it takes %v", got)
		}
	})
}
