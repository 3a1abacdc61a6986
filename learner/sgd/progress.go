package sgd

// progress decides by the objective of each epoch whether to go on.
type progress struct {
	start    float64 // the mean loss before the first step
	tol      float64 // see unit
	patience int
	endless  bool // only the number of epochs ends the run

	epochs            int
	first, best, last float64
	stale             int // epochs since the last improvement
}

// add takes in an epoch's objective. Less than tol better, in units of what
// the loss was in the beginning, is no improvement.
func (p *progress) add(objective float64) {
	p.epochs++
	p.last = objective
	if p.epochs == 1 {
		p.first, p.best = objective, objective
		return
	}
	if objective < p.best-p.tol*p.unit() {
		p.stale = 0
	} else {
		p.stale++
	}
	p.best = min(p.best, objective)
}

// unit is what the loss was in the beginning. Before the first step it may be
// 0 (of the perceptron), in the first epoch it may be large (while steps are too
// long).
func (p *progress) unit() float64 {
	if p.start == 0 {
		return p.first
	}
	return min(p.start, p.first)
}

// over reports whether there is no more to gain. A loss that is larger than in
// the beginning is no sign of that: it will fall, or it will grow until that is
// seen.
func (p *progress) over() bool {
	return !p.endless && p.stale >= p.patience && p.last <= max(p.start, p.first)
}

// grown reports whether the run has led nowhere but up.
func (p *progress) grown() bool { return p.last > 100*max(p.start, p.first) }
