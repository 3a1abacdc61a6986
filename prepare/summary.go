package prepare

import "github.com/gochimera/chimera/learner"

// Summary is what a worker's rows add to a preparation. It grows with the number of distinct values that the
// settings ask for, not with that of the rows.
type Summary struct {
	Rows    int             `json:"rows"`
	Columns []ColumnSummary `json:"columns"`           // in the order of the question
	Targets []TargetCell    `json:"targets,omitempty"` // of all rows, by fold, if a column is encoded by the target

	Landmarks []Landmark `json:"landmarks,omitempty"` // the first rows by the number that they are drawn by, for Nystroem
}

// ColumnSummary has of a column what its plan asks for, and nothing else.
type ColumnSummary struct {
	Name       string      `json:"name"`
	Missing    int         `json:"missing,omitempty"`
	Sum        []float64   `json:"sum,omitempty"`     // of the numbers: an expansion of package learner/exact
	Squares    []float64   `json:"squares,omitempty"` // the sum of their squares
	Extremes   *Extremes   `json:"extremes,omitempty"`
	Values     *Values     `json:"values,omitempty"`
	Categories *Categories `json:"categories,omitempty"`
}

// Extremes are the smallest and the largest number of a column that has one.
type Extremes struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Categories counts the categories of a column.
type Categories struct {
	Over   bool            `json:"over,omitempty"` // there are more than the plan allows, so that they are not listed
	Labels []learner.Label `json:"labels,omitempty"`
	Counts []int           `json:"counts,omitempty"` // rows of each label

	Targets [][]TargetCell `json:"targets,omitempty"` // of each label, by fold
	Missing []TargetCell   `json:"missing,omitempty"` // of the rows without a category, by fold
}

// TargetCell sums up the targets of some rows: classes are counted, numbers are added exactly.
type TargetCell struct {
	Rows    int       `json:"rows,omitempty"`
	Classes []int     `json:"classes,omitempty"` // rows of each class
	Sum     []float64 `json:"sum,omitempty"`
	Squares []float64 `json:"squares,omitempty"`
}
