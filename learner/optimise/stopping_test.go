package optimise

import "testing"

// TestStopping: scikit-learn's rule. An epoch counts as idle unless it beats
// the best by tol; the best moves all the same; one idle epoch more than
// patience ends it.
func TestStopping(t *testing.T) {
	for _, tc := range []struct {
		name   string
		losses []float64
		ends   int // after this many; 0: never
		best   []bool
	}{
		{"improving", []float64{5, 4, 3, 2, 1}, 0, []bool{true, true, true, true, true}},
		{"flat", []float64{5, 5, 5, 5, 5}, 4, []bool{true, false, false, false}},
		{"creeping", []float64{5, 4.95, 4.9, 4.85}, 4, []bool{true, true, true, true}},
		{"a pause", []float64{5, 5, 5, 4, 4, 4, 4}, 7, []bool{true, false, false, true, false, false, false}},
		{"worse", []float64{5, 6, 7, 8}, 4, []bool{true, false, false, false}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := NewStopping(0.1, 2)
			for i, l := range tc.losses {
				best, stop := s.Look(l)
				if best != tc.best[i] {
					t.Errorf("epoch %d: best %v, want %v", i+1, best, tc.best[i])
				}
				if stop != (i+1 == tc.ends) {
					t.Fatalf("epoch %d: stop %v", i+1, stop)
				}
				if stop {
					return
				}
			}
			if tc.ends != 0 {
				t.Errorf("never stops, want after %d epochs", tc.ends)
			}
		})
	}
}
