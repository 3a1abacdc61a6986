// Package table is how rows are held between the file or the request that they come from and the
// preparation that makes numbers of them: named columns, and in each cell a number, a text, or nothing.
//
// It is a leaf: it imports the learner contract and gonum's matrices.
package table

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Rows are rows with named columns. Numbers lie in one matrix, since most tables have little else; texts
// lie beside it.
type Rows struct {
	Columns []string   // one name per column of X
	X       *mat.Dense // rows x columns; NaN where a cell is missing or a text
	Texts   []*Texts   // one per column, nil for a column without texts; nil if no column has any
}

// Texts are the cells of a column that are not numbers, and whole numbers that a float64 cannot hold
// (beyond 2^53), which are in X too, rounded.
type Texts struct {
	Values []string // distinct, in the order in which they occur first
	Codes  []int32  // one per row: the index of its text in Values; -1 for a number or a missing cell
}

// Len is the number of rows.
func (r Rows) Len() int {
	if r.X == nil || r.X.IsEmpty() {
		return 0
	}
	n, _ := r.X.Dims()
	return n
}

// TextsOf returns the texts of a column, or nil if it has none.
func (r Rows) TextsOf(column int) *Texts {
	if r.Texts == nil {
		return nil
	}
	return r.Texts[column]
}

// Text returns the text of a cell, if it is one.
func (r Rows) Text(row, column int) (string, bool) {
	t := r.TextsOf(column)
	if t == nil || t.Codes[row] < 0 {
		return "", false
	}
	return t.Values[t.Codes[row]], true
}

// Category returns the cell as the label of a category: its text, or its number in its shortest form. ok
// is false for a missing cell.
func (r Rows) Category(row, column int) (category learner.Label, ok bool) {
	if text, is := r.Text(row, column); is {
		return learner.NewLabel(text), true
	}
	if v := r.X.At(row, column); !math.IsNaN(v) {
		return learner.NumberLabel(v), true
	}
	return "", false
}

// IsNumeric reports whether all cells of a column are numbers or missing.
func (r Rows) IsNumeric(column int) bool {
	t := r.TextsOf(column)
	if t == nil {
		return true
	}
	for i, code := range t.Codes {
		if code >= 0 && math.IsNaN(r.X.At(i, column)) {
			return false
		}
	}
	return true
}

// Index returns the position of a column, or -1.
func (r Rows) Index(column string) int { return slices.Index(r.Columns, column) }

// ColumnTexts are the distinct texts of one column, where the codes of the cells travel apart from them.
type ColumnTexts struct {
	Column int      `json:"column"` // its place
	Values []string `json:"values"`
}
