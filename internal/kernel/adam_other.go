//go:build !amd64

package kernel

func adamAVX2(a *Adam, p, g, m, v []float64) { adamPlain(a, p, g, m, v) }
