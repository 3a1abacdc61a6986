package loss

// Loss is the loss of one score for one target.
type Loss interface {
	// At returns the loss, which is never negative, and its derivative by the
	// score. The target is a number for the losses of regression, and -1 or +1
	// for those of classes.
	At(score, target float64) (value, derivative float64)
}

// Link is a Loss under which a score stands for a probability.
type Link interface {
	Loss
	// Probability of the target +1.
	Probability(score float64) float64
}
