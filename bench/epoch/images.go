package epoch

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Pixels is how many columns the pictures have: 28 x 28.
const Pixels = 784

// Images is rows x 784 values in [0, 1) and ten classes, always the same. No
// value is 0: gonum passes over zeros, and numpy, OpenBLAS and we do not.
func Images(rows int) learner.Dataset {
	rng := learner.NewRand(3)
	d := learner.Dataset{X: mat.NewDense(rows, Pixels, nil), Y: make([]float64, rows)}
	for j := range Pixels {
		d.Features = append(d.Features, fmt.Sprintf("pixel%d", j))
	}
	for c := range 10 {
		d.Classes = append(d.Classes, learner.NumberLabel(float64(c)))
	}
	for i := range rows {
		d.Y[i] = float64(i % 10)
		for j := range Pixels {
			d.X.Set(i, j, rng.Float64())
		}
	}
	return d
}
