package prepare

import (
	"context"
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/prepare/table"
)

// blockCells is how many cells are gone through column by column at a time, so that they stay in the processor's
// first cache, with what is made of them.
const blockCells = 512

// blockRows is how many rows of a width those are.
func blockRows(width int) int { return max(blockCells/max(width, 1), 8) }

// Summarise summarises rows and their targets: y is one number a row, the index of the class among q.Classes
// for a classifier. rows.Columns are those of the question, in its order. The error for rows that cannot be
// prepared is a *learner.DataError that names the column.
func Summarise(ctx context.Context, q Question, rows table.Rows, y []float64) (*Summary, error) {
	plans, err := q.plans()
	if err != nil {
		return nil, err
	}
	if err := sameColumns(q.Columns, rows.Columns); err != nil {
		return nil, err
	}
	s := &Summary{Rows: rows.Len(), Columns: make([]ColumnSummary, len(plans))}
	folds, err := foldsOf(q, plans, y, s.Rows)
	if err != nil {
		return nil, err
	}
	s.Targets = folds.total()
	numbers := make([]*numberSummary, 0, len(plans))
	for j := range plans {
		s.Columns[j].Name = plans[j].name
		switch plans[j].kind {
		case Numeric:
			if err := onlyNumbers(rows, j); err != nil {
				return nil, err
			}
			if plans[j].onlyCounted() {
				continue
			}
			numbers = append(numbers, newNumberSummary(&plans[j], j))
		case Dropped:
		case Categorical:
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			s.Columns[j].Missing, s.Columns[j].Categories = countCategories(&plans[j], rows, j, folds)
		}
	}
	if err := addNumbers(ctx, numbers, rows, s.Rows); err != nil {
		return nil, err
	}
	for _, n := range numbers {
		if err := n.finish(&s.Columns[n.column], s.Rows); err != nil {
			return nil, err
		}
	}
	if s.Landmarks, err = drawLandmarks(ctx, q, plans, rows); err != nil {
		return nil, err
	}
	return s, countNumbers(ctx, plans, rows, s)
}

// sameColumns compares the columns of rows with those of the question.
func sameColumns(want, got []string) error {
	if len(want) != len(got) {
		return fmt.Errorf("the rows have %d columns, the question is about %d", len(got), len(want))
	}
	for j := range want {
		if want[j] != got[j] {
			return fmt.Errorf("column %d of the rows is %q, the question has %q there", j, got[j], want[j])
		}
	}
	return nil
}

// onlyNumbers refuses a numeric column with a text in it.
func onlyNumbers(rows table.Rows, column int) error {
	t := rows.TextsOf(column)
	if t == nil {
		return nil
	}
	_, width := rows.X.Dims()
	cells := rows.X.RawMatrix().Data
	for i, code := range t.Codes {
		if code >= 0 && math.IsNaN(cells[i*width+column]) {
			return &learner.DataError{Row: i, Column: column, Name: rows.Columns[column], Reason: fmt.Sprintf(
				"%.60q is a text, but the column is numeric: if it stands for a missing value, add it to data.missing; else set the column's kind: categorical",
				t.Values[code])}
		}
	}
	return nil
}

// numberSummary gathers what a plan asks of a numeric column.
type numberSummary struct {
	plan     *plan
	column   int
	missing  int
	sums     *exact.Column // nil if they are not wanted
	extremes Extremes
}

func newNumberSummary(p *plan, column int) *numberSummary {
	n := &numberSummary{plan: p, column: column, extremes: Extremes{math.Inf(1), math.Inf(-1)}}
	if sum, squares := p.sums(); sum {
		n.sums = exact.NewColumn(squares)
	}
	return n
}

func addNumbers(ctx context.Context, numbers []*numberSummary, rows table.Rows, count int) error {
	if len(numbers) == 0 || count == 0 {
		return nil
	}
	_, width := rows.X.Dims()
	raw := rows.X.RawMatrix()
	step := blockRows(width)
	for first := 0; first < count; first += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := min(first+step, count)
		block := raw.Data[first*raw.Stride : (last-1)*raw.Stride+width]
		for _, n := range numbers {
			if at := n.add(block, raw.Stride); at >= 0 {
				return &learner.DataError{Row: first + at, Column: n.column, Name: n.plan.name, Reason: fmt.Sprintf("%v is %v", rows.X.At(first+at, n.column), errTooLarge)}
			}
		}
	}
	return nil
}

// add adds a block of rows. It returns the row of a number that is too large for the sums, or -1.
func (n *numberSummary) add(block []float64, stride int) (tooLarge int) {
	if n.sums != nil {
		if at := n.sums.Add(block, n.column, stride); at >= 0 {
			return at / stride
		}
	} else {
		n.missing += countMissing(block, n.column, stride)
	}
	if n.plan.extremes() {
		n.addExtremes(block, stride)
	}
	return -1
}

func countMissing(block []float64, first, stride int) (missing int) {
	for i := first; i < len(block); i += stride {
		if v := block[i]; v != v {
			missing++
		}
	}
	return missing
}

func (n *numberSummary) addExtremes(block []float64, stride int) {
	for i := n.column; i < len(block); i += stride {
		v := block[i]
		if v < n.extremes.Min {
			n.extremes.Min = v
		}
		if v > n.extremes.Max {
			n.extremes.Max = v
		}
	}
}

// finish writes the summary of the column.
func (n *numberSummary) finish(c *ColumnSummary, rows int) error {
	c.Missing = n.missing
	if n.sums != nil {
		c.Missing = n.sums.Missing
		c.Sum, c.Squares = n.sums.Sums()
	}
	if n.plan.extremes() && c.Missing < rows {
		if !finite(n.extremes.Min) || !finite(n.extremes.Max) {
			return notFinite(n.plan.name, n.column)
		}
		c.Extremes = &Extremes{n.extremes.Min + 0, n.extremes.Max + 0}
	}
	return nil
}
