package kernel

import "math"

// Adam says how one step of Adam moves each parameter p against its gradient g,
// with running moments m and v:
//
//	m = Beta1 m + (1-Beta1) g            v = Beta2 v + (1-Beta2) g^2
//	p -= Shrink p + Rate m / (sqrt(v) Unbias + Epsilon)
//
// See package optimise for where that comes from.
type Adam struct {
	Beta1, Beta2, Epsilon float64
	Rate                  float64 // the learning rate, corrected for the first moment's beginning at 0
	Unbias                float64 // the same for the second moment's root
	Shrink                float64 // the share of itself that a parameter loses first
}

// Step takes one step. All four are of one length, anything else is a
// programmer's mistake and panics; they do not overlap.
func (a Adam) Step(p, g, m, v []float64) {
	sameLength(len(p), len(g), len(m), len(v))
	if avx2() {
		adamAVX2(&a, p, g, m, v)
	} else {
		adamPlain(&a, p, g, m, v)
	}
}

func adamPlain(a *Adam, p, g, m, v []float64) {
	m, v, p = m[:len(g)], v[:len(g)], p[:len(g)]
	b1, b2, epsilon := a.Beta1, a.Beta2, a.Epsilon
	c1, c2 := 1-b1, 1-b2
	for i, g := range g {
		first := float64(b1*m[i]) + float64(c1*g)
		second := float64(b2*v[i]) + float64(float64(c2*g)*g)
		m[i], v[i] = first, second
		p[i] = p[i] - float64(a.Shrink*p[i]) - float64(a.Rate*first)/(float64(math.Sqrt(second)*a.Unbias)+epsilon)
	}
}
