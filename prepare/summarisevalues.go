package prepare

import (
	"context"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// countedAtOnce is how many columns have their numbers counted in one pass over the rows: enough to use most of what is
// brought into the cache, and so few that the numbers to be sorted do not take the memory of another table.
const countedAtOnce = 12

// countNumbers counts the numbers of the columns whose plans ask for that.
func countNumbers(ctx context.Context, plans []plan, rows table.Rows, s *Summary) error {
	var columns []int
	for j := range plans {
		if plans[j].values() {
			columns = append(columns, j)
		}
	}
	counts := make([]counting, min(len(columns), countedAtOnce))
	var memory scratch
	for len(columns) > 0 {
		n := min(len(columns), countedAtOnce)
		if err := countAtOnce(ctx, columns[:n], rows, counts); err != nil {
			return err
		}
		for k, j := range columns[:n] {
			s.Columns[j].Missing = counts[k].missing
			v := counts[k].values(&memory)
			if n := len(v.Numbers); n > 0 && !(finite(v.Numbers[0]) && finite(v.Numbers[n-1])) {
				return notFinite(plans[j].name, j)
			}
			s.Columns[j].Values = v
		}
		columns = columns[n:]
	}
	return nil
}

// countAtOnce counts the numbers of a few columns in one pass.
func countAtOnce(ctx context.Context, columns []int, rows table.Rows, counts []counting) error {
	if rows.Len() == 0 {
		return ctx.Err()
	}
	raw := rows.X.RawMatrix()
	step := blockRows(len(columns))
	for first := 0; first < raw.Rows; first += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := min(first+step, raw.Rows)
		block := raw.Data[first*raw.Stride : (last-1)*raw.Stride+raw.Cols]
		for k, j := range columns {
			counts[k].add(block, j, raw.Stride, first, raw.Rows-first)
		}
	}
	return nil
}

func notFinite(name string, column int) error {
	return &learner.DataError{
		Row: -1, Column: column, Name: name, Reason: "it has an infinite number: write a missing value instead, or leave the column out with prepare.drop",
	}
}
