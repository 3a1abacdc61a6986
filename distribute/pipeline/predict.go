package pipeline

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// scratch is the micro-batch number of a prediction by a stage without Predict; it has no backward
// pass.
const scratch = -1

// Predict computes a stage's output for rows to be predicted. A stage that is not a
// learner.StagePredictor is not safe for concurrent use.
func Predict(ctx context.Context, part learner.Stage, x *mat.Dense) (*mat.Dense, error) {
	if p, ok := part.(learner.StagePredictor); ok {
		return p.Predict(ctx, x)
	}
	rows, _ := x.Dims()
	return part.Forward(ctx, learner.Step{}, scratch, make([]uint64, rows), x)
}

// Evaluate predicts for the rows of a batch, micro-batch by micro-batch, and returns the last stage's
// output; other stages return nothing.
func (s *Stage) Evaluate(ctx context.Context, at learner.Step, b Batch, links Links) (predicted []float64, err error) {
	w := &walk{Stage: s, ctx: ctx, at: at, batch: b, links: links}
	for micro := range b.Micros {
		op := Op{Micro: micro}
		var x *mat.Dense
		if s.first() {
			x = b.x(micro)
		} else if x, err = w.receive(op); err != nil {
			return nil, err
		}
		var out *mat.Dense
		err := w.compute(op, func() (err error) {
			if out, err = Predict(ctx, s.Part, x); err != nil || !s.last() {
				return err
			}
			answers, _, err := s.Objective.OutputAnswers(out)
			predicted = append(predicted, answers...)
			return err
		})
		if err == nil && !s.last() {
			err = links.Send(ctx, false, micro, out)
		}
		if err != nil {
			return nil, err
		}
	}
	return predicted, nil
}
