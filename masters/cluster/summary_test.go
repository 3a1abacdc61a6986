package cluster_test

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// A worker's summary of its rows, which the rows of all others are prepared by, is refused whichever of its numbers or lists is wrong.
func TestCheckSummary(t *testing.T) {
	rows := table.Rows{
		Columns: []string{"sums", "range", "values", "coded"},
		X:       mat.NewDense(4, 4, []float64{1, 1, 1, math.NaN(), 0.5, 2, 2, math.NaN(), math.NaN(), 3, 3, math.NaN(), 4, 4, 2, math.NaN()}),
		Texts:   []*table.Texts{nil, nil, nil, {Values: []string{"x", "y"}, Codes: []int32{0, 1, -1, 0}}},
	}
	q := prepare.Question{
		Columns: rows.Columns, Texts: []string{"coded"}, Needs: prepare.Needs{Complete: true, Scale: true},
		Settings: prepare.Settings{Approximation: prepare.Nystroem, Components: 2, Columns: map[string]prepare.Column{
			"range": {Scale: "minmax", Impute: "constant"}, "values": {Scale: "robust", Impute: "median"}, "coded": {Encode: "target"},
		}},
	}
	check := func(s prepare.Summary) error { return s.Check(q, 4) }
	numbers := summaryOf(t, q, rows, 1, 2, 3, 4)
	fold := "columns.3.categories.targets.0." + foldOf(t, numbers.Columns[3].Categories.Targets[0])
	missing := "columns.3.categories.missing." + foldOf(t, numbers.Columns[3].Categories.Missing)
	all := "targets." + foldOf(t, numbers.Targets)
	mastertest.Lies(t, numbers, check, []mastertest.Lie{
		{Field: "rows", Value: 5, Want: "5 rows, want 4"},
		{Field: "rows", Value: -4, Want: "-4 rows"},
		{Field: "columns", Value: nil, Want: "0 columns"},
		{Field: "columns.0.name", Value: "sum", Want: `about "sum"`},
		{Field: "columns.0.missing", Value: 5, Want: "5 missing"},
		{Field: "columns.0.missing", Value: -1, Want: "-1 missing"},
		{Field: "columns.0.sum", Value: []float64{1e300}, Want: "1e+300"},
		{Field: "columns.0.sum", Value: []float64{3, 2}, Want: "overlap"},
		{Field: "columns.0.squares", Value: []float64{-1}, Want: "sum of squares"},
		{Field: "columns.0.squares", Value: []float64{1}, Want: "sum of squares"},
		{Field: "columns.1.extremes.min", Value: 7, Want: "between 7"},
		{Field: "columns.1.extremes.max", Value: -7, Want: "and -7"},
		{Field: "columns.1.extremes", Value: nil, Want: "smallest"},
		{Field: "columns.2.values.bits", Value: 2, Want: "2 bits"},
		{Field: "columns.2.values.numbers", Value: []float64{3, 2, 1}, Want: "not in order"},
		{Field: "columns.2.values.numbers", Value: []float64{1}, Want: "1 numbers with 3 counts"},
		{Field: "columns.2.values.counts", Value: []int{1, 2, 2}, Want: "add up"},
		{Field: "columns.2.values.counts", Value: []int{math.MaxInt, math.MaxInt, 6}, Want: "add up"},
		{Field: "columns.3.categories.over", Value: true, Want: "and yet a list"},
		{Field: "columns.3.categories.labels", Value: []string{"x", "x"}, Want: "twice"},
		{Field: "columns.3.categories.labels", Value: []string{"y", "x"}, Want: "in its place"},
		{Field: "columns.3.categories.counts", Value: []int{2, 2}, Want: "add up"},
		{Field: fold + ".rows", Value: 3, Want: "targets"},
		{Field: fold + ".rows", Value: -1, Want: "targets of -1 rows"},
		{Field: fold + ".sum", Value: []float64{100}, Want: "sum of squares"},
		{Field: fold + ".squares", Value: []float64{-1}, Want: "sum of squares"},
		{Field: fold + ".classes", Value: []int{1}, Want: "regression"},
		{Field: missing + ".rows", Value: 2, Want: "targets of 2"},
		{Field: missing + ".sum", Value: []float64{-3}, Want: "add up to those of all rows"},
		{Field: missing + ".squares", Value: []float64{-9}, Want: "sum of squares"},
		{Field: missing + ".classes", Value: []int{1}, Want: "regression"},
		{Field: "landmarks", Value: nil, Want: "0 landmarks"},
		{Field: "landmarks.0.numbers", Value: []float64{1}, Want: "no number in column"},
		{Field: "landmarks.0.labels", Value: []string{"z"}, Want: "z"},
		{Field: "landmarks.0.missing", Value: []int{0}, Want: "landmark"},
		{Field: all + ".rows", Value: 9, Want: "targets"},
		{Field: all + ".sum", Value: []float64{1e300}, Want: "targets"},
		{Field: all + ".squares", Value: []float64{1e300}, Want: "targets"},
		{Field: all + ".classes", Value: []int{1, 2}, Want: "regression"},
	})

	q.Classes = []learner.Label{"no", "yes"}
	classes := summaryOf(t, q, rows, 0, 1, 1, 0)
	if err := check(classes); err != nil {
		t.Errorf("the honest summary is refused: %v", err)
	}
	for _, counts := range [][]int{{9, 0}, {-1, 2}, {1}, {0, 0, 1}, {math.MaxInt, math.MaxInt}} {
		for _, cell := range []string{all, fold, missing} {
			if err := check(mastertest.With(t, classes, cell+".classes", counts)); err == nil {
				t.Errorf("%s: %v rows of the classes are accepted", cell, counts)
			}
		}
	}
}

// summaryOf is the honest summary of rows with their targets.
func summaryOf(t *testing.T, q prepare.Question, rows table.Rows, y ...float64) prepare.Summary {
	t.Helper()
	s, err := prepare.Summarise(t.Context(), q, rows, y)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

// foldOf is the place of the first fold that has rows.
func foldOf(t *testing.T, cells []prepare.TargetCell) string {
	t.Helper()
	i := slices.IndexFunc(cells, func(c prepare.TargetCell) bool { return c.Rows > 0 })
	if i < 0 {
		t.Fatal("no fold has rows")
	}
	return strconv.Itoa(i)
}
