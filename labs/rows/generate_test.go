package rows_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
)

const many = 40_000

// within fails unless a mean of many values is its expectation, up to five standard errors.
func within(t *testing.T, what string, values []float64, want float64) {
	t.Helper()
	mean, sd := stat.MeanStdDev(values, nil)
	if off := math.Abs(mean - want); !(off <= 5*sd/math.Sqrt(float64(len(values)))) {
		t.Errorf("%s: the mean is %v, want %v", what, mean, want)
	}
}

// Of class 1 (waves around 11 and 15, mixed evenly on average) feature 11 is a mixture of 6 and 2: its mean is 4, and its
// variance 1 for the noise and (6-2)^2/12 for the mixture. The waves are triangles with corners at 5 and 17, 9 and 21, 1 and 13.
func TestWaveformMoments(t *testing.T) {
	d := rows.Waveform(many, 1)
	heights := [3]float64{11, 15, 7}
	pairs := [][2]int{{0, 1}, {0, 2}, {1, 2}}
	column := make([][]float64, 3)
	for j := range 21 {
		for k := range column {
			column[k] = column[k][:0]
		}
		for i, y := range d.Y {
			column[int(y)] = append(column[int(y)], d.X.At(i, j))
		}
		for k, pair := range pairs {
			a, b := max(0, 6-math.Abs(float64(j+1)-heights[pair[0]])), max(0, 6-math.Abs(float64(j+1)-heights[pair[1]]))
			within(t, "feature of a class", column[k], (a+b)/2)
			variance, want := stat.Variance(column[k], nil), 1+(a-b)*(a-b)/12
			if math.Abs(variance-want) > 0.08*want {
				t.Errorf("feature %d of class %d: the variance is %v, want %v", j+1, k+1, variance, want)
			}
		}
	}
	for k := range column {
		if share := float64(len(column[k])) / many; math.Abs(share-1.0/3) > 0.015 {
			t.Errorf("class %d has %v of the rows", k+1, share)
		}
	}
}

// The Bayes rule knows how rows are made: the class with the largest density, a mean over the mixture. It errs at about 14 %
// of them (Breiman et al. 1984), and nothing can err less.
func TestWaveformBayesError(t *testing.T) {
	const n, points = 4000, 40
	d := rows.Waveform(n, 2)
	wrong := 0.0
	for i, y := range d.Y {
		best, class := math.Inf(-1), -1
		for k, peaks := range [][2]float64{{11, 15}, {11, 7}, {15, 7}} {
			density := 0.0
			for p := range points {
				u, square := (float64(p)+0.5)/points, 0.0
				for j, x := range d.X.RawRowView(i) {
					a, b := max(0, 6-math.Abs(float64(j+1)-peaks[0])), max(0, 6-math.Abs(float64(j+1)-peaks[1]))
					square += (x - u*a - (1-u)*b) * (x - u*a - (1-u)*b)
				}
				density += math.Exp(-square / 2)
			}
			if density > best {
				best, class = density, k
			}
		}
		if class != int(y) {
			wrong += 1.0 / n
		}
	}
	if wrong < 0.12 || wrong > 0.16 {
		t.Errorf("the Bayes rule errs at %.1f %%, want about 14 %%", 100*wrong)
	}
}

// residuals are the targets less a function of the features.
func residuals(d learner.Dataset, f func(x []float64) float64) []float64 {
	out := make([]float64, d.Len())
	for i, y := range d.Y {
		out[i] = y - f(d.X.RawRowView(i))
	}
	return out
}

// What is left of the targets once the published function is taken away is noise: mean 0, the published standard deviation,
// and nothing to do with any feature. The functions are written here in another way than in the package.
func TestFriedmanNoise(t *testing.T) {
	for _, c := range []struct {
		name   string
		source rows.Source
		low    []float64
		high   []float64
		noise  float64
		f      func(x []float64) float64
	}{
		{"friedman1", rows.Friedman1, make([]float64, 10), slices.Repeat([]float64{1}, 10), 1, func(x []float64) float64 {
			return 10*math.Sin(math.Pi*x[0]*x[1]) + 20*(x[2]*x[2]-x[2]+0.25) + 10*x[3] + 5*x[4]
		}},
		{"friedman2", rows.Friedman2, []float64{0, 40 * math.Pi, 0, 1}, []float64{100, 560 * math.Pi, 1, 11}, 125, func(x []float64) float64 {
			reactance := x[1]*x[2] - 1/(x[1]*x[3])
			return math.Sqrt(x[0]*x[0] + reactance*reactance)
		}},
		{"friedman3", rows.Friedman3, []float64{0, 40 * math.Pi, 0, 1}, []float64{100, 560 * math.Pi, 1, 11}, 0.1, func(x []float64) float64 {
			return math.Atan2(x[1]*x[2]-1/(x[1]*x[3]), x[0])
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := c.source(many, 3)
			left := residuals(d, c.f)
			within(t, "noise", left, 0)
			if sd := stat.StdDev(left, nil); math.Abs(sd/c.noise-1) > 0.02 {
				t.Errorf("the noise has the standard deviation %v, want %v", sd, c.noise)
			}
			for j := range c.low {
				x := mat.Col(nil, j, d.X)
				within(t, d.Features[j], x, (c.low[j]+c.high[j])/2)
				if slices.Min(x) < c.low[j] || slices.Max(x) > c.high[j] {
					t.Errorf("%s is from %v to %v, want %v to %v", d.Features[j], slices.Min(x), slices.Max(x), c.low[j], c.high[j])
				}
				if r := stat.Correlation(x, left, nil); math.Abs(r) > 5/math.Sqrt(many) {
					t.Errorf("the noise correlates with %s: %v", d.Features[j], r)
				}
			}
		})
	}
}

// One seed makes the same rows, however many are drawn after them.
func TestSourcesAreDeterministic(t *testing.T) {
	for name, source := range map[string]rows.Source{
		"waveform": rows.Waveform, "friedman1": rows.Friedman1, "friedman2": rows.Friedman2, "friedman3": rows.Friedman3,
	} {
		few, more, other := source(5, 7), source(9, 7), source(5, 8)
		if !mat.Equal(few.X, more.X.Slice(0, 5, 0, len(few.Features))) || !slices.Equal(few.Y, more.Y[:5]) || mat.Equal(few.X, other.X) {
			t.Errorf("%s: the same seed makes other rows, or another seed the same", name)
		}
	}
}
