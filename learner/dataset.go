package learner

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner/numeric"
)

// Schema says what the columns and the classes are.
type Schema struct {
	Features []string // one name per column of X
	Classes  []Label  // sorted by SortLabels; nil for numbers as targets, and for none
}

// Task is what rows of this schema teach a learner that is given their targets: Classification if there are classes, else
// Regression.
func (s Schema) Task() Task {
	if s.Classes != nil {
		return Classification
	}
	return Regression
}

// Dataset is a set of rows with their targets.
type Dataset struct {
	Schema
	X       *mat.Dense // rows x features
	Y       []float64  // one per row: the target, or the index of the class in Schema.Classes; nil for rows without targets
	Weights []float64  // one per row, >= 0, or nil for 1 each; a weight of k is the same as the row k times
	Rows    []uint64   // global row ids, one per row, or nil for 0, 1, 2, ...
}

// Len is the number of rows.
func (d Dataset) Len() int {
	if d.X == nil || d.X.IsEmpty() {
		return 0
	}
	n, _ := d.X.Dims()
	return n
}

// Weight is row i's weight.
func (d Dataset) Weight(i int) float64 {
	if d.Weights == nil {
		return 1
	}
	return d.Weights[i]
}

// Row is row i's global id.
func (d Dataset) Row(i int) uint64 {
	if d.Rows == nil {
		return uint64(i)
	}
	return d.Rows[i]
}

// Select copies the given rows, in the given order; a row may be named more than once.
func (d Dataset) Select(rows []int) Dataset {
	out := Dataset{Schema: d.Schema, Rows: make([]uint64, len(rows))}
	if d.Y != nil {
		out.Y = make([]float64, len(rows))
	}
	if d.Weights != nil {
		out.Weights = make([]float64, len(rows))
	}
	if len(rows) == 0 {
		return out
	}
	_, cols := d.X.Dims()
	out.X = mat.NewDense(len(rows), cols, nil)
	for i, r := range rows {
		copy(out.X.RawRowView(i), d.X.RawRowView(r))
		if d.Y != nil {
			out.Y[i] = d.Y[r]
		}
		out.Rows[i] = d.Row(r)
		if d.Weights != nil {
			out.Weights[i] = d.Weights[r]
		}
	}
	return out
}

// CheckFit is called first in every learner's Fit: it refuses rows that no
// learner can use, naming the place. Infinite values are refused always, NaN in
// X unless traits allow missing values. A row of zero weight teaches nothing, so at
// least one weight must be positive.
func CheckFit(d Dataset, task Task, traits Traits) error {
	if err := CheckBatch(d, task); err != nil {
		return err
	}
	return checkFinite(d.X, d.Features, traits)
}

// CheckPart is CheckFit for some of the rows, as a Summable learner is given them: all of these may have weight 0.
func CheckPart(d Dataset, task Task, traits Traits) error {
	err := CheckFit(d, task, traits)
	if errors.Is(err, errNoWeight) {
		return checkFinite(d.X, d.Features, traits)
	}
	return err
}

// CheckBatch checks everything that CheckFit does except the values in X: the shapes,
// the targets and the weights. It is for a gradient, which is asked for
// thousands of times on the same rows and shows in its result whether a value
// was not finite.
func CheckBatch(d Dataset, task Task) error {
	n := d.Len()
	if n == 0 {
		return &DataError{Row: -1, Column: -1, Reason: "no rows to fit on"}
	}
	_, cols := d.X.Dims()
	if d.Features != nil && len(d.Features) != cols {
		return &DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d columns, the schema names %d features", cols, len(d.Features))}
	}
	if len(d.Y) != n && task.Supervised() {
		return &DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d rows, y has %d", n, len(d.Y))}
	}
	if d.Weights != nil && len(d.Weights) != n {
		return &DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d rows, there are %d weights", n, len(d.Weights))}
	}
	if d.Rows != nil && len(d.Rows) != n {
		return &DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d rows, there are %d row ids", n, len(d.Rows))}
	}
	if task.Supervised() {
		if err := checkTargets(d, task); err != nil {
			return err
		}
	}
	return checkWeights(d.Weights)
}

func checkTargets(d Dataset, task Task) error {
	if task != d.Task() {
		if task == Classification {
			return &DataError{Row: -1, Column: -1, Reason: "a classifier needs the list of classes, the schema has none"}
		}
		return &DataError{Row: -1, Column: -1, Reason: "a regressor was given a schema with classes"}
	}
	for i, y := range d.Y {
		if !numeric.IsFinite(y) {
			return &DataError{Row: i, Column: -1, Name: "y", Reason: fmt.Sprintf("the target is %v", y)}
		}
		if task == Classification && (y != math.Trunc(y) || y < 0 || y >= float64(len(d.Classes))) {
			return &DataError{Row: i, Column: -1, Name: "y", Reason: fmt.Sprintf("class index %v is not one of 0 to %d", y, len(d.Classes)-1)}
		}
	}
	return nil
}

func checkWeights(weights []float64) error {
	if weights == nil {
		return nil
	}
	var sum float64
	for i, w := range weights {
		if !numeric.IsFinite(w) || w < 0 {
			return &DataError{Row: i, Column: -1, Name: "weight", Reason: fmt.Sprintf("a weight must be finite and >= 0, not %v", w)}
		}
		sum += w
	}
	if sum == 0 {
		return errNoWeight
	}
	return nil
}

var errNoWeight = &DataError{Row: -1, Column: -1, Name: "weight", Reason: "all row weights are 0"}

// CheckPredict is called first in every Predict and PredictProba, once
// it knows that it is fitted. features is the width it was fitted with.
func CheckPredict(x *mat.Dense, features int, traits Traits) error {
	if x == nil || x.IsEmpty() {
		return &DataError{Row: -1, Column: -1, Reason: "no rows to predict for"}
	}
	if _, cols := x.Dims(); cols != features {
		return &DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d columns, the model was fitted with %d", cols, features)}
	}
	return checkFinite(x, nil, traits)
}

func checkFinite(x *mat.Dense, names []string, traits Traits) error {
	rows, cols := x.Dims()
	for i := range rows {
		row := x.RawRowView(i)[:cols]
		if numeric.FiniteSum(row) { // which is quicker than value by value
			continue
		}
		for j, v := range row {
			if numeric.IsFinite(v) {
				continue
			}
			if traits.AllowsMissing && math.IsNaN(v) {
				continue
			}
			e := &DataError{Row: i, Column: j, Reason: fmt.Sprintf("the value is %v", v)}
			if math.IsNaN(v) {
				e.Reason = "the value is missing (NaN), and this learner does not accept missing values"
			}
			if j < len(names) {
				e.Name = names[j]
			}
			return e
		}
	}
	return nil
}
