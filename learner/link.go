package learner

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner/numeric"
)

// Link says what a learner's answers are, given its scores: one per output. Of two classes there is one score, which
// is that of the second; of more, one per class.
type Link string

// The links.
const (
	// IdentityLink: the scores are the answers. A classifier has a score for each class then, also for two: its probability.
	IdentityLink Link = "identity"
	// ExpLink, of regression: the answer is exp(score).
	ExpLink Link = "exp"
	// LogisticLink: 1 / (1 + exp(-score)) is the probability of the second of two classes. Of several classes it is one
	// against the rest, and they are divided by their sum, or are all alike if that is 0.
	LogisticLink Link = "logistic"
	// ClippedLink is LogisticLink with (1 + score) / 2, clipped to [0, 1], instead of the logistic function.
	ClippedLink Link = "clipped"
	// SoftmaxLink: a class's probability is proportional to exp(score).
	SoftmaxLink Link = "softmax"
	// MarginLink: the largest score wins, and the second of two classes if its score is positive; its probability is 1.
	MarginLink Link = "margin"
)

// Value is the answer of a regressor with this score.
func (l Link) Value(score float64) (float64, error) {
	switch l {
	case IdentityLink:
		return score, nil
	case ExpLink:
		return math.Exp(score), nil
	case LogisticLink:
		return logistic(score), nil
	case ClippedLink, SoftmaxLink, MarginLink:
	}
	return 0, fmt.Errorf("the link %q is none of a regression", l)
}

// Probabilities writes the probability of each class into into, which has one place per class. Of one class it is 1,
// whatever the scores.
func (l Link) Probabilities(scores, into []float64) error {
	classes := len(into)
	if classes == 1 {
		into[0] = 1
		return nil
	}
	if want := l.Scores(classes); len(scores) != want {
		return fmt.Errorf("%d scores for %d classes by the link %q, want %d", len(scores), classes, l, want)
	}
	switch l {
	case IdentityLink:
		copy(into, scores)
	case LogisticLink:
		shares(scores, into, logistic)
	case ClippedLink:
		shares(scores, into, clipped)
	case SoftmaxLink:
		copy(into, scores)
		numeric.Softmax(into)
	case MarginLink:
		clear(into)
		winner := 0
		switch {
		case classes > 2:
			winner = numeric.ArgMax(scores)
		case scores[0] > 0:
			winner = 1
		}
		into[winner] = 1
	case ExpLink:
		return fmt.Errorf("the link %q is none of a classification", l)
	default:
		return fmt.Errorf("unknown link %q", l)
	}
	return nil
}

// Scores is how many scores a classifier with this link has for so many classes, more than one.
func (l Link) Scores(classes int) int {
	if classes == 2 && l != IdentityLink && l != SoftmaxLink {
		return 1
	}
	return classes
}

// shares makes probabilities of one function of each score.
func shares(scores, into []float64, of func(float64) float64) {
	if len(scores) == 1 {
		into[0], into[1] = of(-scores[0]), of(scores[0])
		return
	}
	sum := 0.0
	for c, score := range scores {
		into[c] = of(score)
		sum += into[c]
	}
	for c := range into {
		if sum == 0 {
			into[c] = 1 / float64(len(into))
		} else {
			into[c] /= sum
		}
	}
}

func logistic(score float64) float64 { return 1 / (1 + math.Exp(-score)) }

func clipped(score float64) float64 { return (1 + min(max(score, -1), 1)) / 2 }
