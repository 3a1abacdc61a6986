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

// lossKind is a loss.
type lossKind int

const (
	squaredError lossKind = iota // (y - score)^2 / 2, as in scikit-learn
	logLoss                      // - log of the probability of the row's class
)

// constant reports whether the second derivative is 1 for every row.
func (l lossKind) constant() bool { return l == squaredError }

// bounded reports whether gradients have a bound that does not depend on the scores: 1, or the largest weight of a class.
// Otherwise it is found out.
func (l lossKind) bounded() bool { return l == logLoss }

// curvatureExp: second derivatives are at most 2^curvatureExp.
func (l lossKind) curvatureExp() int {
	if l == logLoss {
		return -2
	}
	return 0
}

// link says what scores stand for.
func (l lossKind) link(trees int) learner.Link {
	switch {
	case l == squaredError:
		return learner.IdentityLink
	case trees > 1:
		return learner.SoftmaxLink
	default:
		return learner.LogisticLink
	}
}

// quantum rounds v, which is at most 2^31 in size, to the nearest whole number, of two the even one.
func quantum(v float64) int64 {
	const shift = 0x1.8p52 // numbers around this have no places after the point
	return int64(math.Float64bits(v+shift)) - int64(math.Float64bits(shift))
}

// lossQuantum is a loss, which is not negative, as a whole number of 2^-gradientBits. It is kept in two numbers, so
// that sums of either fit an int64.
func lossQuantum(v float64) int64 { return int64(math.Min(v, 1<<24) * (1 << gradientBits)) }

// derive fills in the gradients of the rows from first up to last. gh has for each row the gradient in the upper 32 bits and the second derivative
// in the lower ones.
func (p *part) derive(first, last int, out *derived) {
	switch {
	case p.t.loss == squaredError:
		p.deriveSquares(first, last, out)
	case p.trees() == 1:
		p.deriveLogistic(first, last, out)
	default:
		p.deriveSoftmax(first, last, out)
	}
}

// derived is what comes with new scores, beside the gradients.
type derived struct {
	train, held lossSum                 // of rows learned from, and of rows held out
	sizes       [gradientBits + 2]int64 // rows by the length of their gradient, in bits; for losses without a bound
}

// lossSum is sums of losses, in whole numbers times 2^gradientBits and the rest, and of weights.
type lossSum struct{ high, low, weight int64 }

func (s *lossSum) add(loss, weight int64) {
	s.high += weight * (loss >> gradientBits)
	s.low += weight * (loss & (1<<gradientBits - 1))
	s.weight += weight
}

// tally takes note of the loss of a row.
func (p *part) tally(out *derived, i int, loss int64) {
	if p.isHeld(i) {
		out.held.add(loss, p.weight(i))
	} else {
		out.train.add(loss, p.weight(i))
	}
}

// classWeight is the weight of a class beside that of its rows.
func (p *part) classWeight(class int) float64 {
	if w := p.opened.classWeights; class < len(w) {
		return w[class]
	}
	return 1
}

func (p *part) deriveSquares(first, last int, out *derived) {
	scale := math.Ldexp(1, gradientBits-p.growing.bound)
	gh, score := p.gh[0], p.score[0]
	for i := first; i < last; i++ {
		q := quantum(min(max((score[i]-p.y[i])*scale, -1<<gradientBits), 1<<gradientBits))
		gh[i] = uint64(q) << 32
		size := q
		if q < 0 {
			size = -q
		}
		p.tally(out, i, q*q>>1)
		out.sizes[bitLen(size)]++
	}
}

func (p *part) deriveLogistic(first, last int, out *derived) {
	scale := math.Ldexp(1, gradientBits-p.growing.bound)
	gh, score := p.gh[0], p.score[0]
	weights := [2]float64{p.classWeight(0), p.classWeight(1)}
	for i := first; i < last; i++ {
		s, w := score[i], weights[0]
		if p.y[i] != 0 {
			s, w = -s, weights[1]
		}
		// e and q are the odds and the probability of the other class than the row's.
		e := math.Exp(s)
		q := e / (1 + e)
		if e > math.MaxFloat64 {
			q = 1
		}
		loss := s
		if s < 36 { // beyond, log(1 + e) is s
			loss = math.Log1p(e)
		}
		g := quantum(q * w * scale)
		if p.y[i] != 0 {
			g = -g
		}
		gh[i] = uint64(g)<<32 | uint64(quantum(q*(1-q)*w*(4*scale)))
		p.tally(out, i, lossQuantum(w*loss))
	}
}

func (p *part) deriveSoftmax(first, last int, out *derived) {
	scale := math.Ldexp(1, gradientBits-p.growing.bound)
	for i := first; i < last; i++ {
		top := math.Inf(-1)
		for _, score := range p.score {
			top = max(top, score[i])
		}
		sum := 0.0
		for _, score := range p.score {
			sum += math.Exp(score[i] - top)
		}
		class := int(p.y[i])
		w := p.classWeight(class)
		p.tally(out, i, lossQuantum(w*(top-p.score[class][i]+math.Log(sum))))
		for k, score := range p.score {
			q := math.Exp(score[i]-top) / sum
			g := q
			if k == class {
				g = q - 1
			}
			p.gh[k][i] = uint64(quantum(g*w*scale))<<32 | uint64(quantum(q*(1-q)*w*(4*scale)))
		}
	}
}
