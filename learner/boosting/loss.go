package boosting

import (
	"math"

	"github.com/gochimera/chimera/internal/kernel"
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
func lossQuantum(v float64) int64 {
	if !(v < 1<<24) {
		v = 1 << 24
	}
	return int64(v * (1 << gradientBits))
}

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

// tally takes note of the losses of rows from first on.
func (p *part) tally(out *derived, first int, losses []int64) {
	if p.held == nil && p.whole == nil { // add, without what is the same for all rows
		var high, low int64
		for _, loss := range losses {
			high += loss >> gradientBits
			low += loss & (1<<gradientBits - 1)
		}
		out.train.high += high
		out.train.low += low
		out.train.weight += int64(len(losses))
		return
	}
	for k, loss := range losses {
		i := first + k
		if p.isHeld(i) {
			out.held.add(loss, p.weight(i))
		} else {
			out.train.add(loss, p.weight(i))
		}
	}
}

// classWeight is the weight of a class beside that of its rows.
func (p *part) classWeight(class int) float64 {
	if w := p.opened.classWeights; class < len(w) {
		return w[class]
	}
	return 1
}

// deriveRows is how many rows are derived together.
const deriveRows = 256

func (p *part) deriveSquares(first, last int, out *derived) {
	scale := math.Ldexp(1, gradientBits-p.growing.bound)
	var losses [deriveRows]int64
	for ; first < last; first += deriveRows {
		n := min(deriveRows, last-first)
		gh, score, y := p.gh[0][first:first+n], p.score[0][first:first+n], p.y[first:first+n]
		for i, s := range score {
			q := quantum(min(max((s-y[i])*scale, -1<<gradientBits), 1<<gradientBits))
			gh[i] = uint64(q) << 32
			losses[i] = q * q >> 1
			if q < 0 {
				q = -q
			}
			out.sizes[bitLen(q)]++
		}
		p.tally(out, first, losses[:n])
	}
}

func (p *part) deriveLogistic(first, last int, out *derived) {
	scale := math.Ldexp(1, gradientBits-p.growing.bound)
	weights := [2]float64{p.classWeight(0), p.classWeight(1)}
	var slopes, each [deriveRows]float64
	var losses [deriveRows]int64
	for ; first < last; first += deriveRows {
		n := min(deriveRows, last-first)
		gh, y := p.gh[0][first:first+n], p.y[first:first+n]
		copy(slopes[:n], p.score[0][first:])
		kernel.LogisticEach(slopes[:n], y, each[:n])
		for i, slope := range slopes[:n] {
			w := weights[int(y[i])&1]
			q := math.Abs(slope) // the probability of the other class than the row's
			gh[i] = uint64(quantum(slope*w*scale))<<32 | uint64(quantum(q*(1-q)*w*(4*scale)))
			losses[i] = lossQuantum(w * each[i])
		}
		p.tally(out, first, losses[:n])
	}
}

func (p *part) deriveSoftmax(first, last int, out *derived) {
	scale := math.Ldexp(1, gradientBits-p.growing.bound)
	shares := make([]float64, len(p.score)*deriveRows)
	var top, sum [deriveRows]float64
	var losses [deriveRows]int64
	for ; first < last; first += deriveRows {
		n := min(deriveRows, last-first)
		for i := range n {
			top[i], sum[i] = math.Inf(-1), 0
		}
		for _, score := range p.score {
			for i, s := range score[first : first+n] {
				top[i] = max(top[i], s)
			}
		}
		for k, score := range p.score {
			share := shares[k*deriveRows:][:n]
			for i, s := range score[first : first+n] {
				share[i] = s - top[i]
			}
			kernel.Exp(share)
			for i, e := range share {
				sum[i] += e
			}
		}
		for i, y := range p.y[first : first+n] {
			class := int(y)
			losses[i] = lossQuantum(p.classWeight(class) * (top[i] - p.score[class][first+i] + math.Log(sum[i])))
		}
		p.tally(out, first, losses[:n])
		for k := range p.score {
			gh := p.gh[k][first : first+n]
			for i, e := range shares[k*deriveRows:][:n] {
				class := int(p.y[first+i])
				w, q := p.classWeight(class), e/sum[i]
				g := q
				if k == class {
					g = q - 1
				}
				gh[i] = uint64(quantum(g*w*scale))<<32 | uint64(quantum(q*(1-q)*w*(4*scale)))
			}
		}
	}
}
