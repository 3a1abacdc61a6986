package kernel

func expAVX2(values []float64) {
	whole := len(values) &^ 3
	if whole > 0 {
		expFours(whole/4, &values[0])
	}
	expPlain(values[whole:])
}

func logisticAVX2(scores, y, weights []float64, s *logisticSums) {
	whole := len(scores) &^ 3
	if weights == nil {
		if whole > 0 {
			logisticFours(whole/4, &scores[0], &y[0], s)
		}
		logisticPlain(scores[whole:], y[whole:], nil, s)
		return
	}
	if whole > 0 {
		logisticWeighted(whole/4, &scores[0], &y[0], &weights[0], s)
	}
	logisticPlain(scores[whole:], y[whole:], weights[whole:], s)
}

func logisticEachAVX2(scores, y, losses []float64) {
	whole := len(scores) &^ 3
	if whole > 0 {
		logisticEachFours(whole/4, &scores[0], &y[0], &losses[0])
	}
	logisticEachPlain(scores[whole:], y[whole:], losses[whole:])
}

// expFours is Exp for 4*fours values; fours > 0.
//
//go:noescape
func expFours(fours int, values *float64)

// logisticFours is logisticPlain for 4*fours rows without weights; fours > 0.
//
//go:noescape
func logisticFours(fours int, scores, y *float64, s *logisticSums)

// logisticWeighted is logisticPlain for 4*fours rows with weights; fours > 0.
//
//go:noescape
func logisticWeighted(fours int, scores, y, weights *float64, s *logisticSums)

// logisticEachFours is logisticEachPlain for 4*fours rows; fours > 0.
//
//go:noescape
func logisticEachFours(fours int, scores, y, losses *float64)
