package explain

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Permutation says how the importance of columns is measured.
type Permutation struct {
	Repeats int    // how often each column is permuted, at least once
	Seed    uint64 // of the permutations: a column's depend on this, its name and the number of rows, and on nothing else

	// permutation replaces the drawn one, in tests: the row that each row takes its cell from.
	permutation func(column string, repeat int) []int
}

// Importance is how much a model needs a column.
type Importance struct {
	Column    string
	Mean, Std float64   // of Each; the standard deviation is that of these numbers, not of what they are a sample of
	Each      []float64 // by how much the score is worse, one per permutation; below 0 if it is better
}

// Score is how well a model predicts rows, whose truth the function knows: row i has the i-th truth. More is better; an
// error, of which less is better, has to be negated.
type Score func(ctx context.Context, rows table.Rows) (float64, error)

// Measure scores the rows as they are, and then with each column permuted (Breiman 2001, section 10). It asks for
// 1 + len(columns) * Repeats scores, one after the other, each of rows of their own that lie in new memory; rows stay as they
// are. It ends with the first error, or soon after ctx does, with its cause.
func (p Permutation) Measure(ctx context.Context, rows table.Rows, columns []string, score Score) (baseline float64, found []Importance, err error) {
	if p.Repeats < 1 {
		return 0, nil, fmt.Errorf("each column would be permuted %d times: want at least 1", p.Repeats)
	}
	places, err := placesOf(rows, columns)
	if err != nil {
		return 0, nil, err
	}
	if baseline, err = score(ctx, rows); err != nil {
		return 0, nil, err
	}
	for i, name := range columns {
		one := Importance{Column: name}
		for repeat := range p.Repeats {
			if ctx.Err() != nil {
				return 0, nil, context.Cause(ctx)
			}
			s, err := score(ctx, taking(rows, places[i], p.drawn(name, repeat, rows.Len())))
			if err != nil {
				return 0, nil, err
			}
			one.Each = append(one.Each, baseline-s)
		}
		one.Mean, one.Std = spread(one.Each)
		found = append(found, one)
	}
	return baseline, found, nil
}

// drawn is the row that each row takes its cell from.
func (p Permutation) drawn(column string, repeat, rows int) []int {
	if p.permutation != nil {
		return p.permutation(column, repeat)
	}
	return learner.NewRand(learner.Seed(p.Seed, "permutation", column, strconv.Itoa(repeat))).Perm(rows)
}

// placesOf finds columns among those of rows.
func placesOf(rows table.Rows, columns []string) ([]int, error) {
	places := make([]int, len(columns))
	for i, name := range columns {
		if places[i] = rows.Index(name); places[i] < 0 {
			return nil, &learner.DataError{Row: -1, Column: -1, Name: name, Reason: "the rows have no such column"}
		}
	}
	return places, nil
}

// taking are rows whose cells of one column come from other rows: row i has that of row from[i].
func taking(rows table.Rows, column int, from []int) table.Rows {
	out := table.Rows{Columns: rows.Columns, X: mat.DenseCopyOf(rows.X), Texts: rows.Texts}
	for i, other := range from {
		out.X.Set(i, column, rows.X.At(other, column))
	}
	if texts := rows.TextsOf(column); texts != nil {
		moved := &table.Texts{Values: texts.Values, Codes: make([]int32, len(from))}
		for i, other := range from {
			moved.Codes[i] = texts.Codes[other]
		}
		out.Texts = slices.Clone(rows.Texts)
		out.Texts[column] = moved
	}
	return out
}

// spread are the mean and the standard deviation of some numbers, which is that of a whole population.
func spread(values []float64) (mean, std float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		std += (v - mean) * (v - mean) / float64(len(values))
	}
	return mean, math.Sqrt(std)
}
