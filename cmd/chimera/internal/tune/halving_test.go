package tune_test

import (
	"reflect"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/tune"
)

// The rungs of scikit-learn 1.2's HalvingGridSearchCV (n_candidates_, n_resources_), and those that were published.
func TestSchedule(t *testing.T) {
	for _, tt := range []struct {
		name                            string
		candidates, rows, least, factor int
		wantCandidates, wantRows        []int
	}{
		// Li et al. 2018, Hyperband, table 1: the bracket s = 4 of R = 81, eta = 3, which is successive halving.
		{"as published", 81, 81, 1, 3, []int{81, 27, 9, 3, 1}, []int{1, 3, 9, 27, 81}},
		// Jamieson and Talwalkar 2016 halve: n arms, then n/2, until one is left, each with twice as much.
		{"halving", 16, 1600, 20, 2, []int{16, 8, 4, 2, 1}, []int{100, 200, 400, 800, 1600}},
		{"scikit-learn, two rungs", 12, 120, 30, 3, []int{12, 4}, []int{30, 90}},
		{"scikit-learn, rows that do not divide", 27, 1000, 20, 3, []int{27, 9, 3, 1}, []int{37, 111, 333, 999}},
		{"scikit-learn, few candidates", 6, 100, 20, 3, []int{6, 2}, []int{33, 99}},
		{"scikit-learn, five rungs", 81, 4860, 20, 3, []int{81, 27, 9, 3, 1}, []int{60, 180, 540, 1620, 4860}},
		{"scikit-learn, rounded up", 10, 150, 18, 2, []int{10, 5, 3, 2}, []int{18, 36, 72, 144}},
		{"scikit-learn, one candidate", 1, 50, 20, 3, []int{1}, []int{50}},
		{"scikit-learn, too few rows", 100, 60, 20, 3, []int{100, 34}, []int{20, 60}},
		{"scikit-learn, a regression", 5, 33, 6, 4, []int{5, 2}, []int{8, 32}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var candidates, rows []int
			for _, r := range tune.Schedule(tt.candidates, tt.rows, tt.least, tt.factor) {
				candidates, rows = append(candidates, r.Candidates), append(rows, r.Rows)
			}
			if !reflect.DeepEqual(candidates, tt.wantCandidates) || !reflect.DeepEqual(rows, tt.wantRows) {
				t.Errorf("%v on %v rows, want %v on %v", candidates, rows, tt.wantCandidates, tt.wantRows)
			}
		})
	}
}
