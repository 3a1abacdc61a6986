package boosting

import (
	"math"

	"github.com/gochimera/chimera/learner"
)

// A gradient is a whole number of at most 2^gradientBits parts of its bound. Sums of gradients times weights fit an
// int64, because the weights add up to at most 2^weightBits parts.
const (
	gradientBits = 26
	weightBits   = 36
)

// lossKind is a loss. Their numbers are in stored models.
type lossKind int

const (
	squaredError  lossKind = iota // (y - score)^2 / 2, as in scikit-learn
	logLoss                       // - log of the probability of the row's class
	poissonLoss                   // half the Poisson deviance, with the log link: y log(y / m) - y + m for m = exp(score)
	absoluteError                 // |y - score|
	pinballLoss                   // of "quantile" q (Koenker, Bassett 1978): q (y - score), or (1 - q) (score - y) if that is positive
	lastLoss      = pinballLoss
)

// lossesOf are the losses of a regression by their names.
var lossesOf = map[string]lossKind{"squared_error": squaredError, "poisson": poissonLoss, "absolute_error": absoluteError, "quantile": pinballLoss}

// constant reports whether the second derivative is 1 for every row, or taken to be.
func (l lossKind) constant() bool { return l != logLoss && l != poissonLoss }

// bounded reports whether gradients have a bound that does not depend on the scores: 1, or the largest weight of a class.
// Otherwise it is found out.
func (l lossKind) bounded() bool { return l != squaredError && l != poissonLoss }

// late reports whether a leaf adds a quantile of what is left of the targets of its rows, instead of a Newton step. It
// is found when the tree is grown (Friedman 2001, section 4.3), and so is the score that every row begins with.
func (l lossKind) late() bool { return l == absoluteError || l == pinballLoss }

// classes reports whether it is a loss of a classification.
func (l lossKind) classes() bool { return l == logLoss }

// answer is what a score of a regression stands for.
func (l lossKind) answer(score float64) float64 {
	if l == poissonLoss {
		return min(math.Exp(score), math.MaxFloat64)
	}
	return score
}

// link says what scores stand for.
func (l lossKind) link(trees int) learner.Link {
	switch {
	case l == poissonLoss:
		return learner.ExpLink
	case !l.classes():
		return learner.IdentityLink
	case trees > 1:
		return learner.SoftmaxLink
	default:
		return learner.LogisticLink
	}
}

// bounds are exponents of two: what gradients and second derivatives are at most, and what losses are parts of. A loss
// may be larger than 2^loss, but what of it is beyond 2^(loss + lossRoom) is left out.
type bounds struct{ gradient, curvature, loss int }

// lossRoom: see bounds. The weights of losses add up to at most 2^weightBits.
const lossRoom = 62 - weightBits - 2

// firstBounds are those of the first iteration: where gradients have no bound of their own, of the exponent of the
// largest one. For losses that have the unit of targets, half of the room is for losses that are larger than
// the largest gradient was (or target, see late).
func (l lossKind) firstBounds(largest int, h *head) bounds {
	switch l {
	case squaredError:
		return bounds{gradient: largest}
	case poissonLoss:
		return bounds{gradient: largest, curvature: exponent(l.answer(h.base[0])), loss: largest - lossRoom/2}
	case absoluteError, pinballLoss:
		return bounds{loss: largest - lossRoom/2}
	default:
		b := bounds{}
		for _, w := range h.classWeights {
			b.gradient = max(b.gradient, exponent(w))
		}
		b.curvature = b.gradient - 2
		return b
	}
}

// lossUnit is the number of which losses are counted.
func (l lossKind) lossUnit(b bounds) float64 {
	if l == squaredError {
		return math.Ldexp(1, 2*(b.gradient-gradientBits))
	}
	return math.Ldexp(1, b.loss-gradientBits)
}

// nextBounds are those after a tree whose leaves add at most `most` in size, where gradients and second derivatives
// were at most 2^lengths[0] and 2^lengths[1] parts of theirs. An answer m of poisson becomes at most m exp(most), which
// is m (exp(most) - 1) further from its target.
func (l lossKind) nextBounds(b bounds, lengths [2]int, most float64) bounds {
	g := math.Ldexp(1, b.gradient-gradientBits+lengths[0])
	switch l {
	case squaredError:
		b.gradient = exponent(g + most)
	case poissonLoss:
		if most > 300 {
			b.gradient = mostPoisson + 1
			break
		}
		h := math.Ldexp(1, b.curvature-gradientBits+lengths[1])
		b.gradient, b.curvature = exponent(g+h*math.Expm1(most)), exponent(h*math.Exp(most))
	case logLoss, absoluteError, pinballLoss:
	}
	return b
}

// mostPoisson: beyond 2^mostPoisson there are no bounds for poisson.
const mostPoisson = 500

// diverged is an error if answers have grown without a limit.
func (l lossKind) diverged(b bounds) error {
	if l == poissonLoss && max(b.gradient, b.curvature) > mostPoisson {
		return &learner.DataError{Row: -1, Column: -1, Reason: "answers grow beyond all numbers with the loss poisson: " +
			"take a smaller learning_rate, or a larger min_samples_leaf or l2_regularization"}
	}
	return nil
}

// refuses says why a target cannot be; "" if it can.
func (l lossKind) refuses(y float64) string {
	switch {
	case math.Abs(y) > largestTarget:
		return "a target may be at most 2^480 in size: divide all of them by a number"
	case l == poissonLoss && y < 0:
		return "the loss poisson is for targets that are not negative"
	}
	return ""
}
