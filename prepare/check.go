package prepare

import (
	"errors"
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// Check says what is wrong with a summary that a worker has sent; rows is how many rows it has. What passes
// can be merged: it need not be true, but there are rows that have it.
func (s *Summary) Check(q Question, rows int) error {
	plans, err := q.plans()
	if err != nil {
		return err
	}
	switch {
	case s.Rows != rows || rows < 0:
		return fmt.Errorf("it is of %d rows, want %d", s.Rows, rows)
	case len(s.Columns) != len(plans):
		return fmt.Errorf("it is of %d columns, want %d", len(s.Columns), len(plans))
	}
	targets := false
	for j := range plans {
		targets = targets || plans[j].target()
	}
	if err := checkCells(s.Targets, targets, len(q.Classes)); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	if n := rowsOf(s.Targets); targets && n != rows {
		return fmt.Errorf("targets: they are of %d rows, want %d", n, rows)
	}
	for j := range plans {
		if err := s.checkColumn(q, &plans[j], &s.Columns[j]); err != nil {
			return fmt.Errorf("column %q: %w", plans[j].name, err)
		}
	}
	return s.checkLandmarks(q, plans)
}

func (s *Summary) checkColumn(q Question, p *plan, c *ColumnSummary) error {
	sum, squares := p.sums()
	n := s.Rows - c.Missing
	switch {
	case c.Name != p.name:
		return fmt.Errorf("it is about %q", c.Name)
	case c.Missing < 0 || n < 0:
		return fmt.Errorf("%d missing cells in %d rows", c.Missing, s.Rows)
	case len(c.Sum) > 0 && !sum || len(c.Squares) > 0 && !squares:
		return errors.New("sums that nobody asked for")
	case (c.Extremes != nil) != (p.extremes() && n > 0):
		return errors.New("its smallest and largest number are missing, or not asked for")
	case (c.Values != nil) != p.values():
		return errors.New("its counted numbers are missing, or not asked for")
	case (c.Categories != nil) != (p.kind == Categorical):
		return errors.New("its categories are missing, or not asked for")
	case c.Extremes != nil && !(c.Extremes.Min <= c.Extremes.Max && finite(c.Extremes.Min) && finite(c.Extremes.Max)):
		return fmt.Errorf("its numbers are between %v and %v", c.Extremes.Min, c.Extremes.Max)
	}
	if err := checkSums(c, n, sum, squares); err != nil {
		return err
	}
	if c.Values != nil {
		if err := c.Values.check(n); err != nil {
			return err
		}
	}
	if c.Categories != nil {
		return c.Categories.check(p, s, n, len(q.Classes))
	}
	return nil
}

func finite(v float64) bool { return v-v == 0 }

// checkSums checks the sums of n numbers.
func checkSums(c *ColumnSummary, n int, sum, squares bool) error {
	for _, terms := range [][]float64{c.Sum, c.Squares} {
		if err := exact.CheckExpansion(terms); err != nil {
			return err
		}
	}
	largest := float64(exact.Largest)
	if squares {
		largest = exact.LargestSquared
	}
	switch {
	case sum && !exact.Within(n, c.Sum, largest):
		return fmt.Errorf("a sum of %v of %d numbers", c.Sum, n)
	case squares && !exact.Possible(n, c.Sum, c.Squares):
		return fmt.Errorf("no %d numbers have the sum %v and the sum of squares %v", n, c.Sum, c.Squares)
	}
	return nil
}

// check checks the counts of n numbers.
func (v *Values) check(n int) error {
	switch {
	case v.Bits < fewestBits || v.Bits > 64:
		return fmt.Errorf("numbers counted by %d bits, want %d to 64", v.Bits, fewestBits)
	case len(v.Numbers) != len(v.Counts):
		return fmt.Errorf("%d numbers with %d counts", len(v.Numbers), len(v.Counts))
	case len(v.Numbers) > MostValues:
		return fmt.Errorf("%d different numbers, want at most %d", len(v.Numbers), MostValues)
	}
	for i, x := range v.Numbers {
		bits := math.Float64bits(x)
		switch {
		case !finite(x) || key(bits, v.Bits) != bits || v.Bits == 64 && bits == 1<<63:
			return fmt.Errorf("the number %v is not one of %d bits", x, v.Bits)
		case i > 0 && ordered(math.Float64bits(v.Numbers[i-1])) >= ordered(bits):
			return fmt.Errorf("the numbers %v and %v are not in order", v.Numbers[i-1], x)
		}
	}
	return checkCounts(v.Counts, n)
}

// checkCounts checks counts that add up to n.
func checkCounts(counts []int, n int) error {
	left := n
	for _, k := range counts {
		if k < 1 || k > left {
			return fmt.Errorf("counts that do not add up to %d, or are not positive", n)
		}
		left -= k
	}
	if left != 0 {
		return fmt.Errorf("counts that add up to %d, want %d", n-left, n)
	}
	return nil
}

// check checks the categories of n rows.
func (c *Categories) check(p *plan, s *Summary, n, classes int) error {
	if c.Over {
		if len(c.Labels)+len(c.Counts)+len(c.Targets)+len(c.Missing) > 0 {
			return errors.New("too many categories, and yet a list of them")
		}
		if n <= p.most() {
			return fmt.Errorf("more than %d categories in %d rows", p.most(), n)
		}
		return nil
	}
	if len(c.Labels) > p.most() || len(c.Labels) != len(c.Counts) {
		return fmt.Errorf("%d categories with %d counts, want at most %d", len(c.Labels), len(c.Counts), p.most())
	}
	if err := checkLabels(c.Labels); err != nil {
		return err
	}
	if err := checkCounts(c.Counts, n); err != nil {
		return err
	}
	if !p.target() {
		if len(c.Targets)+len(c.Missing) > 0 {
			return errors.New("targets that nobody asked for")
		}
		return nil
	}
	return c.checkTargets(s, classes)
}

// checkLabels checks that labels are ones, sorted and different.
func checkLabels(labels []learner.Label) error {
	sorted := learner.SortLabels(append([]learner.Label(nil), labels...))
	if len(sorted) != len(labels) {
		return errors.New("a category occurs twice")
	}
	for i, label := range labels {
		if label != sorted[i] || label != labelOf(string(label)) {
			return fmt.Errorf("the category %.60q is not in its form or in its place", label)
		}
	}
	return nil
}

// checkTargets checks that the targets of all categories are those of all rows.
func (c *Categories) checkTargets(s *Summary, classes int) error {
	if len(c.Targets) != len(c.Labels) {
		return fmt.Errorf("%d categories with the targets of %d", len(c.Labels), len(c.Targets))
	}
	missing := s.Rows
	for i, cells := range c.Targets {
		if err := checkCells(cells, true, classes); err != nil {
			return err
		}
		if n := rowsOf(cells); n != c.Counts[i] {
			return fmt.Errorf("the category %.60q has %d rows and the targets of %d", c.Labels[i], c.Counts[i], n)
		}
		missing -= c.Counts[i]
	}
	if err := checkCells(c.Missing, true, classes); err != nil {
		return err
	}
	if n := rowsOf(c.Missing); n != missing {
		return fmt.Errorf("%d missing cells with the targets of %d", missing, n)
	}
	all := mergeCells(append([][]TargetCell{c.Missing}, c.Targets...))
	for fold := range all {
		if !all[fold].equal(s.Targets[fold]) {
			return errors.New("the targets of its categories do not add up to those of all rows")
		}
	}
	return nil
}

// checkCells checks the targets of some rows, by fold.
func checkCells(cells []TargetCell, wanted bool, classes int) error {
	if !wanted {
		if len(cells) > 0 {
			return errors.New("targets that nobody asked for")
		}
		return nil
	}
	if len(cells) != Folds {
		return fmt.Errorf("the targets of %d folds, want %d", len(cells), Folds)
	}
	for _, c := range cells {
		if err := c.check(classes); err != nil {
			return err
		}
	}
	return nil
}

// mostRows is how many rows a cell can have, so that the rows of all workers can be added.
const mostRows = 1 << 53

func (c TargetCell) check(classes int) error {
	if c.Rows < 0 || c.Rows > mostRows {
		return fmt.Errorf("targets of %d rows", c.Rows)
	}
	if classes > 0 {
		if len(c.Sum)+len(c.Squares) > 0 {
			return errors.New("sums of classes")
		}
		if len(c.Classes) == 0 && c.Rows == 0 {
			return nil
		}
		if len(c.Classes) != classes {
			return fmt.Errorf("counts of %d classes, want %d", len(c.Classes), classes)
		}
		left := c.Rows
		for _, k := range c.Classes {
			if k < 0 || k > left {
				return fmt.Errorf("counts of classes that do not add up to %d rows", c.Rows)
			}
			left -= k
		}
		if left != 0 {
			return fmt.Errorf("counts of classes that do not add up to %d rows", c.Rows)
		}
		return nil
	}
	if len(c.Classes) > 0 {
		return errors.New("counts of classes in a regression")
	}
	return checkSums(&ColumnSummary{Sum: c.Sum, Squares: c.Squares}, c.Rows, true, true)
}

// rowsOf is the number of rows of all folds.
func rowsOf(cells []TargetCell) (n int) {
	for _, c := range cells {
		n += c.Rows
	}
	return n
}

func (c TargetCell) equal(o TargetCell) bool {
	if c.Rows != o.Rows || !exact.Equal(c.Sum, o.Sum) || !exact.Equal(c.Squares, o.Squares) {
		return false
	}
	for k := range max(len(c.Classes), len(o.Classes)) {
		if at(c.Classes, k) != at(o.Classes, k) {
			return false
		}
	}
	return true
}

func at(counts []int, k int) int {
	if k < len(counts) {
		return counts[k]
	}
	return 0
}
