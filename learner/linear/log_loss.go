package linear

import "math"

// binaryLogLoss is -log of the probability of y, 0 or 1, where the probability
// of 1 is 1 / (1 + exp(-score)).
func binaryLogLoss(scores, y, weights []float64) float64 {
	var loss float64
	product := 1.0 // of 1 + exp(-|score|) over rows of weight 1: one logarithm for many of them
	for i, w := range weights {
		if w == 0 {
			scores[i] = 0
			continue
		}
		against := scores[i] // the score for the other class
		if y[i] == 1 {
			against = -against
		}
		small := math.Exp(-math.Abs(against))
		wrong := 1 / (1 + small) // the probability of the other class
		if against > 0 {
			loss += w * against
		} else {
			wrong *= small
		}
		if w == 1 {
			product *= 1 + small
			if product > 1e300 {
				loss += math.Log(product)
				product = 1
			}
		} else {
			loss += w * math.Log1p(small)
		}
		if y[i] == 1 {
			wrong = -wrong
		}
		scores[i] = w * wrong
	}
	return loss + math.Log(product)
}

// softmaxLogLoss is -log of the probability of class y, where a class's
// probability is proportional to exp(score).
func softmaxLogLoss(scores, y, weights []float64) float64 {
	outputs := len(scores) / panelRows
	var loss float64
	for i, w := range weights {
		if w == 0 {
			for o := range outputs {
				scores[o*panelRows+i] = 0
			}
			continue
		}
		right := int(y[i])*panelRows + i
		top := scores[i]
		for at := i; at < len(scores); at += panelRows {
			top = max(top, scores[at])
		}
		loss += w * (top - scores[right])
		var sum float64
		for at := i; at < len(scores); at += panelRows {
			scores[at] = math.Exp(scores[at] - top)
			sum += scores[at]
		}
		loss += w * math.Log(sum)
		for at := i; at < len(scores); at += panelRows {
			scores[at] *= w / sum
		}
		scores[right] -= w
	}
	return loss
}
