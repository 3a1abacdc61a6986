package learner

// Convergent is a learner whose Fit goes on step by step until it has come close
// enough, and can say whether it has.
type Convergent interface {
	Estimator
	// Convergence is how the Fit that made the model ended. It is nil if no Fit
	// made the model (before the first, or if the parameters were set or read
	// from a snapshot), and if only the number of iterations was to end it, so
	// that there is nothing to say.
	Convergence() *Convergence
}

// Convergence is how a Fit ended.
type Convergence struct {
	Converged  bool   `json:"converged" doc:"Whether it ended because it had come as close as its tolerance asks, not because the iterations were used up."`
	Iterations int    `json:"iterations" doc:"Iterations that it took, as max_iter counts them; 0 if there was nothing to iterate."`
	Advice     string `json:"advice,omitzero" doc:"What to change if it did not converge."`
}

// Clone is a copy, nil of nil.
func (c *Convergence) Clone() *Convergence {
	if c == nil {
		return nil
	}
	own := *c
	return &own
}

// Ended says how a Fit ended that took so many iterations; advice, what to
// change, is only for one that has not converged.
func Ended(converged bool, iterations int, advice string) *Convergence {
	if converged {
		advice = ""
	}
	return &Convergence{Converged: converged, Iterations: iterations, Advice: advice}
}
