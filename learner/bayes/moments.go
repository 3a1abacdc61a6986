package bayes

import (
	"context"
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// momentsPart is rows of which the features and some of their products are summed up, class by class.
type momentsPart struct {
	rows   learner.Dataset
	order  [][]int // the rows of each class
	begin  func(columns int, into []exact.Sum) *exact.Gram
	length func(columns int) int // of the sums of a class
}

// byClass is the rows of each class.
func byClass(d learner.Dataset) [][]int {
	of := make([][]int, len(d.Classes))
	for i, y := range d.Y {
		of[int(y)] = append(of[int(y)], i)
	}
	return of
}

// Sum adds up the weights, the features and their products, class after class.
func (p *momentsPart) Sum(ctx context.Context, _ []float64, into *learner.Sums) error {
	_, cols := p.rows.X.Dims()
	each := p.length(1 + cols)
	if len(into.Reals) != each*len(p.order) {
		return fmt.Errorf("%d sums asked for of rows with %d features and %d classes", len(into.Reals), cols, len(p.order))
	}
	row := make([]float64, 1+cols)
	row[0] = 1
	sums := p.begin(1+cols, into.Reals[:each])
	poll := learner.NewPoll(ctx, pollBudget)
	for c, rows := range p.order {
		sums.To(into.Reals[c*each:][:each])
		for _, i := range rows {
			if err := poll.Work(each); err != nil {
				return err
			}
			copy(row[1:], p.rows.X.RawRowView(i))
			sums.Add(p.rows.Weight(i), row...)
		}
	}
	sums.Flush()
	return ctx.Err()
}

// checkFactors refuses numbers whose products cannot be summed exactly.
func checkFactors(rows learner.Dataset) error {
	for i := range rows.Len() {
		limit := exact.LargestFactor / max(rows.Weight(i), 1)
		if limit < 1 {
			return &learner.DataError{Row: i, Column: -1, Name: "weight",
				Reason: fmt.Sprintf("the weight %v is too large to be summed exactly: scale it down", rows.Weight(i))}
		}
		for j, v := range rows.X.RawRowView(i) {
			if math.Abs(v) > limit {
				return tooLarge(rows, i, j, v)
			}
		}
	}
	return nil
}
