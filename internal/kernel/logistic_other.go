//go:build !amd64

package kernel

func expAVX2(values []float64) { expPlain(values) }

func logisticAVX2(scores, y, weights []float64, s *logisticSums) {
	logisticPlain(scores, y, weights, s)
}
