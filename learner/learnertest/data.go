package learnertest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// width is the number of features of most data sets.
const width = 5

// task is one data set to try a learner on: train and test are drawn alike,
// and there is something to learn.
type task struct {
	name        string
	train, test learner.Dataset
}

// tasks are the data sets for this learner's task: two and three classes, a
// target to regress on, or no targets.
func (k *trial) tasks() []task {
	switch k.subject.info.Task {
	case learner.Classification:
		return []task{k.task("two classes", 2), k.task("three classes", 3)}
	case learner.Regression:
		return []task{k.task("regression", 0)}
	default:
		return []task{k.task("no targets", 0)}
	}
}

// main is the richest of the tasks.
func (k *trial) main() task {
	all := k.tasks()
	return all[len(all)-1]
}

func (k *trial) task(name string, classes int) task {
	n := k.subject.rows
	return task{name: name, train: k.rows(n, width, classes, 1), test: k.rows(n, width, classes, 2)}
}

// other is a data set of another width and, for a classifier, other classes:
// what a model may have been fitted to before.
func (k *trial) other() learner.Dataset {
	classes := 0
	if k.subject.info.Task == learner.Classification {
		classes = 4
	}
	return k.rows(40, width-2, classes, 3)
}

// rows draws n rows; the same arguments give the same bits. classes is 0 for
// regression, and where there are no targets. Every class gets a row.
func (k *trial) rows(n, cols, classes int, stream uint64) learner.Dataset {
	if k.subject.info.Task.Supervised() {
		return k.labelled(n, cols, classes, stream)
	}
	d := k.labelled(n, cols, groups, stream)
	d.Y, d.Classes = nil, nil
	return d
}

// groups is how many groups there are among rows without targets.
const groups = 3

// labelled draws rows with their targets.
func (k *trial) labelled(n, cols, classes int, stream uint64) learner.Dataset {
	rng := learner.NewRand(learner.Seed(stream, "learnertest", fmt.Sprint(n, cols, classes, k.subject.nonNegative)))
	d := learner.Dataset{X: mat.NewDense(n, cols, nil), Y: make([]float64, n), Rows: make([]uint64, n)}
	for j := range cols {
		d.Features = append(d.Features, fmt.Sprintf("feature %c", 'a'+j))
	}
	for c := range classes {
		d.Classes = append(d.Classes, learner.Label([]string{"ant", "bee", "cat", "dog"}[c]))
	}
	for i := range n {
		d.Rows[i] = uint64(1000 + 3*i)
		x := d.X.RawRowView(i)
		switch {
		case classes == 0:
			d.Y[i] = k.target(rng, x)
		case i < classes:
			d.Y[i] = float64(i)
			k.point(rng, x, i)
		default:
			c := min(int(rng.Float64()*(float64(classes)+0.6)), classes) % classes // the first class is the largest
			d.Y[i] = float64(c)
			k.point(rng, x, c)
		}
	}
	return d
}

// point draws a row of class c: feature c is high, the others low. The last
// feature is a small integer that says nothing.
func (k *trial) point(rng *rand.Rand, x []float64, c int) {
	for j := range x {
		high := j == c%len(x)
		switch {
		case j == len(x)-1 && j >= 3:
			x[j] = float64(rng.IntN(4))
		case k.subject.nonNegative && high:
			x[j] = float64(2 + rng.IntN(5))
		case k.subject.nonNegative:
			x[j] = float64(max(0, rng.IntN(5)-3))
		case high:
			x[j] = 1.5 + 0.7*rng.NormFloat64()
		default:
			x[j] = -1.5 + 0.7*rng.NormFloat64()
		}
	}
}

// target draws a row and its target: linear, with a step and a little noise.
func (k *trial) target(rng *rand.Rand, x []float64) float64 {
	for j := range x {
		x[j] = rng.NormFloat64()
		if k.subject.nonNegative {
			x[j] = math.Abs(x[j])
		}
	}
	y := 1 + 2*x[0] + 0.1*rng.NormFloat64()
	if len(x) > 1 {
		y -= 1.5 * x[1]
	}
	if x[len(x)-1] > 0.5 {
		y++
	}
	if k.subject.counts {
		y = math.Round(max(0, y+3))
	}
	return y
}

// cloneData copies d, every slice of it.
func cloneData(d learner.Dataset) learner.Dataset {
	c := learner.Dataset{
		Schema:  learner.Schema{Features: slices.Clone(d.Features), Classes: slices.Clone(d.Classes)},
		Y:       slices.Clone(d.Y),
		Weights: slices.Clone(d.Weights),
		Rows:    slices.Clone(d.Rows),
	}
	if d.X != nil {
		c.X = mat.DenseCopyOf(d.X)
	}
	return c
}

// dataDiffers describes the first difference between two data sets; "" if none.
func dataDiffers(a, b learner.Dataset) string {
	switch {
	case denseDiffer(a.X, b.X) != "":
		return "X: " + denseDiffer(a.X, b.X)
	case bitsDiffer(a.Y, b.Y) != "":
		return "Y: " + bitsDiffer(a.Y, b.Y)
	case bitsDiffer(a.Weights, b.Weights) != "":
		return "Weights: " + bitsDiffer(a.Weights, b.Weights)
	case !slices.Equal(a.Rows, b.Rows):
		return "the row ids changed"
	case !slices.Equal(a.Features, b.Features):
		return "the feature names changed"
	case !slices.Equal(a.Classes, b.Classes):
		return "the classes changed"
	}
	return ""
}

// scribble writes over everything in d.
func scribble(d learner.Dataset) {
	rows, _ := d.X.Dims()
	for i := range rows {
		fill(d.X.RawRowView(i), 1e6)
	}
	fill(d.Y, 0)
	fill(d.Weights, 77)
	for i := range d.Rows {
		d.Rows[i] = 9
	}
	for j := range d.Features {
		d.Features[j] = "scribbled"
	}
	for j := range d.Classes {
		d.Classes[j] = "scribbled"
	}
}

func fill(values []float64, v float64) {
	for i := range values {
		values[i] = v
	}
}

// weighted is d with a weight of 0 to 3 on each row.
func weighted(d learner.Dataset) learner.Dataset {
	d.Weights = make([]float64, d.Len())
	rng := learner.NewRand(learner.Seed(4, "weights"))
	for i := range d.Weights {
		d.Weights[i] = float64(rng.IntN(4))
	}
	for c := range d.Classes { // rows draws one row of each class first
		d.Weights[c] = 2
	}
	return d
}

// withTarget is d with its i-th target replaced.
func withTarget(d learner.Dataset, i int, y float64) learner.Dataset {
	d = cloneData(d)
	d.Y[i] = y
	return d
}

// withValue is x with one value replaced.
func withValue(x *mat.Dense, i, j int, v float64) *mat.Dense {
	x = mat.DenseCopyOf(x)
	x.Set(i, j, v)
	return x
}

// narrower is x without its last column.
func narrower(x *mat.Dense) *mat.Dense {
	rows, cols := x.Dims()
	return mat.DenseCopyOf(x.Slice(0, rows, 0, cols-1))
}

// wider is x with its first column repeated at the end.
func wider(x *mat.Dense) *mat.Dense {
	rows, cols := x.Dims()
	w := mat.NewDense(rows, cols+1, nil)
	for i := range rows {
		row := w.RawRowView(i)
		copy(row, x.RawRowView(i))
		row[cols] = row[0]
	}
	return w
}

// padded is x as a view into a larger matrix whose other values are NaN.
func padded(x *mat.Dense) *mat.Dense {
	rows, cols := x.Dims()
	big := mat.NewDense(rows+2, cols+3, nil)
	for i := range rows + 2 {
		fill(big.RawRowView(i), math.NaN())
	}
	view := big.Slice(1, rows+1, 2, cols+2).(*mat.Dense)
	view.Copy(x)
	return view
}

// rowsOf copies the given rows of x.
func rowsOf(x *mat.Dense, rows ...int) *mat.Dense {
	_, cols := x.Dims()
	out := mat.NewDense(len(rows), cols, nil)
	for i, r := range rows {
		copy(out.RawRowView(i), x.RawRowView(r))
	}
	return out
}

// upTo is 0, 1, ... n-1.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
