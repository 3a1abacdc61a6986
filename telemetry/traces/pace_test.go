package traces

import (
	"testing"
	"time"
)

// However fast steps are, at most 20 a second are traced; slow ones all are.
func TestPace(t *testing.T) {
	for every, want := range map[time.Duration]int{time.Millisecond: 20, 49 * time.Millisecond: 11, 50 * time.Millisecond: 20, 100 * time.Millisecond: 10} {
		var p pace
		got := 0
		for at := time.Duration(0); at < time.Second; at += every {
			if p.admits(time.Unix(1, 0).Add(at)) {
				got++
			}
		}
		if got != want {
			t.Errorf("with a step every %v, %d are traced in a second, want %d", every, got, want)
		}
	}
}
