package kernel

import (
	"math"
	"slices"
)

// The exponential of x is 2^k times that of r = x - k ln 2, which is at most
// half of ln 2 in size, where k is whole (Cody and Waite 1980). Of r it is 1 + r
// + r^2 p(r); p is the polynomial whose largest relative error is least, 2e-17.
const (
	leastExp  = -708 // below it, numbers are no longer normal
	toLog2    = 1.4426950408889634
	whole     = 3 << 51                   // what is added to it is rounded to a whole number, in its lowest bits
	ln2High   = 6.93147180369123816e-01   // 32 bits, so that k times it is exact
	ln2Low    = 1.90821492927058770e-10   // the rest
	exp9      = 2.5100472505694996e-08    // p, from the highest power of r on
	exp8      = 2.7620201591031547e-07    //
	exp7      = 2.7557268276905696e-06    //
	exp6      = 2.4801521057868204e-05    //
	exp5      = 0.00019841269863171557    //
	exp4      = 0.0013888888917367081     //
	exp3      = 0.008333333333330039      //
	exp2      = 0.041666666666623824      //
	exp1      = 0.16666666666666669       //
	exp0      = 0.5000000000000001        //
	exponents = 52                        // where the exponent of a float64 begins
	unit      = uint64(1023) << exponents // the bits of 1
)

// Exp replaces each value, at most 709, by its exponential: within one unit
// in the last place, but 0 for values below -708, whose exponential is below 3.4e-308.
// NaN stays NaN.
func Exp(values []float64) {
	if avx2() {
		expAVX2(values)
	} else {
		expPlain(values)
	}
}

func expPlain(values []float64) {
	for i, v := range values {
		values[i] = exponential(v)
	}
}

func exponential(v float64) float64 {
	if v < leastExp {
		return 0
	}
	t := float64(v*toLog2) + whole
	k := t - whole
	r := v - float64(k*ln2High) - float64(k*ln2Low)
	p := float64(exp9*r) + exp8
	p = float64(p*r) + exp7
	p = float64(p*r) + exp6
	p = float64(p*r) + exp5
	p = float64(p*r) + exp4
	p = float64(p*r) + exp3
	p = float64(p*r) + exp2
	p = float64(p*r) + exp1
	p = float64(p*r) + exp0
	p = 1 + (r + float64(float64(r*r)*p))
	return p * math.Float64frombits(math.Float64bits(t)<<exponents+unit)
}

// The logarithm of 1 + e, for e from 0 to 1, is 2 artanh(f) for f = e / (2 + e),
// which is 2 f + f^3 q(f^2); q is the polynomial whose largest relative error
// is least, 7e-18 of the sum.
const (
	log9 = 0.1616404561194353 // q, from the highest power of f^2 on
	log8 = 0.08800738486144674
	log7 = 0.12001072809590713
	log6 = 0.13314144209654935
	log5 = 0.15385570064958623
	log4 = 0.18181789436132859
	log3 = 0.22222222717427864
	log2 = 0.2857142856710876
	log1 = 0.40000000000014585
	log0 = 0.6666666666666666
)

func logOnePlus(e float64) float64 {
	f := e / (2 + e)
	z := f * f
	q := float64(log9*z) + log8
	q = float64(q*z) + log7
	q = float64(q*z) + log6
	q = float64(q*z) + log5
	q = float64(q*z) + log4
	q = float64(q*z) + log3
	q = float64(q*z) + log2
	q = float64(q*z) + log1
	q = float64(q*z) + log0
	return (f + f) + float64(float64(f*z)*q)
}

// logisticRows is how many rows' probabilities are multiplied before a logarithm
// is taken of the product, which is at most 2 to the power of that.
const logisticRows = 512

// Logistic is the loss of two classes' rows: log(1 + exp(-score)) where y is 1,
// log(1 + exp(score)) where it is 0 (Cox 1958). It replaces each score by the derivative of
// weight times loss by it, and returns the sum of weight times loss. No
// weights are weights of 1, to the bit. A row that weighs 0 is not looked at. Lengths that
// differ are a programmer's mistake and panic.
func Logistic(scores, y, weights []float64) (loss float64) {
	sameLength(len(scores), len(y))
	if weights != nil {
		sameLength(len(scores), len(weights))
		if !slices.ContainsFunc(weights, func(w float64) bool { return w != 1 }) {
			weights = nil // a logarithm for all rows is quicker than one for each
		}
	}
	for len(scores) > 0 {
		n := min(len(scores), logisticRows)
		s := logisticSums{products: [4]float64{1, 1, 1, 1}}
		var w []float64
		if weights != nil {
			w, weights = weights[:n], weights[n:]
		}
		if avx2() {
			logisticAVX2(scores[:n], y[:n], w, &s)
		} else {
			logisticPlain(scores[:n], y[:n], w, &s)
		}
		loss += (s.losses[0] + s.losses[1]) + (s.losses[2] + s.losses[3])
		loss += math.Log((s.products[0] * s.products[1]) * (s.products[2] * s.products[3]))
		scores, y = scores[n:], y[n:]
	}
	return loss
}

// logisticSums are the partial sums of every fourth row: of the loss, and of what is yet to
// be multiplied together to take the logarithm of.
type logisticSums struct{ losses, products [4]float64 }

func logisticPlain(scores, y, weights []float64, s *logisticSums) {
	for i, score := range scores {
		against := score // the score for the other class
		if y[i] == 1 {
			against = -against
		}
		if weights != nil && weights[i] == 0 {
			against = 0
		}
		e := exponential(-math.Abs(against))
		inverse := 1 / (1 + e)
		slope := e // and divided by 1 + e the probability of the other class
		var excess float64
		if !(against <= 0) {
			excess = against
		}
		if against > 0 {
			slope = 1
		}
		lane := i & 3
		if weights == nil {
			s.losses[lane] += excess
			s.products[lane] *= 1 + e
		} else {
			s.losses[lane] += float64(weights[i] * (excess + logOnePlus(e)))
			slope *= weights[i]
		}
		slope *= inverse
		if y[i] == 1 {
			slope = -slope
		}
		scores[i] = slope
	}
}

// LogisticEach replaces each score by the derivative by it of its row's loss, which is Logistic's without weights, and puts the losses into
// losses. Lengths that differ are a programmer's mistake and panic.
func LogisticEach(scores, y, losses []float64) {
	sameLength(len(scores), len(y), len(losses))
	if avx2() {
		logisticEachAVX2(scores, y, losses)
	} else {
		logisticEachPlain(scores, y, losses)
	}
}

func logisticEachPlain(scores, y, losses []float64) {
	for i, score := range scores {
		against := score // the score for the other class
		if y[i] == 1 {
			against = -against
		}
		e := exponential(-math.Abs(against))
		inverse := 1 / (1 + e)
		slope := e
		var excess float64
		if !(against <= 0) {
			excess = against
		}
		if against > 0 {
			slope = 1
		}
		losses[i] = excess + logOnePlus(e)
		slope *= inverse
		if y[i] == 1 {
			slope = -slope
		}
		scores[i] = slope
	}
}
