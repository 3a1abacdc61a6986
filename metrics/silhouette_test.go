package metrics

import "testing"

// The silhouette of many features is that of fewer rows, so that it takes no longer.
func TestSilhouetteOfWideRows(t *testing.T) {
	for features, want := range map[int]int{1: 5000, 100: 5000, 400: 2500, 10000: 500} {
		if got := silhouetteRows(features); got != want {
			t.Errorf("%d rows of %d features, want %d", got, features, want)
		}
	}
}
