package prepare

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// Folds is into how many parts rows are divided for an encoding by the target, as scikit-learn's TargetEncoder
// divides them: the rows of a part are encoded by what the other parts say.
const Folds = 5

// foldOf is the fold of a row, by its global id: the same one on whichever worker the row lies.
func foldOf(seed, row uint64) int { return int(learner.Mix(seed^learner.Mix(row)) % Folds) }

// folds are the targets of a worker's rows, and the fold of each.
type folds struct {
	classes int // 0 for regression
	y       []float64
	of      []uint8
}

// foldsOf checks the targets, if a plan needs them.
func foldsOf(q Question, plans []plan, y []float64, rows int) (*folds, error) {
	needed := false
	for i := range plans {
		needed = needed || plans[i].target()
	}
	if !needed {
		return nil, nil
	}
	if len(y) != rows {
		return nil, fmt.Errorf("there are %d rows and %d targets: an encoding by the target needs one for each row", rows, len(y))
	}
	f := &folds{classes: len(q.Classes), y: y, of: make([]uint8, rows)}
	for i, v := range y {
		f.of[i] = uint8(foldOf(q.Seed, q.FirstRow+uint64(i)))
		if f.classes > 0 && !(v >= 0 && v < float64(f.classes) && v == math.Trunc(v)) {
			return nil, &learner.DataError{Row: i, Column: -1, Name: "y", Reason: fmt.Sprintf("class index %v is not one of 0 to %d", v, f.classes-1)}
		}
		if f.classes == 0 && !(math.Abs(v) <= exact.LargestSquared) {
			return nil, &learner.DataError{Row: i, Column: -1, Name: "y", Reason: fmt.Sprintf("the target is %v, too large for an encoding by the target", v)}
		}
	}
	return f, nil
}

// tally adds up the targets of the rows of a cell.
type tally struct {
	rows         int
	classes      []int
	sum, squares exact.Sum
}

func (t *tally) cell() TargetCell {
	return TargetCell{Rows: t.rows, Classes: t.classes, Sum: t.sum.Expansion(), Squares: t.squares.Expansion()}
}

// add adds another cell.
func (t *tally) add(c TargetCell) {
	t.rows += c.Rows
	if len(c.Classes) > 0 && t.classes == nil {
		t.classes = make([]int, len(c.Classes))
	}
	for k, n := range c.Classes {
		t.classes[k] += n
	}
	t.sum.AddExpansion(c.Sum)
	t.squares.AddExpansion(c.Squares)
}

// addRow adds a row to one of the folds of a list of tallies.
func (f *folds) addRow(to []tally, i int) {
	t := &to[f.of[i]]
	t.rows++
	if f.classes == 0 {
		if y := f.y[i]; math.Abs(y) >= exact.SmallestSquared {
			t.sum.Add(y)
			t.squares.AddSquare(y)
		}
		return
	}
	if t.classes == nil {
		t.classes = make([]int, f.classes)
	}
	t.classes[int(f.y[i])]++
}

// total sums up all rows, by fold; nil if nobody needs that.
func (f *folds) total() []TargetCell {
	if f == nil {
		return nil
	}
	all := make([]tally, Folds)
	for i := range f.y {
		f.addRow(all, i)
	}
	return cellsOfTallies(all)
}

// targets sums up the rows of each category, by fold; those without one come first.
func (f *folds) targets(found cells) [][]TargetCell {
	all := make([]tally, (len(found.labels)+1)*Folds)
	for i, code := range found.codes {
		place := int(code+1) * Folds
		f.addRow(all[place:place+Folds], i)
	}
	cells := make([][]TargetCell, len(found.labels)+1)
	for k := range cells {
		cells[k] = cellsOfTallies(all[k*Folds : (k+1)*Folds])
	}
	return cells
}

func cellsOfTallies(tallies []tally) []TargetCell {
	cells := make([]TargetCell, len(tallies))
	for k := range tallies {
		cells[k] = tallies[k].cell()
	}
	return cells
}
