package explain

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/prepare/table"
)

// Predict is what a model answers for rows: rows x outputs, one output for a regressor and a probability per class for a classifier.
type Predict func(ctx context.Context, rows table.Rows) (*mat.Dense, error)

// Dependence is the partial dependence of a model on a column (Friedman 2001, section 8.2): what it answers on average over the
// rows if they all had one value there, for each value of the grid. The result is outputs x values. It asks for one prediction
// per value, one after the other, and ends with the first error, or soon after ctx does, with its cause.
func Dependence(ctx context.Context, g Grid, predict Predict) (*mat.Dense, error) {
	var average *mat.Dense
	for k := range g.Len() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		answer, err := predict(ctx, g.At(k))
		if err != nil {
			return nil, err
		}
		rows, outputs := answer.Dims()
		if rows != g.rows.Len() {
			return nil, fmt.Errorf("%d answers for %d rows", rows, g.rows.Len())
		}
		if average == nil {
			average = mat.NewDense(outputs, g.Len(), nil)
		}
		if had, _ := average.Dims(); had != outputs {
			return nil, fmt.Errorf("the model has answered with %d numbers a row, and now with %d", had, outputs)
		}
		for o := range outputs {
			var sum float64
			for i := range rows {
				sum += answer.At(i, o)
			}
			average.Set(o, k, sum/float64(rows))
		}
	}
	if average == nil {
		return nil, errors.New("the grid has no values")
	}
	return average, nil
}
