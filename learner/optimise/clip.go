package optimise

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Norm is the Euclidean norm of a gradient in parts, without overflow on the
// way. It is the norms of the parts, put together by math.Hypot in their order,
// so who knows those alone can compute the same bits.
func Norm(parts ...[]float64) float64 {
	norms := make([]float64, len(parts))
	for i, p := range parts {
		norms[i] = norm2(p)
	}
	return JoinNorms(norms)
}

// norm2 adds in order; gonum's norm depends on where p lies in memory.
func norm2(p []float64) float64 {
	var largest, sum float64
	for _, v := range p {
		largest = max(largest, math.Abs(v))
	}
	_, exponent := math.Frexp(largest)
	scale := math.Ldexp(1, min(max(-exponent, -1000), 1000)) // a power of two: exact
	for _, v := range p {
		sum += (v * scale) * (v * scale)
	}
	return math.Sqrt(sum) / scale
}

// ClipFactor is what a gradient of the given norm is multiplied by so that its
// norm is at most limit: 1 if it is already. A limit that is not positive is
// no limit.
func ClipFactor(norm, limit float64) float64 {
	if !(limit > 0) || !(norm > limit) {
		return 1
	}
	return limit / norm
}

// Clip scales the gradient, in parts, down to a norm of at most limit
// (Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural
// networks", 2013, algorithm 1), and returns the norm it had. Who has only
// part of the gradient exchanges norms and uses ClipFactor.
func Clip(limit float64, parts ...[]float64) (norm float64) {
	norm = Norm(parts...)
	if factor := ClipFactor(norm, limit); factor != 1 {
		for _, p := range parts {
			floats.Scale(factor, p)
		}
	}
	return norm
}
