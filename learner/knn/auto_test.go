package knn

import "testing"

func TestUseTree(t *testing.T) {
	for _, tc := range []struct {
		name     string
		n, width int
		want     bool
	}{
		{"one row", 1, 1, false},
		{"few rows", 31, 1, false},
		{"rows enough for one column", 32, 1, true},
		{"a square of rows and queries at ten columns", 10_000, 10, false},
		{"many rows", 32_768, 10, true},
		{"few columns", 1000, 5, true},
		{"as many as need one more column", 32_768, 11, false},
		{"more columns than bits in an int", 1 << 30, 100, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := useTree(tc.n, tc.width); got != tc.want {
				t.Errorf("%d rows of %d columns: got %v, want %v", tc.n, tc.width, got, tc.want)
			}
		})
	}
}
