//go:build !amd64

package kernel

func expAVX2(values []float64) { expPlain(values) }

func logisticAVX2(scores, y, weights []float64, s *logisticSums) {
	logisticPlain(scores, y, weights, s)
}

func logisticEachAVX2(scores, y, losses []float64) { logisticEachPlain(scores, y, losses) }
