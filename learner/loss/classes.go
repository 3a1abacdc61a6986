package loss

import (
	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner/numeric"
)

// Classes is the loss of rows whose targets are class indices, 0 to
// classes-1.
type Classes interface {
	Rows
	// Class is the class that one row's scores speak for; among equals, the
	// first.
	Class(scores []float64) int
	// Probabilities writes one number per class, which sum to 1. A loss that
	// knows no probabilities votes: 1 for Class, 0 for the others.
	Probabilities(scores, into []float64)
}

// OneVsRest makes a Loss of two classes one of any number: each class has a
// score of its own, which separates it from all others, and the losses add up.
// Two classes share one score, which is positive for the second. (Of one class
// nothing can be learned; it has one score that says nothing.)
//
// Probabilities are those of a Link, divided by their sum, and all alike if
// that is 0 (Zadrozny, Elkan 2002).
type OneVsRest struct {
	Loss    Loss
	Classes int
}

// Outputs is the number of classes, or 1 for two.
func (l OneVsRest) Outputs() int {
	if l.Classes <= 2 {
		return 1
	}
	return l.Classes
}

// Derive is as Rows says.
func (l OneVsRest) Derive(scores, targets, weights []float64) (sum float64) {
	if l.Outputs() == 1 {
		return l.deriveShared(scores, targets, weights)
	}
	for i, w := range weights {
		row := scores[i*l.Classes : (i+1)*l.Classes]
		if w == 0 {
			clear(row)
			continue
		}
		class := int(targets[i])
		for c, score := range row {
			target := -1.0
			if c == class {
				target = 1
			}
			value, derivative := l.Loss.At(score, target)
			sum += w * value
			row[c] = w * derivative
		}
	}
	return sum
}

// deriveShared is Derive for two classes and their one score.
func (l OneVsRest) deriveShared(scores, targets, weights []float64) (sum float64) {
	if (l.Loss == LogLoss{}) {
		return kernel.Logistic(scores, targets, weights)
	}
	for i, w := range weights {
		if w == 0 {
			scores[i] = 0
			continue
		}
		value, derivative := l.Loss.At(scores[i], 2*targets[i]-1)
		sum += w * value
		scores[i] = w * derivative
	}
	return sum
}

// Class is as Classes says.
func (l OneVsRest) Class(scores []float64) int {
	switch {
	case l.Classes > 2:
		return numeric.ArgMax(scores)
	case l.Classes == 2 && scores[0] > 0:
		return 1
	default:
		return 0
	}
}

// Probabilities is as Classes says.
func (l OneVsRest) Probabilities(scores, into []float64) {
	link, ok := l.Loss.(Link)
	switch {
	case !ok || l.Classes == 1:
		clear(into)
		into[l.Class(scores)] = 1
	case l.Classes == 2:
		into[0], into[1] = link.Probability(-scores[0]), link.Probability(scores[0])
	default:
		var sum float64
		for c, score := range scores {
			into[c] = link.Probability(score)
			sum += into[c]
		}
		for c := range into {
			if sum == 0 {
				into[c] = 1 / float64(l.Classes)
			} else {
				into[c] /= sum
			}
		}
	}
}

// Softmax is the log loss of one score per class, where a class's probability
// is proportional to exp(score): multinomial logistic regression.
type Softmax struct{ Classes int }

// Outputs is the number of classes.
func (l Softmax) Outputs() int { return l.Classes }

// Derive is as Rows says. It has no kink, and takes exp only of numbers that
// are not positive.
func (l Softmax) Derive(scores, targets, weights []float64) (sum float64) {
	logs := newLogSum()
	for i, w := range weights {
		row := scores[i*l.Classes : (i+1)*l.Classes]
		if w == 0 {
			clear(row)
			continue
		}
		top := floats.Max(row)
		sum += w * (top - row[int(targets[i])])
		floats.AddConst(-top, row)
	}
	kernel.Exp(scores)
	for i, w := range weights {
		row := scores[i*l.Classes : (i+1)*l.Classes]
		if w == 0 {
			clear(row)
			continue
		}
		total := floats.Sum(row)
		logs.add(w, total)
		floats.Scale(w/total, row)
		row[int(targets[i])] -= w
	}
	return sum + logs.total()
}

// Class is as Classes says.
func (Softmax) Class(scores []float64) int { return numeric.ArgMax(scores) }

// Probabilities is as Classes says.
func (Softmax) Probabilities(scores, into []float64) {
	copy(into, scores)
	floats.Scale(1/numeric.Exponentials(into, floats.Max(scores)), into)
}

var (
	_ Classes = OneVsRest{}
	_ Classes = Softmax{}
)
