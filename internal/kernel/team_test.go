package kernel

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// TestTeam: every piece of work is done once, by the time that Do returns, by
// teams of any size, for more pieces than threads too.
func TestTeam(t *testing.T) {
	for threads := range 6 {
		for _, patience := range []int{0, 1, 50, patience} {
			team := newTeam(threads, patience)
			var calls [8]atomic.Int32
			for round := range 300 {
				n := round % len(calls)
				team.Do(n, func(i int) { calls[i].Add(1) })
				for i := range calls[:n] {
					if got := calls[i].Swap(0); got != 1 {
						t.Fatalf("%d threads, patience %d: piece %d of %d was done %d times", threads, patience, i, n, got)
					}
				}
			}
			team.End()
		}
	}
}

// TestTeamOnOneProcessor: a team does not wait for a thread that cannot run
// meanwhile.
func TestTeamOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	team := NewTeam(3)
	defer team.End()
	if team.patience != 0 {
		t.Errorf("a team of 3 on one processor looks for work %d times", team.patience)
	}
	var sum atomic.Int32
	for range 100 {
		team.Do(3, func(i int) { sum.Add(int32(i)) })
	}
	if sum.Load() != 300 {
		t.Errorf("the pieces add up to %d, want 300", sum.Load())
	}
}

func BenchmarkTeam(b *testing.B) {
	team := NewTeam(2)
	defer team.End()
	for name, t := range map[string]*Team{"team": team, "goroutine": nil} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				t.Do(2, func(int) {})
			}
		})
	}
}
