package learner_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gochimera/chimera/learner"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	log := math.Log
	for _, tt := range []struct {
		link   learner.Link
		scores []float64
		want   []float64
	}{
		{learner.IdentityLink, []float64{0.25, 0.75}, []float64{0.25, 0.75}},
		{learner.LogisticLink, []float64{log(3)}, []float64{0.25, 0.75}},
		{learner.LogisticLink, []float64{log(3), log(3), -log(3)}, []float64{3. / 7, 3. / 7, 1. / 7}},
		{learner.LogisticLink, []float64{-1000, -2000, -3000}, []float64{1. / 3, 1. / 3, 1. / 3}},
		{learner.ClippedLink, []float64{0.5}, []float64{0.25, 0.75}},
		{learner.ClippedLink, []float64{-7, 1, 7}, []float64{0, 0.5, 0.5}},
		{learner.SoftmaxLink, []float64{0, log(3)}, []float64{0.25, 0.75}},
		{learner.MarginLink, []float64{0}, []float64{1, 0}},
		{learner.MarginLink, []float64{1e-9}, []float64{0, 1}},
		{learner.MarginLink, []float64{-2, -1, -1}, []float64{0, 1, 0}},
		{learner.MarginLink, []float64{-2}, []float64{1}}, // the only class
	} {
		got := make([]float64, len(tt.want))
		if err := tt.link.Probabilities(tt.scores, got); err != nil {
			t.Errorf("%s of %v: %v", tt.link, tt.scores, err)
		}
		if !slices.EqualFunc(got, tt.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-15 }) {
			t.Errorf("%s of %v: %v, want %v", tt.link, tt.scores, got, tt.want)
		}
	}
	for link, want := range map[learner.Link]float64{learner.IdentityLink: 2, learner.ExpLink: math.Exp(2), learner.LogisticLink: 1 / (1 + math.Exp(-2))} {
		if got, err := link.Value(2); err != nil || got != want {
			t.Errorf("%s of 2: %v, %v, want %v", link, got, err, want)
		}
	}
	two := make([]float64, 2)
	for _, bad := range []struct {
		link   learner.Link
		scores []float64
	}{{learner.IdentityLink, []float64{1}}, {learner.LogisticLink, []float64{1, 2}}, {learner.ExpLink, []float64{1}}, {"probit", []float64{1}}} {
		if err := bad.link.Probabilities(bad.scores, two); err == nil {
			t.Errorf("%s makes probabilities of %v", bad.link, bad.scores)
		}
	}
	if _, err := learner.SoftmaxLink.Value(1); err == nil {
		t.Error("a softmax of one number")
	}
}
