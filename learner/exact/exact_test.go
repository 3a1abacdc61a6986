package exact_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/learner/exact"
)

// term draws numbers of all sizes, so that terms cancel, absorb each other and lie far apart.
func term(largest float64) *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-1000, 1000), func(n int) float64 { return float64(n) }),
		rapid.Float64Range(-1, 1),
		rapid.Map(rapid.IntRange(-1<<22, 1<<22), func(n int) float64 { return float64(n) }),
		rapid.Float64Range(-largest, largest),
		rapid.Map(rapid.IntRange(-1074, int(math.Log2(largest))-1), func(e int) float64 { return math.Ldexp(1, e) }),
		rapid.SampledFrom([]float64{0, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, largest, -largest, 0x1p-480, -0x1.fffp-481, 1e16, -1e16, 0.1}),
	)
}

func rat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

// A sum is the sum of rational numbers, however it is split, and its expansion starts with the nearest float64.
func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(term(exact.Largest), 0, 60).Draw(t, "terms")
		cut := rapid.IntRange(0, len(terms)).Draw(t, "cut")
		want := new(big.Rat)
		var whole, first, second exact.Sum
		for i, x := range terms {
			want.Add(want, rat(x))
			whole.Add(x)
			if i < cut {
				first.Add(x)
			} else {
				second.Add(x)
			}
		}
		got := whole.Expansion()
		if exact.Rat(got).Cmp(want) != 0 {
			t.Fatalf("%v is %v, want %v", got, exact.Rat(got), want)
		}
		if nearest, _ := want.Float64(); len(got) > 0 && got[0] != nearest || len(got) == 0 && nearest != 0 {
			t.Fatalf("%v does not start with %v", got, nearest)
		}
		if err := exact.CheckExpansion(got); err != nil {
			t.Fatal(err)
		}
		if got := whole.Value(); len(terms) > 0 {
			if nearest, _ := want.Float64(); got != nearest {
				t.Fatalf("the value is %v, want %v", got, nearest)
			}
		}
		var both exact.Sum
		both.AddSum(&second)
		both.AddSum(&first)
		if merged := both.Expansion(); !exact.Equal(merged, got) {
			t.Fatalf("added %v, at once %v", merged, got)
		}
		second.AddExpansion(first.Expansion())
		if merged := second.Expansion(); !exact.Equal(merged, got) {
			t.Fatalf("merged %v, at once %v", merged, got)
		}
	})
}

// Products are those of rational numbers; tiny ones count as 0.
func TestAddProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(term(exact.LargestSquared), 0, 60).Draw(t, "terms")
		want := new(big.Rat)
		var sum exact.Sum
		for i := 1; i < len(terms); i += 2 {
			sum.AddProduct(terms[i-1], terms[i])
			if math.Abs(terms[i-1]*terms[i]) >= exact.SmallestProduct {
				want.Add(want, new(big.Rat).Mul(rat(terms[i-1]), rat(terms[i])))
			}
		}
		if got := exact.Rat(sum.Expansion()); got.Cmp(want) != 0 {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

// A column's sums are those of rational numbers; tiny numbers count as 0.
func TestColumn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(term(exact.LargestSquared), rapid.Just(math.NaN())), 0, 40).Draw(t, "values")
		stride := rapid.IntRange(1, 3).Draw(t, "stride")
		first := rapid.IntRange(0, stride-1).Draw(t, "first")
		data := make([]float64, len(values)*stride)
		sum, squares, plain := new(big.Rat), new(big.Rat), new(big.Rat)
		missing := 0
		for i, x := range values {
			data[i*stride+first] = x
			switch {
			case math.IsNaN(x):
				missing++
				continue
			case math.Abs(x) >= exact.SmallestSquared:
				sum.Add(sum, rat(x))
				squares.Add(squares, new(big.Rat).Mul(rat(x), rat(x)))
			}
			plain.Add(plain, rat(x))
		}
		c, alone := exact.NewColumn(true), exact.NewColumn(false)
		if at := c.Add(data, first, stride); c.Missing != missing || at >= 0 {
			t.Fatalf("%d missing, want %d; too big at %d", c.Missing, missing, at)
		}
		alone.Add(data, first, stride)
		s, s2 := c.Sums()
		only, none := alone.Sums()
		for i, got := range []struct {
			sum  []float64
			want *big.Rat
		}{{s, sum}, {s2, squares}, {only, plain}, {none, new(big.Rat)}} {
			if r := exact.Rat(got.sum); r.Cmp(got.want) != 0 {
				t.Fatalf("sum %d is %v, want %v", i, r, got.want)
			}
		}
		if n := len(values) - missing; !exact.Possible(n, s, s2) || !exact.Within(n, s, exact.LargestSquared) {
			t.Fatal("the sums are called impossible")
		}
	})
}

func TestTooBig(t *testing.T) {
	for _, x := range []float64{exact.LargestSquared * 2, math.Inf(1), math.Inf(-1)} {
		if at := exact.NewColumn(true).Add([]float64{1, 2, x, 3}, 0, 2); at != 2 {
			t.Errorf("%v: %d", x, at)
		}
	}
	if at := exact.NewColumn(false).Add([]float64{exact.Largest, 2 * exact.Largest}, 0, 1); at != 1 {
		t.Errorf("%d", at)
	}
}

// Multiples are added as if one by one.
func TestAddTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := term(exact.LargestSquared).Draw(t, "x")
		n := rapid.IntRange(0, 1<<30).Draw(t, "n")
		var s, s2 exact.Sum
		s.AddTimes(x, n)
		s2.AddSquareTimes(x, n)
		count := new(big.Rat).SetInt64(int64(n))
		if want := new(big.Rat).Mul(rat(x), count); exact.Rat(s.Expansion()).Cmp(want) != 0 {
			t.Fatalf("%v, want %v", s.Expansion(), want)
		}
		if want := new(big.Rat).Mul(rat(x), rat(x)); math.Abs(x) >= exact.SmallestSquared && exact.Rat(s2.Expansion()).Cmp(want.Mul(want, count)) != 0 {
			t.Fatalf("%v, want %v", s2.Expansion(), want)
		}
	})
}

// The variance does not cancel: numbers around a billion that differ in the last place.
func TestVariance(t *testing.T) {
	c := exact.NewColumn(true)
	c.Add([]float64{1e9, 1e9 + 0x1p-23, 1e9 - 0x1p-23}, 0, 1)
	sum, squares := c.Sums()
	if got, want := exact.Variance(3, sum, squares), 2*0x1p-46/3; got != want {
		t.Errorf("variance %v, want %v", got, want)
	}
	if got := exact.Mean(3, sum); got != 1e9 {
		t.Errorf("mean %v", got)
	}
	if exact.Possible(3, sum, []float64{1}) {
		t.Error("a sum of squares that is too small is called possible")
	}
}

// Means and variances are those of rational numbers, rounded once.
func TestMomentsAreRoundedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(term(exact.LargestSquared), 1, 20).Draw(t, "values")
		c := exact.NewColumn(true)
		c.Add(values, 0, 1)
		sum, squares := c.Sums()
		n := new(big.Rat).SetInt64(int64(len(values)))
		mean := new(big.Rat).Quo(exact.Rat(sum), n)
		variance := new(big.Rat).Quo(exact.Rat(squares), n)
		variance.Sub(variance, new(big.Rat).Mul(mean, mean))
		wantMean, _ := mean.Float64()
		wantVariance, _ := variance.Float64()
		if got := exact.Mean(len(values), sum); got != wantMean {
			t.Fatalf("mean %v, want %v", got, wantMean)
		}
		if got := exact.Variance(len(values), sum, squares); got != wantVariance {
			t.Fatalf("variance %v, want %v", got, wantVariance)
		}
	})
}

// Many terms make the accumulator carry, with a rest that no pair of float64s holds.
func TestManyTerms(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	terms := make([]float64, 20000)
	for i := range terms {
		terms[i] = math.Ldexp(rnd.Float64()-0.5, rnd.IntN(1900)-1000)
	}
	var forward, back exact.Sum
	want := new(big.Rat)
	for _, x := range terms {
		forward.Add(x)
		want.Add(want, rat(x))
	}
	slices.Reverse(terms)
	for _, x := range terms {
		back.Add(x)
	}
	if !exact.Equal(forward.Expansion(), back.Expansion()) || exact.Rat(back.Expansion()).Cmp(want) != 0 {
		t.Error("the order of the terms changes the sum")
	}
}

func TestCheckExpansion(t *testing.T) {
	for name, terms := range map[string][]float64{
		"not a number": {math.NaN()}, "infinite": {math.Inf(1)}, "zero": {1, 0}, "overlap": {1, 1}, "too large": {math.MaxFloat64},
		"too long": slices.Repeat([]float64{1}, exact.MostTerms+1),
	} {
		if exact.CheckExpansion(terms) == nil {
			t.Errorf("%s: %v passes", name, terms)
		}
	}
}

func BenchmarkColumn(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, kind := range []struct {
		name string
		draw func() float64
	}{{"integers", func() float64 { return float64(rnd.IntN(100)) }}, {"normal", rnd.NormFloat64}} {
		data := make([]float64, 512*21)
		for i := range data {
			data[i] = kind.draw()
		}
		b.Run(kind.name, func(b *testing.B) {
			var columns [21]*exact.Column
			for j := range columns {
				columns[j] = exact.NewColumn(true)
			}
			for b.Loop() {
				for j, c := range columns {
					c.Add(data, j, 21)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(data)), "ns/cell")
		})
	}
}
