package kernel

// lanes is how many partial sums a sum over values has: four vectors of four.
const lanes = 16

// join adds partial sums: those four apart first, as vectors are added.
func join(s *[lanes]float64) float64 {
	var t [4]float64
	for j := range t {
		t[j] = (s[j] + s[4+j]) + (s[8+j] + s[12+j])
	}
	return (t[0] + t[2]) + (t[1] + t[3])
}

// Mean makes the gradient g of a sum over rows that of a mean with a penalty,
// g = (g + alpha p) scale, and returns the sum of the squares of p. Both are of
// one length, anything else is a programmer's mistake and panics.
func Mean(g, p []float64, alpha, scale float64) (squares float64) {
	sameLength(len(g), len(p))
	var sums [lanes]float64
	whole := len(g) - len(g)%lanes
	if avx2() {
		meanAVX2(g[:whole], p[:whole], alpha, scale, &sums)
	} else {
		meanPlain(g[:whole], p[:whole], alpha, scale, &sums)
	}
	squares = join(&sums)
	for i := whole; i < len(g); i++ {
		g[i] = (g[i] + float64(alpha*p[i])) * scale
		squares += float64(p[i] * p[i])
	}
	return squares
}

// meanPlain takes a multiple of lanes values.
func meanPlain(g, p []float64, alpha, scale float64, sums *[lanes]float64) {
	for len(g) >= lanes && len(p) >= lanes {
		for j := range sums {
			x := p[j]
			g[j] = (g[j] + float64(alpha*x)) * scale
			sums[j] += float64(x * x)
		}
		g, p = g[lanes:], p[lanes:]
	}
}
