package losstest

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/numeric"
)

// finite: the loss and its derivative are numbers, also where a score is far
// off.
func finite(e loss.Entry) error {
	return each(e, far(), func(l loss.Loss, score, target float64) error {
		value, derivative := l.At(score, target)
		if !numeric.IsFinite(value) || !numeric.IsFinite(derivative) {
			return fmt.Errorf("the loss is %v and its derivative %v, want finite numbers", value, derivative)
		}
		return nil
	})
}

// notNegative: no score is better than right.
func notNegative(e loss.Entry) error {
	return each(e, far(), func(l loss.Loss, score, target float64) error {
		if value, _ := l.At(score, target); !(value >= 0) {
			return fmt.Errorf("the loss is %v, want >= 0", value)
		}
		return nil
	})
}

// slope: the derivative lies between the slopes to the left and to the right,
// which are the same but at a kink. Each is a difference quotient over h, whose
// rounding error is the loss's own, 1e-16 of it, divided by h.
func slope(e loss.Entry) error {
	const h = 1e-5
	return each(e, near(), func(l loss.Loss, score, target float64) error {
		value, derivative := l.At(score, target)
		up, _ := l.At(score+h, target)
		down, _ := l.At(score-h, target)
		left, right := (value-down)/h, (up-value)/h
		allowed := 1e-14*max(1, value)/h + 1e-9
		if least, most := min(left, right)-allowed, max(left, right)+allowed; !(derivative >= least && derivative <= most) {
			return fmt.Errorf("the derivative is %v, but the slope is %v to the left and %v to the right", derivative, left, right)
		}
		return nil
	})
}

// convex: the line that goes on with the derivative lies nowhere above the
// loss; that holds at kinks too, and is what makes descent safe.
func convex(e loss.Entry) error {
	scores := near()
	return each(e, scores, func(l loss.Loss, score, target float64) error {
		value, derivative := l.At(score, target)
		for _, other := range scores {
			line := value + derivative*(other-score)
			if v, _ := l.At(other, target); v < line-1e-12*max(1, math.Abs(line)) {
				return fmt.Errorf("it is not convex: with its derivative %v from there it would be at least %v for the score %v, where it is %v", derivative,
					line, other, v)
			}
		}
		return nil
	})
}

// sameTwice: a loss has no memory, so that a gradient has the same bits every
// time.
func sameTwice(e loss.Entry) error {
	type pair struct{ value, derivative float64 }
	first := map[string]pair{}
	key := func(l loss.Loss, score, target float64) string { return fmt.Sprintf("%v %v %v", l, score, target) }
	note := func(l loss.Loss, score, target float64) error {
		value, derivative := l.At(score, target)
		first[key(l, score, target)] = pair{value, derivative}
		return nil
	}
	if err := each(e, near(), note); err != nil {
		return err
	}
	return each(e, near(), func(l loss.Loss, score, target float64) error {
		value, derivative := l.At(score, target)
		if was := first[key(l, score, target)]; was != (pair{value, derivative}) {
			return fmt.Errorf("the loss is %v and its derivative %v, and were %v and %v before", value, derivative, was.value, was.derivative)
		}
		return nil
	})
}

// rightCostsNothing: a score that is the target has no loss, and the
// derivative never points away from the target.
func rightCostsNothing(e loss.Entry) error {
	return each(e, near(), func(l loss.Loss, score, target float64) error {
		if value, _ := l.At(target, target); value != 0 {
			return fmt.Errorf("the loss of a score of %v is %v, want 0: the residual is", target, value)
		}
		if _, derivative := l.At(score, target); derivative*(score-target) < 0 {
			return fmt.Errorf("the derivative %v points away from the target", derivative)
		}
		return nil
	})
}

// pullsToTheClass: a score of 0, which speaks for no class, is moved to the
// right side, without which nothing is learned from coefficients of 0
// (Bartlett, Jordan, McAuliffe 2006).
func pullsToTheClass(e loss.Entry) error {
	return each(e, []float64{0}, func(l loss.Loss, score, target float64) error {
		if _, derivative := l.At(score, target); !(target*derivative < 0) {
			return fmt.Errorf("the derivative is %v, want the sign of %v, so that descent moves the score to its class", derivative, -target)
		}
		return nil
	})
}

// probability: of a Link, between 0 and 1, no lower for a higher score, and
// what is left of 1 is that of the other class.
func probability(e loss.Entry) error {
	before := 0.0
	return each(e, near(), func(l loss.Loss, score, _ float64) error {
		link, ok := l.(loss.Link)
		if !ok {
			return nil
		}
		p := link.Probability(score)
		if score == near()[0] {
			before = 0
		}
		if !(p >= before && p <= 1) {
			return fmt.Errorf("the probability is %v, want at most 1 and no less than the %v of a lower score", p, before)
		}
		before = p
		if other := link.Probability(-score); math.Abs(p+other-1) > 1e-12 {
			return fmt.Errorf("the probabilities of both classes are %v and %v, want a sum of 1", p, other)
		}
		return nil
	})
}
