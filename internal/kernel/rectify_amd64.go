package kernel

func rectifyAVX2(out, x []float64) {
	whole := len(x) &^ 3
	if whole > 0 {
		rectifyBlocks(whole/4, &out[0], &x[0])
	}
	rectifyPlain(out[whole:], x[whole:])
}

func rectifyBackAVX2(dx, d, out []float64) {
	whole := len(out) &^ 3
	if whole > 0 {
		rectifyBackBlocks(whole/4, &dx[0], &d[0], &out[0])
	}
	rectifyBackPlain(dx[whole:], d[whole:], out[whole:])
}

// rectifyBlocks takes 4*blocks values; blocks > 0.
//
//go:noescape
func rectifyBlocks(blocks int, out, x *float64)

// rectifyBackBlocks takes 4*blocks values; blocks > 0.
//
//go:noescape
func rectifyBackBlocks(blocks int, dx, d, out *float64)
