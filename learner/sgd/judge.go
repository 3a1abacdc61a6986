package sgd

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/penalty"
)

const (
	descentAdvice = "raise max_iter or tol"
	closerAdvice  = "the objective may be more than 0.2 % above its minimum, though it has not fallen by tol any more: lower tol and raise max_iter, " +
		"raise alpha, choose learning_rate adaptive, or take a learner that goes to the minimum (logistic-regression, ridge)"
	closeEnough = 0.002 // the share of the objective
)

// smooth are the losses that have a derivative everywhere, which is 0 at the
// minimum.
var smooth = []string{"log_loss", "squared_error", "huber", "modified_huber", "squared_hinge", "squared_epsilon_insensitive"}

// judge says how the descent ended. That the objective has not fallen by tol
// for a few epochs does not say how far it is from its minimum: where that is
// easy to tell, it must be at most closeEnough.
func (d *descent) judge(ctx context.Context, p progress) error {
	converged, advice := p.over(), descentAdvice
	if converged && d.held == nil {
		far, err := d.far()
		if err != nil {
			return err
		}
		if far {
			converged, advice = false, closerAdvice
		}
	}
	d.ended = learner.Ended(converged, p.epochs, advice)
	if !converged {
		d.log.WarnContext(ctx, "the descent has not converged", "advice", advice, "epochs", p.epochs, "max_iter", d.settings.maxIter)
	}
	return nil
}

// far reports whether the objective may be further above its minimum than
// closeEnough. The penalty on squares makes it curve by at least alpha, so that
// it is at most |gradient|^2 / (2 alpha) above (Boyd and Vandenberghe 2004,
// equation 9.9; the intercept, which is not penalised, is taken to curve as much).
// Of other penalties and losses nothing is said.
func (d *descent) far() (bool, error) {
	alpha := d.settings.penalty.Alpha
	if d.settings.penalty.Kind != penalty.L2 || alpha == 0 || !slices.Contains(smooth, d.settings.loss) {
		return false, nil
	}
	params, total := d.current(), d.totalWeight(d.rows)
	clear(d.grad)
	sum, err := d.sum(d.rows, params, d.grad)
	if err != nil {
		return false, err
	}
	floats.Scale(1/total, d.grad)
	d.settings.penalty.AddGradient(params, d.blocks, d.grad)
	above := floats.Dot(d.grad, d.grad) / (2 * alpha)
	return above > closeEnough*(sum/total+d.settings.penalty.Value(params, d.blocks)-above), nil
}
