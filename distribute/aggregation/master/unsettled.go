package master

import (
	"fmt"
	"strings"

	"github.com/gochimera/chimera/learner"
)

// unsettled are notes on the workers whose fits did not converge, and warnings in the log. Workers that say
// the same share a note.
func (t *training) unsettled() (notes []string) {
	var kinds []learner.Convergence // in the order of the members
	of := map[learner.Convergence][]string{}
	for _, f := range t.fits {
		if f == nil || f.Convergence == nil || f.Convergence.Converged {
			continue
		}
		c := *f.Convergence
		if of[c] == nil {
			kinds = append(kinds, c)
		}
		of[c] = append(of[c], f.Worker)
		t.Log.Warn("a worker's fit did not converge", "worker", f.Worker, "iterations", c.Iterations, "advice", c.Advice)
	}
	for _, c := range kinds {
		who := "worker " + of[c][0]
		if n := len(of[c]); n > 1 {
			who = fmt.Sprintf("workers %s and %s", strings.Join(of[c][:n-1], ", "), of[c][n-1])
		}
		notes = append(notes, fmt.Sprintf("the fit of %s did not converge in %d iterations: %s", who, c.Iterations, c.Advice))
	}
	return notes
}
