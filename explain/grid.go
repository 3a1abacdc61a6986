package explain

import (
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Grid are the values that a column takes, one after the other.
type Grid struct {
	Column     string
	Values     []float64       // of numbers, ascending; nil for categories
	Categories []learner.Label // in the order of learner.SortLabels; nil for numbers

	rows  table.Rows
	place int
	cells []int // a row that has the category; nil for numbers
}

// Len is the number of values.
func (g Grid) Len() int { return max(len(g.Values), len(g.Categories)) }

// Numbers is the grid of a column of numbers, as scikit-learn makes it: all distinct numbers if they are fewer than resolution; else
// resolution numbers at one distance between two quantiles, which are shares of the rows, such as 0.05 and 0.95. Missing cells
// are left out. The error is a *learner.DataError if the column has a text, or no number, or only one between the quantiles,
// and another one for a resolution or quantiles that are none.
func Numbers(rows table.Rows, column string, resolution int, quantiles [2]float64) (Grid, error) {
	g, err := newGrid(rows, column)
	if err != nil {
		return g, err
	}
	switch low, high := quantiles[0], quantiles[1]; {
	case resolution < 2:
		return g, fmt.Errorf("a grid of %d values: want at least 2", resolution)
	case !(low >= 0 && high <= 1 && low < high):
		return g, fmt.Errorf("quantiles from %v to %v: want two shares from 0 to 1, the lower one first", low, high)
	}
	var numbers []float64
	for i := range rows.Len() {
		v := rows.X.At(i, g.place)
		if text, is := rows.Text(i, g.place); is && math.IsNaN(v) {
			return g, &learner.DataError{Row: i, Column: g.place, Name: column, Reason: fmt.Sprintf("%.60q is no number, and the model takes numbers there", text)}
		}
		if !math.IsNaN(v) {
			numbers = append(numbers, v)
		}
	}
	if numbers == nil {
		return g, &learner.DataError{Row: -1, Column: g.place, Name: column, Reason: "all cells are missing: there are no values to try"}
	}
	slices.Sort(numbers)
	distinct := slices.Compact(slices.Clone(numbers))
	if len(distinct) < resolution {
		g.Values = distinct
		return g, nil
	}
	low, high := quantile(numbers, quantiles[0]), quantile(numbers, quantiles[1])
	if math.Abs(low-high) <= 1e-8+1e-5*math.Abs(high) { // as numpy.allclose
		return g, &learner.DataError{Row: -1, Column: g.place, Name: column,
			Reason: fmt.Sprintf("the quantiles %v and %v are %v and %v, which is too close for a grid: choose others", quantiles[0], quantiles[1], low, high)}
	}
	step := (high - low) / float64(resolution-1)
	for k := range resolution {
		g.Values = append(g.Values, low+float64(k)*step)
	}
	g.Values[resolution-1] = high
	return g, nil
}

// Categories is the grid of a column of categories: all that the rows have. Missing cells are left out; the error is a
// *learner.DataError if there is nothing else.
func Categories(rows table.Rows, column string) (Grid, error) {
	g, err := newGrid(rows, column)
	if err != nil {
		return g, err
	}
	first := map[learner.Label]int{} // row
	for i := range rows.Len() {
		if label, ok := rows.Category(i, g.place); ok {
			if _, known := first[label]; !known {
				first[label] = i
				g.Categories = append(g.Categories, label)
			}
		}
	}
	if g.Categories == nil {
		return g, &learner.DataError{Row: -1, Column: g.place, Name: column, Reason: "all cells are missing: there are no values to try"}
	}
	g.Categories = learner.SortLabels(g.Categories)
	for _, label := range g.Categories {
		g.cells = append(g.cells, first[label])
	}
	return g, nil
}

func newGrid(rows table.Rows, column string) (Grid, error) {
	places, err := placesOf(rows, []string{column})
	if err != nil {
		return Grid{}, err
	}
	if rows.Len() == 0 {
		return Grid{}, &learner.DataError{Row: -1, Column: -1, Reason: "there are no rows"}
	}
	return Grid{Column: column, rows: rows, place: places[0]}, nil
}

// At are the rows with the k-th value in each cell of the column. They lie in new memory.
func (g Grid) At(k int) table.Rows {
	from := make([]int, g.rows.Len())
	if g.Categories != nil {
		for i := range from {
			from[i] = g.cells[k]
		}
		return taking(g.rows, g.place, from)
	}
	out := taking(g.rows, g.place, from)
	for i := range from {
		out.X.Set(i, g.place, g.Values[k])
	}
	if out.TextsOf(g.place) != nil { // of whole numbers beyond 2^53
		out.Texts[g.place] = nil
	}
	return out
}

// quantile is that of sorted values, as scipy.stats.mstats.mquantiles computes it, which scikit-learn uses here: alphap and betap
// are 0.4, which is about unbiased for most distributions (Cunnane 1978). There are at least two values.
func quantile(sorted []float64, p float64) float64 {
	const alpha, beta = 0.4, 0.4
	n := float64(len(sorted))
	aleph := n*p + alpha + p*(1-alpha-beta)
	k := math.Floor(min(max(aleph, 1), n-1))
	gamma := min(max(aleph-k, 0), 1)
	return (1-gamma)*sorted[int(k)-1] + gamma*sorted[int(k)]
}
