package loss

import "math"

// LogLoss is log(1 + exp(-target score)): minus the log-likelihood where the
// probability of +1 is 1 / (1 + exp(-score)). With it a linear model is
// logistic regression (Cox 1958).
type LogLoss struct{}

// At has no kink. It neither overflows nor loses digits where the score is
// large, since exp is only taken of numbers that are not positive.
func (LogLoss) At(score, target float64) (value, derivative float64) {
	against := -target * score // the score for the other class
	small := math.Exp(-math.Abs(against))
	if against > 0 {
		return against + math.Log1p(small), -target / (1 + small)
	}
	return math.Log1p(small), -target * small / (1 + small)
}

// Probability is 1 / (1 + exp(-score)).
func (LogLoss) Probability(score float64) float64 { return 1 / (1 + math.Exp(-score)) }

// Hinge is max(0, 1 - target score), the loss of support vector machines
// (Cortes, Vapnik 1995).
type Hinge struct{}

// At takes the derivative -target at its kink, target score = 1.
func (Hinge) At(score, target float64) (value, derivative float64) {
	return hinge(1-target*score, target)
}

// Perceptron is max(0, -target score), the loss that the perceptron
// (Rosenblatt 1958) goes down.
type Perceptron struct{}

// At takes the derivative -target at its kink, score = 0: a model that begins
// with a score of 0 for every row would otherwise never move.
func (Perceptron) At(score, target float64) (value, derivative float64) {
	return hinge(-target*score, target)
}

func hinge(missing, target float64) (value, derivative float64) {
	if missing >= 0 {
		return missing, -target
	}
	return 0, 0
}

// SquaredHinge is max(0, 1 - target score)^2.
type SquaredHinge struct{}

// At has no kink.
func (SquaredHinge) At(score, target float64) (value, derivative float64) {
	missing := 1 - target*score
	if missing <= 0 {
		return 0, 0
	}
	return missing * missing, -2 * target * missing
}

// ModifiedHuber is the squared hinge down to target score = -1 and grows
// linearly beyond, so that it gives probabilities and withstands outliers
// (Zhang 2004).
type ModifiedHuber struct{}

// At has no kink.
func (ModifiedHuber) At(score, target float64) (value, derivative float64) {
	margin := target * score
	switch {
	case margin >= 1:
		return 0, 0
	case margin >= -1:
		return (1 - margin) * (1 - margin), -2 * target * (1 - margin)
	default:
		return -4 * margin, -4 * target
	}
}

// Probability is (1 + score) / 2, clipped to [0, 1].
func (ModifiedHuber) Probability(score float64) float64 {
	return (1 + min(max(score, -1), 1)) / 2
}

var (
	_ Link = LogLoss{}
	_ Link = ModifiedHuber{}
	_ Loss = Hinge{}
	_ Loss = SquaredHinge{}
	_ Loss = Perceptron{}
)
