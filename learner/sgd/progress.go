package sgd

// progress decides by the objective of each epoch whether to go on.
type progress struct {
	start    float64 // the mean loss before the first step
	tol      float64 // see unit
	patience int
	endless  bool // only the number of epochs ends the run
	held     bool // the objective is the loss of rows held back
	oneStep  bool // an epoch is one step: its loss is that before the step

	epochs            int
	first, best, last float64
	stale             int // epochs since the last improvement
}

// add takes in an epoch's objective. Less than tol better, in units of what
// the loss was in the beginning, is no improvement.
func (p *progress) add(objective float64) {
	p.epochs++
	p.last = objective
	if p.epochs == 1 || p.epochs == 2 && p.blind() && objective > p.first {
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

// blind reports whether the first epoch says nothing of the loss: it is 0 before
// the first step, and so it is in an epoch of that step alone. What is left is
// the penalty.
func (p *progress) blind() bool { return p.oneStep && p.start == 0 }

// unit is what the loss was in the beginning. Before the first step it may be
// 0 (of the perceptron), in the first epoch it may be large (while steps are too
// long).
func (p *progress) unit() float64 {
	if p.start == 0 {
		return p.first
	}
	return min(p.start, p.first)
}

// over reports whether there is no more to gain. A training loss that is larger
// than in the beginning is no sign of that: it will fall, or it will grow until
// that is seen. A loss of rows held back that is larger is one: more steps fit
// the others even closer.
func (p *progress) over() bool {
	return !p.endless && p.stale >= p.patience && (p.held || p.last <= max(p.start, p.first))
}

// grown reports whether the run has led nowhere but up. A loss that was 0 before
// the first step has no scale but 1: a little of it is no beginning to compare with.
func (p *progress) grown() bool {
	bound := max(p.start, p.first)
	if p.start == 0 {
		bound = max(bound, 1)
	}
	return p.last > 100*bound
}
