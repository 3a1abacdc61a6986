package boosting

import (
	"math"

	"github.com/gochimera/chimera/internal/kernel"
)

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
	switch l := p.t.loss; {
	case l == squaredError:
		p.deriveSquares(first, last, out)
	case l == poissonLoss:
		p.derivePoisson(first, last, out)
	case l.late():
		p.deriveSides(first, last, out)
	case p.trees() == 1:
		p.deriveLogistic(first, last, out)
	default:
		p.deriveSoftmax(first, last, out)
	}
}

// derived is what comes with new scores, beside the gradients.
type derived struct {
	train, held lossSum           // of rows learned from, and of rows held out
	sizes       [2][lengths]int64 // rows by the length of their gradient, and of their second derivative, in bits; for losses without a bound
}

// lengths is how many lengths a gradient may have.
const lengths = gradientBits + 2

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
	scale := math.Ldexp(1, gradientBits-p.growing.gradient)
	var losses [deriveRows]int64
	for ; first < last; first += deriveRows {
		n := min(deriveRows, last-first)
		gh, score, y := p.gh[0][first:first+n], p.score[0][first:first+n], p.y[first:first+n]
		for i, s := range score {
			q := quantum(min(max((s-y[i])*scale, -1<<gradientBits), 1<<gradientBits))
			gh[i] = uint64(q) << 32
			losses[i] = q * q >> 1
			out.sizes[0][bitLen(max(q, -q))]++
		}
		p.tally(out, first, losses[:n])
	}
}

func (p *part) derivePoisson(first, last int, out *derived) {
	b := p.growing.bounds
	scale, curvature, unit := math.Ldexp(1, gradientBits-b.gradient), math.Ldexp(1, gradientBits-b.curvature), math.Ldexp(1, -b.loss)
	var answers [deriveRows]float64
	var losses [deriveRows]int64
	for ; first < last; first += deriveRows {
		n := min(deriveRows, last-first)
		gh, score, y := p.gh[0][first:first+n], p.score[0][first:first+n], p.y[first:first+n]
		for i, s := range score {
			answers[i] = min(s, 700) // which bounds do not allow, see mostPoisson
		}
		kernel.Exp(answers[:n])
		for i, m := range answers[:n] {
			g := quantum(min(max((m-y[i])*scale, -1<<gradientBits), 1<<gradientBits))
			h := quantum(min(m*curvature, 1<<gradientBits))
			gh[i] = uint64(g)<<32 | uint64(h)
			loss := m
			if y[i] > 0 {
				loss = max(float64(y[i]*(math.Log(y[i])-score[i]))-y[i]+m, 0)
			}
			losses[i] = lossQuantum(loss * unit)
			out.sizes[0][bitLen(max(g, -g))]++
			out.sizes[1][bitLen(h)]++
		}
		p.tally(out, first, losses[:n])
	}
}

// deriveSides is for losses that are straight on either side of the target, whose second derivative is taken to be 1.
func (p *part) deriveSides(first, last int, out *derived) {
	below, above := p.t.slopes()
	unit := math.Ldexp(1, -p.growing.loss)
	low, high := uint64(quantum(-below*(1<<gradientBits)))<<32, uint64(quantum(above*(1<<gradientBits)))<<32
	var losses [deriveRows]int64
	for ; first < last; first += deriveRows {
		n := min(deriveRows, last-first)
		gh, y := p.gh[0][first:first+n], p.y[first:first+n]
		for i, s := range p.score[0][first : first+n] {
			far := y[i] - s
			if far >= 0 {
				gh[i] = low
				far *= below
			} else {
				gh[i] = high
				far *= -above
			}
			losses[i] = lossQuantum(far * unit)
		}
		p.tally(out, first, losses[:n])
	}
}

func (p *part) deriveLogistic(first, last int, out *derived) {
	scale := math.Ldexp(1, gradientBits-p.growing.gradient)
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
	scale := math.Ldexp(1, gradientBits-p.growing.gradient)
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
