package transport_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/internal/transport"
)

// Pauses grow fourfold up to a limit, each with up to a half more; one seed gives the same ones. Four of
// them outlast a link that is down for two seconds.
func TestPauses(t *testing.T) {
	p, same, other := transport.NewPauses(7), transport.NewPauses(7), transport.NewPauses(8)
	differ := false
	var four time.Duration
	for i, milliseconds := range []int{50, 200, 800, 3200, 10000, 10000} {
		base := time.Duration(milliseconds) * time.Millisecond
		got := p.Next()
		if got < base || got > base*3/2 {
			t.Errorf("pause %d is %v, want %v and up to a half more", i+1, got, base)
		}
		if again := same.Next(); again != got {
			t.Errorf("pause %d of the same seed is %v, then %v", i+1, got, again)
		}
		differ = differ || other.Next() != got
		if i < 4 {
			four += got
		}
	}
	if !differ {
		t.Error("two seeds give the same pauses")
	}
	if four < 2*time.Second {
		t.Errorf("four pauses are %v together", four)
	}
}

func TestSleepIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, because := time.Now(), errors.New("because")
		if err := transport.Sleep(t.Context(), time.Hour); err != nil || time.Since(start) != time.Hour {
			t.Errorf("slept %v: %v", time.Since(start), err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(because)
		if err := transport.Sleep(ctx, time.Hour); !errors.Is(err, because) {
			t.Errorf("got %v", err)
		}
	})
}
