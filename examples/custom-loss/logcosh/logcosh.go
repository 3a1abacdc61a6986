// Package logcosh registers a loss: smooth everywhere, a square for small
// residuals and linear for large ones, so that rows far off pull no harder than
// others.
package logcosh

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

func init() {
	loss.Register("log_cosh", loss.Entry{
		Task: learner.Regression, Summary: "epsilon^2 log cosh(residual / epsilon): a smooth Huber loss.", Reference: "Green 1990", New: New,
	})
}

// LogCosh is Epsilon^2 log cosh((score - target) / Epsilon), the potential of
// P. J. Green, "Bayesian reconstructions from emission tomography data using a
// modified EM algorithm", IEEE Transactions on Medical Imaging 9 (1990).
type LogCosh struct{ Epsilon float64 }

// New makes the loss for epsilon, the residual around which it turns from a
// square into a line, in units of the target.
func New(s loss.Settings) (loss.Loss, error) {
	if !(s.Epsilon > 0) {
		return nil, fmt.Errorf("log_cosh divides by epsilon, which must be > 0, not %v", s.Epsilon)
	}
	return LogCosh{s.Epsilon}, nil
}

// At has no kink. cosh would overflow for large residuals, and its logarithm
// does not: it is |x| + log(1 + exp(-2|x|)) - log 2.
func (l LogCosh) At(score, target float64) (value, derivative float64) {
	x := (score - target) / l.Epsilon
	size := math.Abs(x)
	logCosh := size + math.Log1p(math.Exp(-2*size)) - math.Ln2
	return l.Epsilon * l.Epsilon * max(logCosh, 0), l.Epsilon * math.Tanh(x) // rounding may come to just below 0
}

var _ loss.Loss = LogCosh{}
