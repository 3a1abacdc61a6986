package master

import (
	"errors"
	"fmt"
	"math"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/masters/cluster"
)

// wrong is the failure of a stage whose answer cannot be true: as with one that is lost, the fit may
// continue from a checkpoint.
func (t *training) wrong(stage int, err error) error {
	f := t.Members[stage].Failure(err)
	f.Code = api.CodeWorkersFailed
	return &stageLostError{[]api.WorkerFailure{f}}
}

// parameters is the number of parameters of a stage's layers.
func (t *training) parameters(stage int) (n int) {
	for _, l := range t.layers[t.cuts[stage]:t.cuts[stage+1]] {
		n += l.Parameters
	}
	return n
}

// checkBegin checks that a stage began this fit with its layers, and with the rows that it described
// before.
func (t *training) checkBegin(stage int) error {
	b, want := t.begun[stage], t.parameters(stage)
	if b.FitID != t.ID || b.Layers != len(t.layers) || b.Parameters != want || b.Rows < 1 {
		return fmt.Errorf("it began fit %q with %d parameters of a network of %d layers; the master's is %q with %d of %d",
			b.FitID, b.Parameters, b.Layers, t.ID, want, len(t.layers))
	}
	share, rows := 0.0, b.Rows+b.ValidationRows
	if t.set.EarlyStopping {
		share = t.set.ValidationFraction
	}
	if s := t.Schemas[stage]; s != nil && (b.ValidationRows < 0 || rows != s.Rows) && t.attempt == 0 {
		return fmt.Errorf("it began the fit with %d rows and %d held out, but its schema has %d", b.Rows, b.ValidationRows, s.Rows)
	}
	if b.ValidationRows < 0 || math.Abs(float64(b.ValidationRows)-share*float64(rows)) > 1 {
		return fmt.Errorf("it holds out %d of its %d rows; the share is %v", b.ValidationRows, rows, share)
	}
	return cluster.CheckSeconds(b.Seconds)
}

// checkSteps checks the answers of all stages to step k of an epoch.
func (t *training) checkSteps(all []pipeline.StepAnswer, k int, held bool) error {
	rows := min(t.set.BatchSize, t.begun[0].Rows-k*t.set.BatchSize)
	for i, a := range all {
		if err := t.checkStep(a, rows, held, i == len(all)-1); err != nil {
			return t.wrong(i, err)
		}
	}
	return nil
}

// checkStep checks the answer of one stage.
func (t *training) checkStep(a pipeline.StepAnswer, rows int, held, last bool) error {
	switch {
	case a.Rows != rows:
		return fmt.Errorf("it answered a step of %d rows; the mini-batch has %d", a.Rows, rows)
	case last && !(math.Abs(a.Weight-float64(rows)) <= 1e-9*float64(rows)):
		return fmt.Errorf("it answered a step of %d rows with weight %v; they weigh as much", rows, a.Weight)
	case a.Held < 0 || a.Held > t.report.MicroBatches:
		return fmt.Errorf("it held %d micro-batches of %d", a.Held, t.report.MicroBatches)
	case a.Sent < 0 || a.Received < 0:
		return fmt.Errorf("it sent %d bytes and received %d", a.Sent, a.Received)
	case held && len(a.Norms) != len(a.Penalties):
		return fmt.Errorf("it answered with %d norms for %d pieces of its parameters", len(a.Norms), len(a.Penalties))
	}
	for _, v := range a.Penalties {
		if !(v >= 0) || !numeric.IsFinite(v) {
			return fmt.Errorf("its penalty is %v; a penalty is not negative", v)
		}
	}
	for _, v := range a.Norms {
		if v < 0 { // one that is not finite is a divergence, which is found with the joint norm
			return fmt.Errorf("it answered with the norm %v; a norm is not negative", v)
		}
	}
	var loss error
	if last {
		loss = cluster.CheckLoss("loss", a.Loss, t.master.learner.Info.Traits)
	}
	return errors.Join(loss, cluster.CheckSeconds(a.Computing, a.Waiting))
}

// checkScore checks a score of the held-out rows.
func checkScore(score float64, task learner.Task) error {
	if !numeric.IsFinite(score) || score > 1 || task == learner.Classification && score < 0 {
		return fmt.Errorf("its score of the held-out rows is %v; an accuracy is from 0 to 1, and R2 at most 1", score)
	}
	return nil
}
