package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/learner"
)

func numberCell(v float64) datafile.Cell {
	return datafile.Cell{Kind: datafile.Number, Number: v, Text: fmt.Append(nil, v)}
}

func textCell(s string) datafile.Cell {
	return datafile.Cell{Kind: datafile.Text, Text: []byte(s)}
}

func columnOf(limit int, values ...float64) *column {
	c := newColumn("x", 1, limit, 0)
	for i, v := range values {
		c.add(numberCell(v), datafile.Place{Line: i + 2})
	}
	return c
}

// What pandas' describe says of these numbers.
func TestRange(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   Range
	}{
		{[]float64{7}, Range{Min: 7, Q1: 7, Median: 7, Q3: 7, Max: 7, Mean: 7}},
		{[]float64{4, 1}, Range{Min: 1, Q1: 1.75, Median: 2.5, Q3: 3.25, Max: 4, Mean: 2.5, SD: 2.1213203435596424}},
		{[]float64{3, 1, 4, 1, 5, 9, 2, 6}, Range{Min: 1, Q1: 1.75, Median: 3.5, Q3: 5.25, Max: 9, Mean: 3.875, SD: 2.7483761439387144}},
		{[]float64{2, 2, 2, 8, 8}, Range{Min: 2, Q1: 2, Median: 2, Q3: 8, Max: 8, Mean: 4.4, SD: 3.286335345030997}},
	} {
		got := *columnOf(100, tt.values...).spread()
		if math.Abs(got.SD-tt.want.SD) > 1e-12 {
			t.Errorf("%v: sd %v, want %v", tt.values, got.SD, tt.want.SD)
		}
		if got.SD = tt.want.SD; got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.values, got, tt.want)
		}
	}
}

// Counting distinct values and looking at all numbers in order is the same.
func TestCountedQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 40).Draw(t, "values")
		if rapid.Bool().Draw(t, "repeated") {
			for i := range values {
				values[i] = math.Round(values[i])
			}
		}
		c := columnOf(100, values...)
		shares := []float64{0, 0.1, 0.25, 0.5, 0.75, 0.99, 1}
		got := c.quantiles.of(c.values, shares...)
		sorted := slices.Sorted(slices.Values(values))
		for k, share := range shares {
			place := share * float64(len(sorted)-1)
			low := int(place)
			want := sorted[low]
			if low+1 < len(sorted) {
				want += (place - float64(low)) * (sorted[low+1] - sorted[low])
			}
			if math.Abs(got[k]-want) > 1e-12 {
				t.Errorf("%v of %v is %v, want %v", share, sorted, got[k], want)
			}
		}
	})
}

// Beyond the limit quartiles are those of a sample: of the numbers from 0 to n in any order, they are off by less
// than the stated 1/sqrt(limit) of n, and the sample has its size.
func TestSampledQuantiles(t *testing.T) {
	const n, limit = 40_000, 1024
	for _, step := range []int{1, 7919, n - 1} { // ascending, scattered, descending
		c := newColumn("x", 1, limit, 0)
		for i := range n {
			c.add(numberCell(float64(i*step%n)), datafile.Place{})
			c.add(numberCell(1), datafile.Place{}) // half of all numbers, counted until the limit and sampled from then on
		}
		if got := len(c.quantiles.sample); got != limit {
			t.Fatalf("the sample has %d numbers", got)
		}
		q := c.quantiles.of(c.values, 0.25, 0.75, 0.9)
		for k, want := range []float64{1, n / 2, n * 0.8} {
			if math.Abs(q[k]-want) > 2*n/math.Sqrt(limit) { // a rank among 2n numbers
				t.Errorf("step %d: quantile %d is %v, want about %v", step, k, q[k], want)
			}
		}
		if !c.values.full || c.spread().Sample != limit {
			t.Error("it does not say so")
		}
	}
}

// Distinct values are counted as a map of all would, up to the limit; the smallest ones exactly, whatever comes.
func TestTally(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		cells := rapid.SliceOf(rapid.Custom(func(t *rapid.T) datafile.Cell {
			if rapid.Bool().Draw(t, "text") {
				return textCell(rapid.StringMatching("[ab]{1,2}").Draw(t, "letters"))
			}
			return numberCell(float64(rapid.IntRange(0, 30).Draw(t, "number")))
		})).Draw(t, "cells")
		c := newColumn("x", 1, limit, 0)
		all, numbers := map[learner.Label]int{}, map[float64]int{}
		for _, cell := range cells {
			c.add(cell, datafile.Place{})
			all[learner.NewLabel(string(cell.Text))]++
			if cell.Kind == datafile.Number {
				numbers[cell.Number]++
			}
		}
		if c.values.full != (len(all) > limit) || len(c.values.counts) != min(len(all), limit) {
			t.Fatalf("%d of %d values, full: %v", len(c.values.counts), len(all), c.values.full)
		}
		for _, f := range c.values.frequent(100) {
			if all[f.Value] != f.Rows {
				t.Errorf("%s occurs %d times, want %d", f.Value, f.Rows, all[f.Value])
			}
		}
		var want []weighted
		for v, n := range numbers {
			want = append(want, weighted{v, n})
		}
		slices.SortFunc(want, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
		if want = want[:min(len(want), keepSmallest)]; !slices.Equal(want, c.smallest.kept) {
			t.Errorf("the smallest are %v, want %v", c.smallest.kept, want)
		}
	})
}

// Numbers that a float64 cannot tell apart are told apart by their text.
func TestValuesBeyondFloats(t *testing.T) {
	tally := newTally(10)
	for _, s := range []string{"9007199254740993", "9007199254740992", "9007199254740993"} {
		tally.add(datafile.Cell{Kind: datafile.Number, Number: 1 << 53, Text: []byte(s), Beyond: s[15] == '3'})
	}
	if !slices.Equal(tally.counts, []int{2, 1}) {
		t.Errorf("got %v", tally.counts)
	}
	if got := tally.ascending(); !slices.Equal(got, []weighted{{1 << 53, 3}}) {
		t.Errorf("as floats: %v", got)
	}
}

// Every number is in one bin, the last bin has its right edge, and bins are of one width.
func TestBins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfNDistinct(rapid.Float64Range(-1e6, 1e6), 1, 50, rapid.ID).Draw(t, "values")
		slices.Sort(values)
		var in []weighted
		for _, v := range values {
			in = append(in, weighted{v, 2})
		}
		edges, counts := bins(in, 10)
		var total float64
		for i, n := range counts {
			total += n
			inside := 0.0
			for _, v := range values {
				if v >= edges[i] && (v < edges[i+1] || i == len(counts)-1) {
					inside += 2
				}
			}
			if n != inside {
				t.Errorf("bin %d from %v to %v has %v, want %v", i, edges[i], edges[i+1], n, inside)
			}
		}
		if total != float64(2*len(values)) || len(edges) != len(counts)+1 || len(counts) > 10 {
			t.Errorf("%d edges, %v in all", len(edges), total)
		}
	})
}

func TestWords(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1484705: "1484705", 38.58165: "38.58", 0.99466: "0.9947", 1077.6488: "1078", 0.000123456: "0.0001235", 2.5e-8: "2.5e-08", -9: "-9", 1e20: "1e+20",
		0.5: "0.5",
	} {
		if got := number(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	for n, want := range map[int]string{1: "1", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
	if share(999, 1000) != ">99 %" || share(1, 1000) != "<1 %" || share(1000, 1000) != "100 %" ||
		share(1, 200) != "<1 %" || share(199, 200) != ">99 %" || share(0, 200) != "0 %" {
		t.Error("shares are rounded to all or nothing")
	}
	if flag("it's") != `'it'\''s'` || flag("free-text") != "free-text" || word("a: b") != `"a: b"` {
		t.Error("quotes")
	}
}
