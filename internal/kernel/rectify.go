package kernel

// Rectify is max(0, x): x where it is above 0 or no number, else 0. Both are of
// one length, anything else is a programmer's mistake and panics.
func Rectify(out, x []float64) {
	sameLength(len(out), len(x))
	if avx2() {
		rectifyAVX2(out, x)
	} else {
		rectifyPlain(out, x)
	}
}

func rectifyPlain(out, x []float64) {
	out = out[:len(x)]
	for i, v := range x {
		out[i] = max(v, 0)
	}
}

// RectifyBack is d where out is not 0, else 0: the way of a gradient back through
// Rectify. All are of one length, anything else is a programmer's mistake and
// panics.
func RectifyBack(dx, d, out []float64) {
	sameLength(len(dx), len(d), len(out))
	if avx2() {
		rectifyBackAVX2(dx, d, out)
	} else {
		rectifyBackPlain(dx, d, out)
	}
}

func rectifyBackPlain(dx, d, out []float64) {
	dx, d = dx[:len(out)], d[:len(out)]
	for i, v := range out {
		if g := d[i]; v != 0 { // in a register: no branch on the data, which no processor can foresee
			dx[i] = g
		} else {
			dx[i] = 0
		}
	}
}
