package numeric

import (
	"math"
	"slices"
)

// Softmax replaces each score by exp(score) divided by the sum of all exp, so
// that the scores become probabilities. It is safe for finite scores of any
// size, since it takes exp only of their distance from the largest; -Inf
// becomes 0 if another score is finite. It panics if there are no scores.
func Softmax(scores []float64) { share(scores) }

// SoftmaxLogSum is Softmax and returns the logarithm of the sum of all exp,
// which a log loss needs: the loss of a class is this less the class's score.
func SoftmaxLogSum(scores []float64) (logSum float64) {
	top, sum := share(scores)
	return top + math.Log(sum)
}

// share is Softmax; the sum of all exp is sum times exp(top).
func share(scores []float64) (top, sum float64) {
	top = slices.Max(scores)
	sum = Exponentials(scores, top)
	for i := range scores {
		scores[i] /= sum
	}
	return top, sum
}

// Exponentials replaces each score by exp(score - top) and returns their sum,
// which is at least 1 where top is the largest score: a softmax before the
// division, for losses that scale by more than the sum.
func Exponentials(scores []float64, top float64) (sum float64) {
	for i, score := range scores {
		scores[i] = math.Exp(score - top)
		sum += scores[i]
	}
	return sum
}
