package kernel

func adamAVX2(a *Adam, p, g, m, v []float64) {
	whole := len(p) &^ 3
	if whole > 0 {
		by := [8]float64{a.Beta1, 1 - a.Beta1, a.Beta2, 1 - a.Beta2, a.Shrink, a.Rate, a.Unbias, a.Epsilon}
		adamStep(whole/4, &by, &p[0], &g[0], &m[0], &v[0])
	}
	adamPlain(a, p[whole:], g[whole:], m[whole:], v[whole:])
}

// adamStep steps 4*blocks parameters; blocks > 0.
//
//go:noescape
func adamStep(blocks int, by *[8]float64, p, grad, m, v *float64)
