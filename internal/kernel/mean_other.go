//go:build !amd64

package kernel

func meanAVX2(g, p []float64, alpha, scale float64, sums *[lanes]float64) {
	meanPlain(g, p, alpha, scale, sums)
}
