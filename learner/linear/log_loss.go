package linear

import (
	"math"

	"github.com/gochimera/chimera/internal/kernel"
)

// binaryLogLoss is -log of the probability of y, 0 or 1, where the probability
// of 1 is 1 / (1 + exp(-score)).
func binaryLogLoss(scores, y, weights []float64) float64 {
	return kernel.Logistic(scores[:len(y)], y, weights)
}

// softmaxLogLoss is -log of the probability of class y, where a class's
// probability is proportional to exp(score).
func softmaxLogLoss(scores, y, weights []float64) float64 {
	n := len(y)
	var top, sum [panelRows]float64
	copy(top[:], scores[:n])
	for at := panelRows; at < len(scores); at += panelRows {
		for i, score := range scores[at : at+n] {
			top[i] = max(top[i], score)
		}
	}
	var loss float64
	for i, class := range y {
		if w := weightOf(weights, i); w != 0 {
			loss += w * (top[i] - scores[int(class)*panelRows+i])
		}
	}
	for at := 0; at < len(scores); at += panelRows {
		part := scores[at : at+n]
		for i := range part {
			part[i] -= top[i]
		}
		kernel.Exp(part)
		for i, v := range part {
			sum[i] += v
		}
	}
	for i, class := range y {
		w := weightOf(weights, i)
		if w == 0 { // whatever its scores are, and its class may have no function
			for at := i; at < len(scores); at += panelRows {
				scores[at] = 0
			}
			continue
		}
		loss += w * math.Log(sum[i])
		share := w / sum[i]
		for at := i; at < len(scores); at += panelRows {
			scores[at] *= share
		}
		scores[int(class)*panelRows+i] -= w
	}
	return loss
}

func weightOf(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}
