package exact_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/learner/exact"
)

// factor draws numbers of all sizes that a Gram takes as they are, and often few bits.
func factor() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-3, 3), func(n int) float64 { return float64(n) }),
		rapid.Map(rapid.IntRange(-1<<30, 1<<30), func(n int) float64 { return float64(n) }),
		rapid.Map(rapid.Float64Range(-1, 1), func(x float64) float64 {
			if math.Abs(x) < exact.SmallestFactor {
				return 0
			}
			return x
		}),
		rapid.Map(rapid.IntRange(-400, 480), func(e int) float64 { return math.Ldexp(1, e) }),
		rapid.SampledFrom([]float64{0, exact.LargestFactor, -exact.LargestFactor, exact.SmallestFactor, -0x1.fffffffffffffp-400, 0x1.fffffffffffffp479, 0.1}),
	)
}

// The sums are those of rational numbers.
func TestGram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 4).Draw(t, "columns")
		rows := rapid.SliceOfN(rapid.SliceOfN(factor(), columns, columns), 0, 40).Draw(t, "rows")
		weighted := rapid.Bool().Draw(t, "weighted")
		sums := make([]exact.Sum, exact.GramLen(columns))
		want := make([]*big.Rat, len(sums))
		for i := range want {
			want[i] = new(big.Rat)
		}
		g := exact.NewGram(columns, sums)
		for _, row := range rows {
			weight := 1.0
			if weighted {
				weight = rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1, 2, 3, 0.1})).Draw(t, "weight")
				for j, x := range row { // such that no product is below what counts as 0
					if p := math.Abs(weight * x); p < exact.SmallestFactor {
						row[j] = 0
					}
				}
			}
			g.Add(weight, row...)
			for j := range row {
				for k := j; k < columns; k++ {
					p := new(big.Rat).Mul(rat(row[j]), rat(row[k]))
					i := exact.GramIndex(columns, j, k)
					want[i].Add(want[i], p.Mul(p, rat(weight)))
				}
			}
		}
		g.Flush()
		for i := range sums {
			if got := exact.Rat(sums[i].Expansion()); got.Cmp(want[i]) != 0 {
				t.Fatalf("sum %d is %v, want %v", i, got, want[i])
			}
		}
	})
}

// shapes are tables as they come, with more rows than are cut at once.
func shapes() map[string]func(rnd *rand.Rand) float64 {
	return map[string]func(rnd *rand.Rand) float64{
		"normal":       (*rand.Rand).NormFloat64,
		"far from 0":   func(rnd *rand.Rand) float64 { return 1e9 + rnd.NormFloat64() },
		"binary":       func(rnd *rand.Rand) float64 { return float64(rnd.IntN(2)) },
		"whole":        func(rnd *rand.Rand) float64 { return float64(rnd.IntN(1 << 24)) },
		"heavy tails":  func(rnd *rand.Rand) float64 { return math.Exp(20 * rnd.NormFloat64()) },
		"mostly empty": func(rnd *rand.Rand) float64 { return rnd.ExpFloat64() * float64(rnd.IntN(10)/9) },
		"mixed": func(rnd *rand.Rand) float64 {
			return []float64{1, rnd.Float64(), 1e30 * rnd.Float64()}[rnd.IntN(3)]
		},
	}
}

// The sums are those that are added one by one.
func TestGramOfManyRows(t *testing.T) {
	for name, draw := range shapes() {
		for _, weighted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/weighted=%v", name, weighted), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(1, 2))
				const columns, rows = 4, 2500
				sums, want := make([]exact.Sum, exact.GramLen(columns)), make([]exact.Sum, exact.GramLen(columns))
				g := exact.NewGram(columns, sums)
				some := make([]exact.Sum, exact.DiagonalLen(columns))
				diagonal := exact.NewDiagonal(columns, some)
				row := make([]float64, columns)
				row[0] = 1
				for range rows {
					for j := range row[1:] {
						row[j+1] = draw(rnd)
					}
					weight := 1.0
					if weighted {
						weight = float64(rnd.IntN(3)) + float64(rnd.IntN(2))*rnd.Float64()
					}
					g.Add(weight, row...)
					diagonal.Add(weight, row...)
					for j := range row {
						high := weight * row[j]
						low := math.FMA(weight, row[j], -high)
						for k := j; k < columns; k++ {
							want[exact.GramIndex(columns, j, k)].AddProduct(high, row[k])
							want[exact.GramIndex(columns, j, k)].AddProduct(low, row[k])
						}
					}
				}
				g.Flush()
				diagonal.Flush()
				for i := range sums {
					if got, want := sums[i].Expansion(), want[i].Expansion(); !exact.Equal(got, want) {
						t.Errorf("sum %d: %v, want %v", i, got, want)
					}
				}
				for k := range columns {
					if got, want := some[k].Expansion(), want[k].Expansion(); !exact.Equal(got, want) {
						t.Errorf("alone, the sum of column %d: %v, want %v", k, got, want)
					}
				}
				for k := 1; k < columns; k++ {
					if got, want := some[columns+k-1].Expansion(), want[exact.GramIndex(columns, k, k)].Expansion(); !exact.Equal(got, want) {
						t.Errorf("alone, the sum of squares of column %d: %v, want %v", k, got, want)
					}
				}
			})
		}
	}
}

func BenchmarkGram(b *testing.B) {
	const columns, rows = 36, 4096
	for name, draw := range shapes() {
		rnd := rand.New(rand.NewPCG(1, 2))
		data := make([]float64, columns*rows)
		for i := range data {
			data[i] = draw(rnd)
		}
		perProduct := func(b *testing.B) {
			b.Helper()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows*exact.GramLen(columns)), "ns/product")
		}
		sums := make([]exact.Sum, exact.GramLen(columns))
		for _, weighted := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/weighted=%v", name, weighted), func(b *testing.B) {
				g := exact.NewGram(columns, sums)
				for b.Loop() {
					for i := range rows {
						weight := 1.0
						if weighted {
							weight = 1 + float64(i)/rows
						}
						g.Add(weight, data[i*columns:][:columns]...)
					}
					g.Flush()
				}
				perProduct(b)
			})
		}
		b.Run(name+"/one by one", func(b *testing.B) {
			for b.Loop() {
				for i := range rows {
					row := data[i*columns:][:columns]
					at := 0
					for j, x := range row {
						for _, y := range row[j:] {
							sums[at].AddProduct(x, y)
							at++
						}
					}
				}
			}
			perProduct(b)
		})
	}
}

// Centred products are those of rational numbers, rounded to a pair of float64s.
func TestCentred(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(factor(), 2, 2), 1, 20).Draw(t, "rows")
		far := rapid.SampledFrom([]float64{0, 1e9, 1e15}).Draw(t, "far")
		sums := make([]exact.Sum, exact.GramLen(3))
		g := exact.NewGram(3, sums)
		n := new(big.Rat).SetInt64(int64(len(rows)))
		a, b, ab := new(big.Rat), new(big.Rat), new(big.Rat)
		for _, row := range rows {
			x, y := row[0]+far, row[1]
			g.Add(1, 1, x, y)
			a.Add(a, rat(x))
			b.Add(b, rat(y))
			ab.Add(ab, new(big.Rat).Mul(rat(x), rat(y)))
		}
		g.Flush()
		want := new(big.Rat).Sub(ab, a.Quo(a.Mul(a, b), n))
		nearest, lacks := exact.Centred(&sums[0], &sums[1], &sums[2], &sums[exact.GramIndex(3, 1, 2)])
		wanted, _ := want.Float64()
		if v, _ := want.Sub(want, rat(nearest)).Float64(); math.Abs(v-lacks) > 0x1p-100*math.Abs(nearest) {
			t.Fatalf("%v and %v, want %v", nearest, lacks, wanted)
		}
		high, low := sums[1].Pair()
		if v, _ := exact.Rat(sums[1].Expansion()).Float64(); high != v || math.Abs(low) > math.Abs(high)*0x1p-53 {
			t.Fatalf("a pair of %v and %v for %v", high, low, v)
		}
	})
}

// With a mean for each group, the centred products are the sum of those of the groups.
func TestCentredWithin(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	const groups = 3
	all := make([]exact.Sum, exact.GramLen(3))
	of := [groups + 1][]exact.Sum{}
	want := 0.0
	for g := range of {
		of[g] = make([]exact.Sum, exact.GramLen(3))
		sums := exact.NewGram(3, of[g])
		for i := range 50 * min(1, groups-g) { // the last group is empty
			sums.Add(float64(i%3), 1, 1e9*float64(g)+rnd.NormFloat64(), rnd.NormFloat64()-1e6)
		}
		sums.Flush()
		for i := range all {
			all[i].AddSum(&of[g][i])
		}
		if g < groups {
			v, _ := exact.Centred(&of[g][0], &of[g][1], &of[g][2], &of[g][exact.GramIndex(3, 1, 2)])
			want += v
		}
	}
	var weights, a, b []exact.Sum
	for _, sums := range of {
		weights, a, b = append(weights, sums[0]), append(a, sums[1]), append(b, sums[2])
	}
	got, lacks := exact.CentredWithin(weights, a, b, &all[exact.GramIndex(3, 1, 2)])
	if math.Abs(got-want) > 1e-13*math.Abs(want) || math.Abs(lacks) > math.Abs(got)*0x1p-53 {
		t.Errorf("%v and %v, want %v", got, lacks, want)
	}
}
