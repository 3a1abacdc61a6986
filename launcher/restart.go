package launcher

import (
	"cmp"
	"time"
)

// What the zero values in a Process mean, and what it does not let choose.
const (
	defaultRestarts     = 10
	defaultRestartPause = 100 * time.Millisecond
	longestRestartPause = 10 * time.Second
	// A worker that has been ready for as long was started with success, and the
	// tries are counted anew.
	longEnough = 10 * time.Second
)

func validRestart(r Restart) bool {
	return r == "" || r == RestartNever || r == RestartOnFailure || r == RestartAlways
}

// Name is how chimera.yaml calls it.
func (r Restart) Name() string { return string(cmp.Or(r, RestartOnFailure)) }

// Wants says whether a worker that ended so is to be started again.
func (r Restart) Wants(e Exit) bool {
	switch r {
	case RestartNever:
		return false
	case RestartAlways:
		return true
	default:
		return e.Code != 0
	}
}

// tries are those to start a worker again, in a row without success.
type tries struct {
	made, most int
	pause      time.Duration // before the first
}

// next is how long to wait before the next try, twice as long every time; ok is
// false if there have been enough.
func (t *tries) next() (pause time.Duration, ok bool) {
	if t.made >= t.most {
		return 0, false
	}
	pause = t.pause
	for range t.made {
		pause = min(2*pause, max(longestRestartPause, t.pause))
	}
	t.made++
	return pause, true
}

// lived counts the tries anew if the worker was ready for long enough.
func (t *tries) lived(ready time.Duration) {
	if ready >= longEnough {
		t.made = 0
	}
}
