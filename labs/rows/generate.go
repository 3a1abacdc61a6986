package rows

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// Source makes n rows of a data set from a seed.
type Source func(n int, seed uint64) learner.Dataset

// draw fills n rows of so many features; each draws one row and returns its target.
func draw(n, features int, classes []learner.Label, seed uint64, each func(r *rand.Rand, x []float64) float64) learner.Dataset {
	d := learner.Dataset{Schema: learner.Schema{Classes: classes}, X: mat.NewDense(n, features, nil), Y: make([]float64, n)}
	for j := range features {
		d.Features = append(d.Features, fmt.Sprintf("x%d", j+1))
	}
	random := learner.NewRand(seed)
	for i := range n {
		d.Y[i] = each(random, d.X.RawRowView(i))
	}
	return d
}

// numbered are the labels "1" to "n", or from another first number on.
func numbered(first, n int) (labels []learner.Label) {
	for k := range n {
		labels = append(labels, learner.NumberLabel(float64(first+k)))
	}
	return labels
}

// wave is one of three triangles of height 6 over the points 1 to 21: around 7, 15 and 11.
func wave(which, at int) float64 {
	peak := []int{11, 15, 7}[which]
	return max(0, 6-math.Abs(float64(at-peak)))
}

// Waveform are three classes of 21 features: each row is a random mixture of two of three triangular waves, with standard
// normal noise (Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees", 1984, section 2.6.2). The Bayes
// error is about 14 %.
func Waveform(n int, seed uint64) learner.Dataset {
	pairs := [][2]int{{0, 1}, {0, 2}, {1, 2}}
	return draw(n, 21, numbered(1, 3), seed, func(r *rand.Rand, x []float64) float64 {
		class, u := r.IntN(3), r.Float64()
		for j := range x {
			x[j] = u*wave(pairs[class][0], j+1) + (1-u)*wave(pairs[class][1], j+1) + r.NormFloat64()
		}
		return float64(class)
	})
}

// Friedman1 are ten uniform features of which five matter, with standard normal noise (Friedman, "Multivariate Adaptive
// Regression Splines", 1991; Breiman 1996).
func Friedman1(n int, seed uint64) learner.Dataset {
	return draw(n, 10, nil, seed, func(r *rand.Rand, x []float64) float64 {
		for j := range x {
			x[j] = r.Float64()
		}
		return 10*math.Sin(math.Pi*x[0]*x[1]) + 20*(x[2]-0.5)*(x[2]-0.5) + 10*x[3] + 5*x[4] + r.NormFloat64()
	})
}

// circuit draws the resistance, angular frequency, inductance and capacitance of an alternating-current circuit, within
// Friedman's ranges, and returns its reactance.
func circuit(r *rand.Rand, x []float64) (reactance float64) {
	x[0], x[1], x[2], x[3] = 100*r.Float64(), 2*math.Pi*(20+260*r.Float64()), r.Float64(), 1+10*r.Float64()
	return x[1]*x[2] - 1/(x[1]*x[3])
}

// Friedman2 is the impedance of a circuit, with normal noise of the standard deviation 125 (Friedman 1991): the signal's
// is three times as large.
func Friedman2(n int, seed uint64) learner.Dataset {
	return draw(n, 4, nil, seed, func(r *rand.Rand, x []float64) float64 {
		return math.Hypot(x[0], circuit(r, x)) + 125*r.NormFloat64()
	})
}

// Friedman3 is the phase of a circuit, with normal noise of the standard deviation 0.1 (Friedman 1991).
func Friedman3(n int, seed uint64) learner.Dataset {
	return draw(n, 4, nil, seed, func(r *rand.Rand, x []float64) float64 {
		reactance := circuit(r, x)
		return math.Atan(reactance/x[0]) + 0.1*r.NormFloat64()
	})
}
