package instances

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Training is a data set as golearn can use it: it knows no weights, so a row
// of weight k is there k times, one after the other, and a row of weight 0 not
// at all. The memory is the adapter's own.
type Training struct {
	X       *mat.Dense // rows x features
	Y       []float64  // one per row: the target, or a place among Classes
	Classes Classes    // of a classification
}

// maxCells is how large X may become by repeating rows: 1 GiB.
const maxCells = 1 << 27

// Prepare checks d as learner.CheckFit does and makes the training rows of it.
// Weights must be whole numbers, and must not repeat the rows beyond 1 GiB of
// features; the error is a *learner.DataError.
func Prepare(d learner.Dataset, task learner.Task) (Training, error) {
	if err := learner.CheckFit(d, task, learner.Traits{}); err != nil {
		return Training{}, err
	}
	rows, err := repeat(d)
	if err != nil {
		return Training{}, err
	}
	part := d.Select(rows)
	t := Training{X: part.X, Y: part.Y}
	if task == learner.Classification {
		t.Classes = classesOf(t.Y, len(d.Classes))
		for i, class := range t.Y {
			t.Y[i] = float64(t.Classes.slots[int(class)])
		}
	}
	return t, nil
}

// repeat lists the rows of d, each as often as it weighs.
func repeat(d learner.Dataset) ([]int, error) {
	_, cols := d.X.Dims()
	var total float64
	for i := range d.Len() {
		w := d.Weight(i)
		if w != math.Trunc(w) {
			return nil, &learner.DataError{Row: i, Column: -1, Name: "weight",
				Reason: fmt.Sprintf("golearn has no row weights, so rows are repeated: want a whole number, not %v", w)}
		}
		total += w
	}
	if d.Weights != nil && total > float64(max(d.Len(), maxCells/cols)) {
		return nil, &learner.DataError{Row: -1, Column: -1, Name: "weight",
			Reason: fmt.Sprintf("golearn has no row weights, so rows are repeated, and %v rows of %d features are too many: divide the "+
				"weights by a common factor", total, cols)}
	}
	rows := make([]int, 0, int(total))
	for i := range d.Len() {
		for range int(d.Weight(i)) {
			rows = append(rows, i)
		}
	}
	return rows, nil
}

// Limit refuses more than most rows: for learners whose time or memory grows
// with the square of the rows. advice ends the sentence.
func (t Training) Limit(most int, advice string) error {
	if n := len(t.Y); n > most {
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("%d rows (each counted as often as it weighs), max_rows is %d: %s", n, most, advice)}
	}
	return nil
}

// Width is the number of features.
func (t Training) Width() int {
	_, cols := t.X.Dims()
	return cols
}
