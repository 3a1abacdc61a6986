package prepare_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// column is a table of one column of numbers.
func column(values []float64) table.Rows {
	if len(values) == 0 {
		return table.Rows{Columns: []string{"x"}}
	}
	return table.Rows{Columns: []string{"x"}, X: mat.NewDense(len(values), 1, values)}
}

// percentile is the quantile of sorted numbers between their order statistics, from its definition.
func percentile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	k := int(at)
	if k+1 == len(sorted) {
		return sorted[k]
	}
	return sorted[k] + (at-float64(k))*(sorted[k+1]-sorted[k])
}

// Up to the bound of distinct numbers quantiles are exact.
func TestQuantilesAreExact(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-100, 100), 1, 200).Draw(r, "values")
		p := agree(t, prepare.Question{Settings: prepare.Settings{Impute: "median", Scale: "robust"}}, nil, column(values))
		slices.Sort(values)
		c := p.Columns[0]
		spread := percentile(values, 0.75) - percentile(values, 0.25)
		if spread == 0 {
			spread = 1
		}
		median := percentile(values, 0.5)
		if math.Abs(*c.Fill-median) > 1e-12 || math.Abs(c.Center-median) > 1e-12 || math.Abs(c.Scale-spread) > 1e-12*max(spread, 1) {
			r.Fatalf("median %v and scale %v, want %v and %v", c.Center, c.Scale, median, spread)
		}
	})
}

// shapes of columns with more distinct numbers than are counted one by one, and the relative error that their quantiles
// may have: one of 16 bits has 4 bits of the mantissa, and each further bit halves the error.
var many = []struct {
	name  string
	draw  func(*rand.Rand) float64
	error float64
}{
	{"normal", func(r *rand.Rand) float64 { return r.NormFloat64() }, 1.0 / 1000},
	{"uniform", func(r *rand.Rand) float64 { return r.Float64() * 100 }, 1.0 / 1000},
	{"far from zero", func(r *rand.Rand) float64 { return 1e6 + r.Float64() }, 1e-10},
	{"log-normal", func(r *rand.Rand) float64 { return math.Exp(3 * r.NormFloat64()) }, 1.0 / 500},
	{"negative and whole", func(r *rand.Rand) float64 { return -float64(r.IntN(1 << 30)) }, 1.0 / 1000},
	{"half of them whole and small", func(r *rand.Rand) float64 {
		if r.IntN(2) == 0 {
			return float64(r.IntN(300) - 150)
		}
		return 100 * r.NormFloat64()
	}, 1.0 / 500},
	{"normal, one in fifty of another size", func(r *rand.Rand) float64 {
		if r.IntN(50) == 0 {
			return math.Ldexp(r.Float64()-0.5, r.IntN(200)-100)
		}
		return r.NormFloat64()
	}, 1.0 / 500},
	{"of all sizes", func(r *rand.Rand) float64 { return math.Ldexp(r.Float64()-0.5, r.IntN(2000)-1000) }, 1.0 / 16},
}

// Beyond the bound, quantiles are within the stated error, and the same to the bit however the rows are split: shards of few
// rows are sorted, those of many are counted in buckets.
func TestQuantilesOfManyNumbers(t *testing.T) {
	const n = 90_000
	for _, tt := range many {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(1, 2))
			values := make([]float64, n)
			for i := range values {
				values[i] = tt.draw(rnd)
			}
			q := prepare.Question{Settings: prepare.Settings{Impute: "median", Scale: "robust"}}
			p := agree(t, q, nil, column(values))
			want, _ := json.Marshal(p)
			for _, cuts := range [][]int{{10, 30_000}, {0, 69_999, 70_000}} {
				var shards []table.Rows
				from := 0
				for _, to := range append(cuts, n) {
					shards = append(shards, column(values[from:to]))
					from = to
				}
				if got, _ := json.Marshal(agree(t, q, nil, shards...)); string(got) != string(want) {
					t.Errorf("cut at %v: %s, at once: %s", cuts, got, want)
				}
			}
			slices.Sort(values)
			c := p.Columns[0]
			median, low, high := percentile(values, 0.5), percentile(values, 0.25), percentile(values, 0.75)
			t.Logf("median %v for %v, interquartile range %v for %v", c.Center, median, c.Scale, high-low)
			if math.Abs(c.Center-median) > tt.error*math.Abs(median) {
				t.Errorf("median %v, want %v", c.Center, median)
			}
			if math.Abs(c.Scale-(high-low)) > tt.error*(math.Abs(low)+math.Abs(high)) {
				t.Errorf("interquartile range %v, want %v", c.Scale, high-low)
			}
		})
	}
}

// The most frequent of too many numbers is not known, and that is said.
func TestModeOfManyNumbers(t *testing.T) {
	values := make([]float64, 70_000)
	for i := range values {
		values[i] = float64(i)
	}
	refused(t, prepare.Question{Settings: prepare.Settings{Impute: "most_frequent"}}, column(values), "x", "65536", "median")
}

// Missing cells that are filled count when the spread is measured.
func TestFilledCellsCount(t *testing.T) {
	rows := rowsOf([]string{"x"}, []any{nil}, []any{nil}, []any{nil}, []any{1.0}, []any{5.0})
	p := agree(t, prepare.Question{Settings: prepare.Settings{Impute: "constant", FillValue: "9", Scale: "robust"}}, nil, rows)
	if c := p.Columns[0]; c.Center != 9 || c.Scale != 4 {
		t.Errorf("median %v and range %v of 1, 5, 9, 9, 9; want 9 and 4", c.Center, c.Scale)
	}
}
