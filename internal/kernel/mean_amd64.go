package kernel

func meanAVX2(g, p []float64, alpha, scale float64, sums *[lanes]float64) {
	if len(g) > 0 {
		meanBlocks(len(g)/lanes, &g[0], &p[0], alpha, scale, sums)
	}
}

// meanBlocks takes 16*blocks values; blocks > 0.
//
//go:noescape
func meanBlocks(blocks int, grad, p *float64, alpha, scale float64, sums *[lanes]float64)
