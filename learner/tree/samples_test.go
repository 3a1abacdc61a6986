package tree

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// hows are ways to do the work that all have to give the same tree.
var hows = map[string]tuning{
	"as measured":             measured,
	"all coded, counted":      {maxCodes: 255, smallRows: 2, manyRows: 4, countFactor: 0},
	"all coded, not counted":  {maxCodes: 255, smallRows: 1, manyRows: 1, countFactor: 1 << 30},
	"all sorted, 16 bits":     {maxCodes: 0, smallRows: 1 << 16, manyRows: 1 << 20, countFactor: 2},
	"all sorted, 32 bits":     {maxCodes: 0, smallRows: 1, manyRows: 1, countFactor: 2},
	"all sorted, no bar":      {maxCodes: 0, smallRows: 1 << 16, manyRows: 1 << 20, countFactor: 2, barRows: 1 << 30},
	"some coded, some sorted": {maxCodes: 3, smallRows: 5, manyRows: 6, countFactor: 1},
}

// smallSet draws a set that a slow reference can bear, with ties, missing
// values, constant columns and weights.
func smallSet(rnd *rand.Rand, task learner.Task) learner.Dataset {
	n, cols := 1+rnd.IntN(22), 1+rnd.IntN(5)
	d := learner.Dataset{X: mat.NewDense(n, cols, nil), Y: make([]float64, n)}
	for j := range cols {
		kind := rnd.IntN(6)
		missing := 0.0
		if rnd.IntN(3) == 0 {
			missing = 0.3 * rnd.Float64()
		}
		for i := range n {
			var v float64
			switch kind {
			case 0:
				v = float64(rnd.IntN(2))
			case 1:
				v = float64(rnd.IntN(6)) - 3
			case 2:
				v = 7
			case 3:
				v = math.Round(4*rnd.NormFloat64()) / 4
			default:
				v = rnd.NormFloat64()
			}
			if v == 0 && rnd.IntN(2) == 0 {
				v = math.Copysign(0, -1)
			}
			if rnd.Float64() < missing {
				v = math.NaN()
			}
			d.X.Set(i, j, v)
		}
	}
	if task == learner.Classification {
		d.Classes = []learner.Label{"a", "b", "c", "d", "e"}[:1+rnd.IntN(5)]
	}
	for i := range d.Y {
		d.Y[i] = float64(rnd.IntN(max(len(d.Classes), 1)))
		if task == learner.Regression {
			d.Y[i] = float64(rnd.IntN(9)) - 2
		}
	}
	if rnd.IntN(2) == 0 {
		d.Weights = make([]float64, n)
		for i := range d.Weights {
			d.Weights[i] = float64(rnd.IntN(4))
		}
		d.Weights[rnd.IntN(n)] = 1
	}
	return d
}

// smallGrowth draws rules; each is at its default most of the time.
func smallGrowth(rnd *rand.Rand) Growth {
	g := Growth{MinSamplesSplit: 2, MinSamplesLeaf: 1, Seed: rnd.Uint64()}
	if rnd.IntN(4) == 0 {
		g.MaxDepth = 1 + rnd.IntN(4)
	}
	if rnd.IntN(4) == 0 {
		g.MinSamplesSplit = 2 + rnd.IntN(6)
	}
	if rnd.IntN(4) == 0 {
		g.MinSamplesLeaf = 1 + rnd.IntN(5)
	}
	if rnd.IntN(4) == 0 {
		g.MaxLeafNodes = 1 + rnd.IntN(8)
	}
	if rnd.IntN(4) == 0 {
		g.MinImpurityDecrease = math.Ldexp(float64(rnd.IntN(8)), -6)
	}
	if rnd.IntN(4) == 0 {
		g.CCPAlpha = 0.0371 * rnd.Float64()
	}
	return g
}

// prepared is Prepare with the work done in a certain way.
func prepared(t *testing.T, d learner.Dataset, procs int, how tuning) *Table {
	t.Helper()
	table, err := checkedTable(d, Exact)
	if err != nil {
		t.Fatal(err)
	}
	table.tuning = how
	if err := table.prepare(t.Context(), procs); err != nil {
		t.Fatal(err)
	}
	return table
}

// mixedSet draws columns of all kinds, with missing values and ties, and a
// target that depends on some of them.
func mixedSet(rnd *rand.Rand, task learner.Task, n int) learner.Dataset {
	const cols = 11
	d := learner.Dataset{X: mat.NewDense(n, cols, nil), Y: make([]float64, n)}
	if task == learner.Classification {
		d.Classes = []learner.Label{"a", "b", "c", "d", "e"}[:2+rnd.IntN(4)]
	}
	for i := range n {
		row := d.X.RawRowView(i)
		for j := range row {
			switch j % 4 {
			case 0:
				row[j] = float64(rnd.IntN(2))
			case 1:
				row[j] = float64(rnd.IntN(40))
			case 2:
				row[j] = math.Round(100 * rnd.NormFloat64())
			default:
				row[j] = rnd.NormFloat64()
			}
			if j > 5 && rnd.IntN(10) == 0 {
				row[j] = math.NaN()
			}
		}
		d.Y[i] = 2*row[3] + row[0]*row[1]/10 + rnd.NormFloat64()
		if !math.IsNaN(row[7]) {
			d.Y[i] += row[7]
		}
		if task == learner.Classification {
			d.Y[i] = min(max(math.Floor(d.Y[i]), 0), float64(len(d.Classes)-1))
		}
	}
	switch rnd.IntN(3) {
	case 0:
		d.Weights = make([]float64, n)
		for i := range d.Weights {
			d.Weights[i] = float64(rnd.IntN(4))
		}
	case 1:
		d.Weights = make([]float64, n)
		for i := range d.Weights {
			d.Weights[i] = rnd.ExpFloat64()
		}
	}
	return d
}

func mixedGrowth(rnd *rand.Rand, task learner.Task) Growth {
	g := Growth{Seed: rnd.Uint64(), MinSamplesLeaf: 1 + rnd.IntN(3), MaxFeatures: rnd.IntN(2) * 4}
	if task == learner.Classification && rnd.IntN(2) == 0 {
		g.Criterion = Entropy
	}
	if task == learner.Regression {
		g.Criterion = []Criterion{SquaredError, AbsoluteError}[rnd.IntN(2)]
	}
	if rnd.IntN(3) == 0 {
		g.MaxLeafNodes = 2 + rnd.IntN(60)
	}
	if rnd.IntN(3) == 0 {
		g.MaxDepth = 1 + rnd.IntN(12)
	}
	return g
}
