package master

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/masters/cluster"
)

// The checks of the heads that workers send; those of the arrays are in fit.go and step.go. How many
// rows an answer is of follows from the schema that the worker described before the fit, so a worker
// cannot give itself more weight from answer to answer.

// checkMoments checks the moments of a worker with so many rows.
func checkMoments(m moments.Moments, rows int) error {
	if !(m.Weight >= 1) || m.Weight != math.Trunc(m.Weight) || m.Weight > float64(rows) {
		return fmt.Errorf("its moments are of %v rows, and it has %d", m.Weight, rows)
	}
	for j, m2 := range m.M2 {
		switch {
		case !numeric.IsFinite(m.Mean[j]) || !numeric.IsFinite(m2):
			return fmt.Errorf("its moments of column %d are the mean %v and the squared deviations %v", j, m.Mean[j], m2)
		case m2 < 0:
			return fmt.Errorf("the sum of its squared deviations of column %d is %v, which is negative", j, m2)
		case m.Weight == 1 && m2 != 0:
			return fmt.Errorf("the sum of its squared deviations of column %d is %v, although it has a single row", j, m2)
		}
	}
	return nil
}

// checkBegin checks that a worker began this fit, with this model, on the rows that it described.
func (t *training) checkBegin(b parameterserver.BeginAnswer, rows int) error {
	share := t.validation()
	switch {
	case b.FitID != t.ID || b.Parameters != len(t.params) || b.Rows < 1:
		return fmt.Errorf("it began fit %q with %d rows and %d parameters; the master's is %q with %d parameters", b.FitID, b.Rows, b.Parameters, t.ID, len(t.params))
	case b.ValidationRows < 0 || b.ValidationRows > rows || b.Rows != rows-b.ValidationRows:
		return fmt.Errorf("it began the fit with %d rows and %d held out, but its schema has %d", b.Rows, b.ValidationRows, rows)
	case math.Abs(float64(b.ValidationRows)-share*float64(rows)) > 1:
		return fmt.Errorf("it holds out %d of its %d rows; the share is %v", b.ValidationRows, rows, share)
	}
	return cluster.CheckSeconds(b.Seconds)
}

// rowsOf is the number of rows that a step of a member is of.
func (t *training) rowsOf(k *track, step int) int {
	if t.set.Mode != parameterserver.MinibatchMode {
		return k.rows
	}
	batches := (k.rows + t.set.BatchSize - 1) / t.set.BatchSize
	return min(t.set.BatchSize, k.rows-step%batches*t.set.BatchSize)
}

// weightSlack is how far the weights of rows may be from their number, relative to it: they weigh 1
// each, and are added up.
const weightSlack = 1e-9

// checkStep checks what comes with the gradient or update of a step: that it belongs to the request,
// since an update must never be taken for a gradient, nor one step for another, and its numbers.
func (t *training) checkStep(a parameterserver.StepAnswer, k *track, head parameterserver.StepFrame) error {
	if a.FitID != t.ID || a.Mode != t.set.Mode || a.Step != head.Step {
		return fmt.Errorf("it answered step %d of mode %q of fit %q instead of step %d of mode %q of %q", a.Step, a.Mode, a.FitID, head.Step, t.set.Mode, t.ID)
	}
	rows, held, traits := t.rowsOf(k, head.Step), 0, t.master.learner.Info.Traits
	if head.Validate {
		held = k.validation
	}
	if a.Rows != rows || !(math.Abs(a.Weight-float64(rows)) <= weightSlack*float64(rows)) {
		return fmt.Errorf("its answer is of %d rows with weight %v; the step is of %d rows, which weigh as much", a.Rows, a.Weight, rows)
	}
	if !(math.Abs(a.ValidationWeight-float64(held)) <= weightSlack*float64(held)) {
		return fmt.Errorf("its answer is of held-out rows with weight %v; there are %d", a.ValidationWeight, held)
	}
	if err := cluster.CheckLoss("loss", a.Loss, traits); err != nil {
		return err
	}
	if err := cluster.CheckLoss("loss of the held-out rows", a.ValidationLoss, traits); err != nil {
		return err
	}
	return cluster.CheckSeconds(a.Seconds)
}
