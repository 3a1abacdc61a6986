package masterstest

import (
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

// rows makes rows whose target is linear in three features plus noise, or has two classes derived from
// that.
func rows(task learner.Task, n int) learner.Dataset {
	random := learner.NewRand(uint64(n))
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b", "c"}}, X: mat.NewDense(n, 3, nil)}
	if task == learner.Classification {
		d.Classes = []learner.Label{"0", "1"}
	}
	for i := range n {
		a, b, c := random.NormFloat64(), random.NormFloat64(), random.NormFloat64()
		d.X.SetRow(i, []float64{a, b, c})
		y := 2*a - b + 0.5*c + 0.1*random.NormFloat64()
		if d.Classes != nil {
			if y > 0 {
				y = 1
			} else {
				y = 0
			}
		}
		d.Y = append(d.Y, y)
	}
	return d
}

// deal gives each worker its rows: shards of unequal size, or copies if the workers share a network's
// layers.
func deal(d learner.Dataset, n int, copies bool) []learner.Dataset {
	if copies {
		return slices.Repeat([]learner.Dataset{d}, n)
	}
	shards, from := make([]learner.Dataset, n), 0
	for k := range n {
		to := d.Len() * (k + 1) * (k + 2) / (n * (n + 1))
		share := make([]int, 0, to-from)
		for i := from; i < to; i++ {
			share = append(share, i)
		}
		shards[k], from = d.Select(share), to
	}
	return shards
}

// widened has one more column, the number of the row.
func widened(d learner.Dataset, name string) learner.Dataset {
	n, columns := d.X.Dims()
	x := mat.NewDense(n, columns+1, nil)
	for i := range n {
		x.SetRow(i, append(slices.Clone(d.X.RawRowView(i)), float64(i)))
	}
	d.X, d.Features = x, append(slices.Clone(d.Features), name)
	return d
}

// request asks for predictions for the first n rows, with the columns in the given order.
func request(d learner.Dataset, n int, order []int) string {
	var columns, lines []string
	for _, j := range order {
		columns = append(columns, `"`+d.Features[j]+`"`)
	}
	for i := range n {
		row := make([]float64, len(order))
		for k, j := range order {
			row[k] = d.X.At(i, j)
		}
		lines = append(lines, "["+mastertest.Numbers(row)+"]")
	}
	return `{"X_pred_columns":[` + strings.Join(columns, ",") + `],"X_pred_rows":[` + strings.Join(lines, ",") + `]}`
}

// scoreRequest is request with the true labels or values.
func scoreRequest(d learner.Dataset, n int) string {
	body := strings.TrimSuffix(request(d, n, []int{0, 1, 2}), "}")
	truth := make([]string, n)
	for i := range truth {
		truth[i] = mastertest.Numbers(d.Y[i : i+1])
	}
	return body + `,"y_true":[` + strings.Join(truth, ",") + "]}"
}
