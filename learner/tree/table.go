package tree

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gochimera/chimera/learner"
)

// Table is a training set prepared for growing trees: every column is either
// coded (few distinct values: one byte per row, its rank) or sorted (an index of
// the rows in ascending order). One table serves any number of trees at once;
// it is never written after Prepare. It refers to the data set it was made of,
// which must not change while trees grow.
type Table struct {
	task     learner.Task
	classes  int // len(Schema.Classes); 0 for regression
	rows     int
	x        []float64 // row-major, a row every stride values
	stride   int
	y        []float64
	weights  []float64 // nil: 1 each
	columns  []column
	coded    []int      // the coded columns, those of two values first
	codes    [][]uint64 // codes[g][row]: columns 8g to 8g+7 of the coded ones, a byte each
	orders   [][]uint32 // orders[k]: the rows by ascending value, missing ones last
	prepared bool       // columns, codes and orders are filled

	lists [][]float64 // from PrepareRandom: the columns' values, one per row

	cells   cells
	maxBins int // of a column, from 2 to 255; 0: splits are exact
	tuning  tuning
}

// tuning decides how the work is done. It changes the time, never the result.
type tuning struct {
	maxCodes    int // distinct values that a coded column may have, at most 255
	smallRows   int // rows up to which a subtree is grown by one goroutine, in arrays that fit into a core's cache; at most 65,536
	manyRows    int // rows from which on a node is worth more than one goroutine
	countFactor int // by how much the rows' work must exceed the bins' for all coded columns to be counted at once
	barRows     int // rows from which on candidates of a node are passed over by its bar
}

var measured = tuning{maxCodes: maxCodes, smallRows: 1 << 12, manyRows: 1 << 14, countFactor: 4, barRows: 32}

// column says how one feature is kept.
type column struct {
	coded   int       // place among the coded columns, or -1
	values  []float64 // coded: the distinct values, or the least value of each bin, ascending; code len(values) means missing
	tops    []float64 // coded by bins: the greatest value of each
	sorted  int       // place among the sorted columns, or -1
	ranks   []uint32  // sorted, with repeated values: equal ranks are equal values, or merged ones
	merged  rowSet    // sorted, without repeated values: the rows whose value is merged with another's, of which there are few
	missing bool      // some value is missing
}

// bins is the number of codes in use, the one for missing values included.
func (c *column) bins() int { return len(c.values) + 1 }

// binary says that a column is coded by 0 and 1 alone.
func (c *column) binary() bool { return len(c.values) == 2 && !c.missing }

// ErrUnprepared is returned for a tree with exact splits over a table from
// PrepareRandom.
var ErrUnprepared = errors.New("the table was made by PrepareRandom, which is for random thresholds only: use Prepare")

// pollBudget is how many values are visited between two looks at the context:
// well under a millisecond of work.
const pollBudget = 1 << 16

// Prepare checks d and codes or sorts its columns, with up to procs threads. Thresholds come between
// values that r tells apart.
// The cost is O(features x rows x log rows). Errors are those of
// learner.CheckFit and of ctx.
func Prepare(ctx context.Context, d learner.Dataset, r Resolution, procs int) (*Table, error) {
	t, err := checkedTable(d, r)
	if err != nil {
		return nil, err
	}
	return t, t.prepare(ctx, procs)
}

// PrepareBins is Prepare for the histogram splitter: a column of more than maxBins distinct values, from 2 to 255 of them,
// is coded by as many bins between quantiles, and thresholds come between bins alone. A *learner.ParamError refuses
// another number of bins.
func PrepareBins(ctx context.Context, d learner.Dataset, r Resolution, maxBins, procs int) (*Table, error) {
	t, err := checkedTable(d, r)
	if err != nil {
		return nil, err
	}
	if err := t.useBins(maxBins); err != nil {
		return nil, err
	}
	return t, t.prepare(ctx, procs)
}

// useBins says, before prepare, that columns are coded by bins.
func (t *Table) useBins(most int) error {
	if most < 2 || most > maxCodes {
		return &learner.ParamError{Param: "max_bins", Reason: fmt.Sprintf("must be from 2 to %d, not %d", maxCodes, most)}
	}
	t.maxBins, t.tuning.maxCodes = most, most
	return nil
}

// PrepareRandom is Prepare for trees with random thresholds alone: it only
// copies the columns, at a cost of O(features x rows). A node whose values r does not tell apart is
// not split by them; where it is, the threshold may be anywhere.
func PrepareRandom(ctx context.Context, d learner.Dataset, r Resolution) (*Table, error) {
	t, err := checkedTable(d, r)
	if err != nil {
		return nil, err
	}
	poll := learner.NewPoll(ctx, pollBudget)
	t.lists = make([][]float64, len(t.columns))
	for f := range t.lists {
		t.lists[f] = make([]float64, t.rows)
	}
	for row := range t.rows {
		for f, v := range t.x[row*t.stride:][:len(t.columns)] {
			t.lists[f][row] = v
		}
		if err := poll.Work(len(t.columns)); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func checkedTable(d learner.Dataset, r Resolution) (*Table, error) {
	if err := learner.CheckFit(d, d.Task(), traits); err != nil {
		return nil, err
	}
	return newTable(d, r)
}

// newTable takes data that has been checked.
func newTable(d learner.Dataset, r Resolution) (*Table, error) {
	rows, features := d.X.Dims()
	if rows > math.MaxInt32 || features > maxFeature {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("a tree takes at most %d rows and %d features, not %d x %d", math.MaxInt32,
			maxFeature, rows, features)}
	}
	raw := d.X.RawMatrix()
	t := &Table{
		task: d.Task(), classes: len(d.Classes), rows: rows, x: raw.Data, stride: raw.Stride,
		y: d.Y, weights: d.Weights, columns: make([]column, features), cells: r.cells(), tuning: measured,
	}
	for f := range t.columns {
		t.columns[f] = column{coded: -1, sorted: -1}
	}
	return t, nil
}

// Rows is the number of rows in the table.
func (t *Table) Rows() int { return t.rows }

// Features is the number of features in the table.
func (t *Table) Features() int { return len(t.columns) }

func (t *Table) value(row uint32, feature int) float64 { return t.x[int(row)*t.stride+feature] }

// chunk is how many coded columns go into a word.
const chunk = 8

// prepare fills columns, codes and orders.
func (t *Table) prepare(ctx context.Context, procs int) error {
	procs = max(procs, 1)
	features := len(t.columns)
	all := make([]int, features)
	for f := range all {
		all[f] = f
	}
	share := func(n int, do func(worker, i int, poll *learner.Poll) error) error {
		return each(procs, n, func(worker, i int) error { return do(worker, i, learner.NewPoll(ctx, pollBudget)) })
	}

	bytes := make([][]uint8, features) // the codes of each coded column
	parts := slices.Collect(slices.Chunk(all, min((features+procs-1)/procs, maxCoders)))
	err := share(len(parts), func(_, i int, poll *learner.Poll) error { return t.code(poll, parts[i], bytes) })
	if err != nil {
		return err
	}
	var sorted []int
	for f := range t.columns {
		if bytes[f] == nil {
			sorted = append(sorted, f)
		}
	}
	parts = slices.Collect(slices.Chunk(sorted, sortedTogether))
	sorters := make([]sorter, procs)
	for i := range sorters {
		sorters[i].cells = t.cells
	}
	if t.maxBins > 0 {
		weights := t.rowWeights()
		err = share(len(parts), func(worker, i int, poll *learner.Poll) error {
			return t.sortBins(poll, &sorters[worker], parts[i], weights, bytes)
		})
	} else {
		for place, f := range sorted {
			t.columns[f].sorted = place
		}
		t.orders = make([][]uint32, len(sorted))
		err = share(len(parts), func(worker, i int, poll *learner.Poll) error { return t.sort(poll, &sorters[worker], parts[i]) })
	}
	if err != nil {
		return err
	}

	for _, binary := range []bool{true, false} { // side by side, those of two values are searched eight at a time
		for f := range t.columns {
			if c := &t.columns[f]; bytes[f] != nil && c.binary() == binary {
				c.coded = len(t.coded)
				t.coded = append(t.coded, f)
			}
		}
	}
	groups := slices.Collect(slices.Chunk(t.coded, chunk))
	t.codes = make([][]uint64, len(groups))
	err = share(len(groups), func(_, g int, poll *learner.Poll) error {
		t.codes[g] = make([]uint64, t.rows)
		return pack(poll, groups[g], bytes, t.codes[g])
	})
	t.prepared = err == nil
	return err
}

// each calls do for 0 to n-1 from up to procs goroutines and waits for all of
// them; worker counts the goroutines from 0. The error is that of the lowest
// call that failed.
func each(procs, n int, do func(worker, i int) error) error {
	if procs = min(procs, n); procs <= 1 {
		for i := range n {
			if err := do(0, i); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, n)
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for worker := range procs {
		wg.Go(func() {
			for i := range next {
				if errs[i] = do(worker, i); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
