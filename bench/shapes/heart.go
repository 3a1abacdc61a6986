package shapes

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// The size of the heart shape.
const (
	HeartRows    = 276_967
	HeartColumns = 34
)

// Heart is 276,967 rows x 34 continuous columns for regression. No value comes
// twice in a column, and nearly no target does.
func Heart(seed uint64) learner.Dataset {
	rnd := learner.NewRand(learner.Seed(seed, "shapes", "heart"))
	d := learner.Dataset{X: mat.NewDense(HeartRows, HeartColumns, nil), Y: make([]float64, HeartRows)}
	for j := range HeartColumns {
		d.Features = append(d.Features, fmt.Sprintf("feature_%d", j))
	}
	for i := range HeartRows {
		row := d.X.RawRowView(i)
		for j := range row {
			row[j] = rnd.NormFloat64()
		}
		d.Y[i] = 3*math.Sin(row[0]) + row[1]*row[2] + 2*math.Abs(row[3]) + row[4] - 0.5*row[5]*row[5] + rnd.NormFloat64()
		for j := 6; j < HeartColumns; j++ {
			d.Y[i] += 0.1 * row[j]
		}
	}
	return d
}
