//go:build !amd64

package kernel

func rectifyAVX2(out, x []float64) { rectifyPlain(out, x) }

func rectifyBackAVX2(dx, d, out []float64) { rectifyBackPlain(dx, d, out) }
