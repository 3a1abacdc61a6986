package repeat

import "testing"

func TestTimes(t *testing.T) {
	want := 20
	if race {
		want = 3
	}
	if got := Times(20, 3); got != want {
		t.Errorf("Times(20, 3) = %d, want %d (race detector: %v)", got, want, race)
	}
}

// A check that would never be made is a mistake in the test.
func TestTimesRefuses(t *testing.T) {
	for _, tt := range [][2]int{{0, 0}, {3, 0}, {1, 2}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Times(%d, %d) does not panic", tt[0], tt[1])
				}
			}()
			Times(tt[0], tt[1])
		}()
	}
}
