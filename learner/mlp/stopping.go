package mlp

import "math"

// stopping decides when a loss that is looked at after each epoch has stopped
// improving, in the way of scikit-learn's MLPClassifier.
type stopping struct {
	tol      float64 // the least improvement that counts
	patience int     // epochs without one before it is enough
	best     float64
	idle     int // epochs without improvement in a row
}

func newStopping(tol float64, patience int) *stopping {
	return &stopping{tol: tol, patience: patience, best: math.Inf(1)}
}

// look notes a loss, and reports whether it is the least so far, however
// little, and whether it is time to stop.
func (s *stopping) look(loss float64) (best, stop bool) {
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
