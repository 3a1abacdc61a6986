package optimise

import "math"

// Stopping decides when a loss that is looked at after each epoch has stopped
// improving, in the way of scikit-learn's MLPClassifier.
type Stopping struct {
	tol      float64 // the least improvement that counts
	patience int     // epochs without one before it is enough
	best     float64
	idle     int // epochs without improvement in a row
}

// NewStopping waits for patience epochs in a row that do not improve by tol.
func NewStopping(tol float64, patience int) *Stopping {
	return &Stopping{tol: tol, patience: patience, best: math.Inf(1)}
}

// Look notes a loss, and reports whether it is the least so far, however
// little, and whether it is time to stop.
func (s *Stopping) Look(loss float64) (best, stop bool) {
	if loss > s.best-s.tol {
		s.idle++
	} else {
		s.idle = 0
	}
	if best = loss < s.best; best {
		s.best = loss
	}
	return best, s.idle > s.patience
}

// Again forgets the epochs without improvement, and no best: it is for who has
// made a change after which the loss may improve.
func (s *Stopping) Again() { s.idle = 0 }

// StoppingState is what a Stopping remembers; Best is +Inf before the first look.
type StoppingState struct {
	Tol, Best float64
	Idle      int
}

// State returns what the Stopping remembers.
func (s *Stopping) State() StoppingState { return StoppingState{s.tol, s.best, s.idle} }

// Restore goes on from a state; the patience stays.
func (s *Stopping) Restore(from StoppingState) {
	s.tol, s.best, s.idle = from.Tol, from.Best, from.Idle
}
