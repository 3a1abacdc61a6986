package suggest_test

import (
	"slices"
	"testing"

	"github.com/gochimera/chimera/internal/suggest"
)

func TestClosest(t *testing.T) {
	names := []string{"tree-classifier", "tree-regressor", "ridge", "lasso", "knn-classifier"}
	for _, tt := range []struct {
		word string
		want []string
	}{
		{"tree-clasifier", []string{"tree-classifier"}},
		{"Ridge", []string{"ridge"}},
		{"rigde", []string{"ridge"}}, // two neighbours swapped are one slip
		{"tree", []string{"tree-classifier", "tree-regressor"}},
		{"classifier", []string{"knn-classifier", "tree-classifier"}},
		{"banana", nil},
		{"", nil},
	} {
		if got := suggest.Closest(tt.word, names); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.word, got, tt.want)
		}
	}
}

func TestHint(t *testing.T) {
	for _, tt := range []struct {
		word  string
		known []string
		want  string
	}{
		{"meen", []string{"mean", "vote"}, `; did you mean "mean"?`},
		{"product", []string{"vote", "mean"}, "; one of mean, vote"},
		{"x", nil, ""},
	} {
		if got := suggest.Hint(tt.word, tt.known); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.word, got, tt.want)
		}
	}
}
