package launcher

import (
	"slices"
	"testing"
	"time"
)

func TestRestartWants(t *testing.T) {
	well, badly, killed := Exit{}, Exit{Code: 7}, Exit{Code: -1, Signal: "killed"}
	for _, tt := range []struct {
		restart             Restart
		well, badly, killed bool
	}{
		{RestartNever, false, false, false},
		{RestartOnFailure, false, true, true},
		{"", false, true, true},
		{RestartAlways, true, true, true},
	} {
		got := [...]bool{tt.restart.Wants(well), tt.restart.Wants(badly), tt.restart.Wants(killed)}
		if want := [...]bool{tt.well, tt.badly, tt.killed}; got != want {
			t.Errorf("restart %q after status 0, status 7, a signal: %v, want %v", tt.restart, got, want)
		}
	}
}

func TestTries(t *testing.T) {
	const ms = time.Millisecond
	all := func(y *tries) (pauses []time.Duration) {
		for {
			pause, ok := y.next()
			if !ok {
				return pauses
			}
			pauses = append(pauses, pause)
		}
	}
	usual := tries{most: defaultRestarts, pause: defaultRestartPause}
	want := []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 10_000 * ms, 10_000 * ms, 10_000 * ms}
	if got := all(&usual); !slices.Equal(got, want) {
		t.Errorf("pauses %v, want %v", got, want)
	}
	usual.lived(longEnough - 1)
	if _, ok := usual.next(); ok {
		t.Error("a worker that was ready for a moment counts as success")
	}
	usual.lived(longEnough)
	if pause, ok := usual.next(); !ok || pause != 100*ms {
		t.Errorf("after a success: %v, %v, want the first pause", pause, ok)
	}
	patient := tries{most: 3, pause: time.Hour} // longer than the longest of the usual
	if got := all(&patient); !slices.Equal(got, []time.Duration{time.Hour, time.Hour, time.Hour}) {
		t.Errorf("pauses %v", got)
	}
}
