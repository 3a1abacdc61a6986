package prepare

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// The places of a cell that has no group.
const (
	missingCell = -1
	unknownCell = -2
)

// coder writes the features of a categorical column of some rows.
type coder struct {
	column *compiledColumn
	groups []int32 // of each row, or missingCell or unknownCell
	foldOf func(int) int
}

// newCoder finds the groups of a column's cells.
func newCoder(c *compiledColumn, rows table.Rows, place int, foldOf func(int) int) (*coder, error) {
	if c.Targets == nil || len(c.Targets.Folds) == 0 {
		foldOf = nil
	}
	found, _ := cellsOf(rows, place, math.MaxInt32)
	groups := make([]int32, len(found.labels)+1)
	groups[0] = missingCell
	if c.FillCategory != nil {
		groups[0] = c.groupOf(*c.FillCategory)
	}
	for i, label := range found.labels {
		groups[i+1] = c.groupOf(label)
	}
	for i, code := range found.codes {
		g := groups[code+1]
		if g == unknownCell && c.Unknown == Refuse {
			reason := "the cell is missing, and no worker had such a row in training"
			if code >= 0 {
				reason = fmt.Sprintf("no worker had the category %.60q in training: set unknown: ignore to predict without it", found.labels[code])
			}
			return nil, &learner.DataError{Row: i, Column: place, Name: c.Name, Reason: reason}
		}
		found.codes[i] = g
	}
	return &coder{column: c, groups: found.codes, foldOf: foldOf}, nil
}

func (c *compiledColumn) groupOf(label learner.Label) int32 {
	if g, known := c.groups[label]; known {
		return int32(g)
	}
	return unknownCell
}

// write writes the features of the rows from first to last.
func (c *coder) write(out blas64.General, to, first, last int) {
	switch c.column.Encode {
	case OneHot:
		for i := first; i < last; i++ {
			if g := c.groups[i]; g >= 0 {
				out.Data[i*out.Stride+to+int(g)] = 1
			}
		}
	case Ordinal:
		unknown := math.NaN()
		if c.column.UnknownCode != nil {
			unknown = *c.column.UnknownCode
		}
		for i := first; i < last; i++ {
			out.Data[i*out.Stride+to] = pick(c.groups[i], float64(c.groups[i]), unknown)
		}
	case Frequency:
		for i := first; i < last; i++ {
			share := 0.0
			if g := c.groups[i]; g >= 0 {
				share = c.column.Shares[g]
			}
			out.Data[i*out.Stride+to] = pick(c.groups[i], share, 0)
		}
	case Target:
		for i := first; i < last; i++ {
			c.writeTarget(out.Data[i*out.Stride+to:], i)
		}
	}
}

// pick is what becomes of a cell with a group, of an unknown category, and of a missing cell.
func pick(group int32, known, unknown float64) float64 {
	switch group {
	case missingCell:
		return math.NaN()
	case unknownCell:
		return unknown
	default:
		return known
	}
}

func (c *coder) writeTarget(out []float64, i int) {
	code := FoldCode{Groups: c.column.Targets.Groups, Unknown: c.column.Targets.Unknown}
	if c.foldOf != nil {
		code = c.column.Targets.Folds[c.foldOf(i)]
	}
	g := c.groups[i]
	for k := range code.Unknown {
		v := 0.0
		if g >= 0 {
			v = code.Groups[g][k]
		}
		out[k] = pick(g, v, code.Unknown[k])
	}
}
