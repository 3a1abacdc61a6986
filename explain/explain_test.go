package explain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// mixed are rows with numbers, a text column with a missing cell, and a whole number beyond 2^53.
func mixed() table.Rows {
	return table.Rows{
		Columns: []string{"size", "colour", "id"},
		X: mat.NewDense(4, 3, []float64{
			1, math.NaN(), 9007199254740992,
			2, math.NaN(), 2,
			math.NaN(), math.NaN(), 3,
			4, 7, 4,
		}),
		Texts: []*table.Texts{
			nil, {Values: []string{"red", "blue"}, Codes: []int32{0, 1, -1, -1}}, {Values: []string{"9007199254740993"}, Codes: []int32{0, -1, -1, -1}},
		},
	}
}

func labels(rows table.Rows, column int) (list []string) {
	for i := range rows.Len() {
		label, _ := rows.Category(i, column)
		list = append(list, string(label))
	}
	return list
}

// The first score is of the rows as they are; then each column has its own cells, in another order, and the others keep theirs.
func TestPermutedRowsKeepTheirCells(t *testing.T) {
	rows := mixed()
	var seen []table.Rows
	_, found, err := Permutation{Repeats: 3, Seed: 5}.Measure(t.Context(), rows, rows.Columns, func(_ context.Context, r table.Rows) (float64, error) {
		seen = append(seen, r)
		return float64(len(seen)), nil
	})
	if err != nil || len(seen) != 1+3*3 || len(found) != 3 {
		t.Fatalf("%d scores, %d columns, %v", len(seen), len(found), err)
	}
	moved := 0
	for k, r := range seen {
		for j := range rows.Columns {
			want, got := labels(rows, j), labels(r, j)
			if !slices.Equal(want, got) {
				moved++
				if k == 0 || j != (k-1)/3 {
					t.Errorf("score %d: column %d is %v, and was %v", k, j, got, want)
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("score %d: column %d has the cells %v, want %v", k, j, got, want)
			}
		}
	}
	if moved < 6 {
		t.Errorf("only %d of 9 permutations moved a cell", moved)
	}
	// The baseline is 1, and the scores of the first column are 2, 3, 4: they are better.
	if one := found[0]; one.Mean != -2 || math.Abs(one.Std-math.Sqrt(2.0/3)) > 1e-15 || !slices.Equal(one.Each, []float64{-1, -2, -3}) {
		t.Errorf("%+v", one)
	}
}

// A column's permutations depend on its name and the seed, not on what else is measured.
func TestPermutationsFollowFromSeedAndName(t *testing.T) {
	x := mat.NewDense(50, 3, nil)
	for i := range 50 {
		x.SetRow(i, []float64{float64(i), float64(i * i % 17), float64(i % 5)})
	}
	rows := table.Rows{Columns: []string{"a", "b", "c"}, X: x}
	measure := func(seed uint64, columns ...string) map[string]string {
		_, found, err := Permutation{Repeats: 2, Seed: seed}.Measure(t.Context(), rows, columns, func(_ context.Context, r table.Rows) (float64, error) {
			var sum float64
			for i := range 50 {
				sum += float64(i+1) * (r.X.At(i, 0) + 100*r.X.At(i, 1) + 1000*r.X.At(i, 2))
			}
			return sum, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		each := map[string]string{}
		for _, f := range found {
			each[f.Column] = fmt.Sprint(f.Each)
		}
		return each
	}
	all, alone, other := measure(1, "a", "b", "c"), measure(1, "c"), measure(2, "a", "b", "c")
	if all["c"] != alone["c"] || all["a"] != measure(1, "c", "a")["a"] {
		t.Errorf("%v and alone %v", all, alone)
	}
	if all["a"] == other["a"] || all["c"] == other["c"] {
		t.Errorf("another seed gives %v too", other)
	}
}

// Of a linear model, partial dependence has the model's own slope, and goes through the mean answer at the mean of the column; a column that is
// not used changes nothing, exactly.
func TestOfALinearModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 30).Draw(t, "rows")
		x := mat.NewDense(n, 3, rapid.SliceOfN(rapid.Float64Range(-100, 100), 3*n, 3*n).Draw(t, "x"))
		slope := rapid.Float64Range(-5, 5).Draw(t, "slope")
		predict := func(ctx context.Context, r table.Rows) (*mat.Dense, error) {
			out := mat.NewDense(n, 1, nil)
			for i := range n {
				out.Set(i, 0, 3+slope*r.X.At(i, 0)-2*r.X.At(i, 1))
			}
			return out, ctx.Err()
		}
		rows := table.Rows{Columns: []string{"a", "b", "unused"}, X: x}
		g, err := Numbers(rows, "a", 1000, [2]float64{0.05, 0.95})
		if err != nil {
			t.Fatal(err)
		}
		average, err := Dependence(context.Background(), g, predict)
		if err != nil {
			t.Fatal(err)
		}
		var rest float64
		for i := range n {
			rest += (3 - 2*x.At(i, 1)) / float64(n)
		}
		for k, v := range g.Values {
			if got, want := average.At(0, k), rest+slope*v; math.Abs(got-want) > 1e-9 {
				t.Fatalf("at %v: %v, want %v", v, got, want)
			}
		}
		_, found, err := Permutation{Repeats: 3}.Measure(context.Background(), rows, []string{"unused"}, func(ctx context.Context, r table.Rows) (float64, error) {
			answer, err := predict(ctx, r)
			return mat.Sum(answer), err
		})
		if err != nil || found[0].Mean != 0 || found[0].Std != 0 {
			t.Fatalf("%+v, %v", found, err)
		}
	})
}

func TestGridOfCategories(t *testing.T) {
	rows := mixed()
	g, err := Categories(rows, "colour")
	if err != nil {
		t.Fatal(err)
	}
	if want := []learner.Label{"7", "blue", "red"}; !slices.Equal(g.Categories, learner.SortLabels(want)) || g.Len() != 3 {
		t.Fatalf("categories %v", g.Categories)
	}
	for k, label := range g.Categories {
		at := g.At(k)
		if got := labels(at, 1); !slices.Equal(got, slices.Repeat([]string{string(label)}, 4)) {
			t.Errorf("with %s: %v", label, got)
		}
		for _, j := range []int{0, 2} {
			if want, got := labels(rows, j), labels(at, j); !slices.Equal(want, got) {
				t.Errorf("with %s: column %d is %v, want %v", label, j, got, want)
			}
		}
	}
	if g, err = Categories(rows, "id"); err != nil || len(g.Categories) != 4 || labels(g.At(3), 2)[0] != "9007199254740993" {
		t.Errorf("%v, %v", g.Categories, err)
	}
}

func TestGridOfNumbers(t *testing.T) {
	g, err := Numbers(mixed(), "size", 10, [2]float64{0.05, 0.95})
	if err != nil || !slices.Equal(g.Values, []float64{1, 2, 4}) { // the missing cell is no value
		t.Fatalf("%v, %v", g.Values, err)
	}
	if got := mat.Col(nil, 0, g.At(2).X); !slices.Equal(got, []float64{4, 4, 4, 4}) {
		t.Errorf("%v", got)
	}
	g, err = Numbers(mixed(), "id", 10, [2]float64{0.05, 0.95})
	if err != nil || !slices.Equal(labels(g.At(0), 2), []string{"2", "2", "2", "2"}) {
		t.Errorf("%v, %v: a text stays behind", labels(g.At(0), 2), err)
	}
	constant := table.Rows{Columns: []string{"a"}, X: mat.NewDense(5, 1, []float64{1, 1, 1, 1, 2})}
	for _, c := range []struct {
		name       string
		rows       table.Rows
		column     string
		resolution int
		quantiles  [2]float64
		data       bool
		says       string
	}{
		{"no such column", mixed(), "weight", 10, [2]float64{0, 1}, true, "no such column"},
		{"a text", mixed(), "colour", 10, [2]float64{0, 1}, true, `"red" is no number`},
		{"no rows", table.Rows{Columns: []string{"a"}}, "a", 10, [2]float64{0, 1}, true, "no rows"},
		{"all missing", table.Rows{Columns: []string{"a"}, X: mat.NewDense(1, 1, []float64{math.NaN()})}, "a", 10, [2]float64{0, 1}, true, "all cells are missing"},
		{"quantiles of one value", constant, "a", 2, [2]float64{0.05, 0.5}, true, "too close"},
		{"one value", constant, "a", 1, [2]float64{0, 1}, false, "want at least 2"},
		{"quantiles the wrong way round", constant, "a", 2, [2]float64{0.9, 0.1}, false, "the lower one first"},
		{"a quantile above 1", constant, "a", 2, [2]float64{0.9, 1.1}, false, "from 0 to 1"},
		{"NaN for a quantile", constant, "a", 2, [2]float64{math.NaN(), 1}, false, "from 0 to 1"},
	} {
		_, err := Numbers(c.rows, c.column, c.resolution, c.quantiles)
		var data *learner.DataError
		if err == nil || errors.As(err, &data) != c.data || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// What a learner sees is (x - center) / scale; the unscaled model answers for x itself.
func TestUnscaledModelAnswersTheSame(t *testing.T) {
	fill := 0.5
	p := &prepare.Preparation{Version: prepare.Version, Columns: []prepare.PreparedColumn{
		{Name: "a", Kind: prepare.Numeric, Center: 3, Scale: 2, Fill: &fill, Indicator: true},
		{Name: "gone", Kind: prepare.Dropped},
		{Name: "b", Kind: prepare.Categorical, Encode: prepare.OneHot, Categories: []learner.Label{"x", "y"}},
		{Name: "c", Kind: prepare.Numeric, Center: -1, Scale: 0.25},
		{Name: "d", Kind: prepare.Numeric},
	}}
	origins := Origins(p.Features(), p)
	rows := table.Rows{
		Columns: []string{"d", "c", "b", "a", "gone"}, X: mat.NewDense(2, 5, []float64{4, 9, math.NaN(), 7, 1, 2, -3, math.NaN(), 0.5, 1}),
		Texts: []*table.Texts{nil, nil, {Values: []string{"y", "x"}, Codes: []int32{0, 1}}, nil, nil},
	}
	seen, err := p.Transform(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	_, width := seen.Dims()
	coef, intercept := mat.NewDense(2, width, nil), []float64{0.5, -8}
	for k := range 2 {
		for j := range width {
			coef.Set(k, j, float64((k+2)*(j*j-3)+1))
		}
	}
	given := mat.DenseCopyOf(coef)
	original, shifted, scaled, err := Unscale(origins, coef, intercept)
	if err != nil || !scaled || !mat.Equal(given, coef) || intercept[1] != -8 {
		t.Fatalf("scaled %t, %v", scaled, err)
	}
	plain := func(i int) []float64 { // the features of a row, before they are scaled
		f := mat.Row(nil, i, seen)
		for j, o := range origins {
			switch o.Feature {
			case "a":
				f[j] = rows.X.At(i, 3)
			case "c":
				f[j] = rows.X.At(i, 1)
			}
		}
		return f
	}
	for i := range 2 {
		for k := range 2 {
			want, got := intercept[k], shifted[k]
			for j, v := range plain(i) {
				want += coef.At(k, j) * seen.At(i, j)
				got += original.At(k, j) * v
			}
			if math.Abs(want-got) > 1e-12 {
				t.Errorf("row %d, output %d: %v, want %v", i, k, got, want)
			}
		}
	}
	columns, sums := Columns(origins, []float64{1, 2, 4, 8, 16, 32})
	if !slices.Equal(columns, []string{"a", "b", "c", "d"}) || !slices.Equal(sums, []float64{3, 12, 16, 32}) {
		t.Errorf("%v %v", columns, sums)
	}
	if _, _, scaled, err := Unscale(Origins([]string{"p", "q"}, nil), mat.NewDense(1, 2, nil), []float64{0}); scaled || err != nil {
		t.Errorf("as they are: scaled %t, %v", scaled, err)
	}
	if _, _, _, err := Unscale(origins, mat.NewDense(1, 2, nil), []float64{0}); err == nil {
		t.Error("2 coefficients of 6 features were taken")
	}
}

func TestEndsWithItsContextAndTheFirstError(t *testing.T) {
	rows := mixed()
	for asked := 1; asked < 4; asked++ {
		ctx, cancel := context.WithCancelCause(t.Context())
		why, n := errors.New("the caller has gone"), 0
		_, _, err := Permutation{Repeats: 5}.Measure(ctx, rows, rows.Columns, func(context.Context, table.Rows) (float64, error) {
			if n++; n == asked {
				cancel(why)
			}
			return 0, nil
		})
		if !errors.Is(err, why) || n != asked {
			t.Errorf("ended after %d scores: %v", n, err)
		}
	}
	broken := errors.New("a worker is down")
	g, err := Numbers(rows, "size", 10, [2]float64{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Dependence(t.Context(), g, func(context.Context, table.Rows) (*mat.Dense, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := Dependence(t.Context(), g, func(context.Context, table.Rows) (*mat.Dense, error) { return mat.NewDense(3, 1, nil), nil }); err == nil {
		t.Error("3 answers for 4 rows were taken")
	}
	if _, _, err := (Permutation{}).Measure(t.Context(), rows, rows.Columns, nil); err == nil {
		t.Error("no repeats were taken")
	}
}
