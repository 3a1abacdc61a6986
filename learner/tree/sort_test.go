package tree

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/learner"
)

// values draws numbers of all sizes, with repeats, both zeros and missing ones.
func values(t *rapid.T) []float64 {
	number := rapid.OneOf(
		rapid.Float64(), rapid.Float64Range(-1, 1), rapid.Map(rapid.IntRange(-3, 3), func(i int) float64 { return float64(i) }),
		rapid.SampledFrom([]float64{math.NaN(), math.Copysign(0, -1), 0, math.MaxFloat64, -math.MaxFloat64, 5e-324, -5e-324, 1, math.Nextafter(1, 2)}),
	)
	return rapid.SliceOfN(rapid.Map(number, func(v float64) float64 {
		if math.IsInf(v, 0) {
			return 1
		}
		return v
	}), 1, 300).Draw(t, "values")
}

// TestArgsort against slices.SortStableFunc.
func TestArgsort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values(t)
		keys := make([]uint64, len(v))
		want := make([]uint32, len(v))
		for i := range v {
			keys[i], want[i] = sortKey(v[i]), uint32(i)
		}
		missingLast := func(i, j uint32) int {
			if a, b := math.IsNaN(v[i]), math.IsNaN(v[j]); a || b {
				return cmp.Compare(len(v)*b2i(a), len(v)*b2i(b))
			}
			return cmp.Compare(v[i], v[j])
		}
		slices.SortStableFunc(want, missingLast)
		s := sorter{cells: rapid.SampledFrom([]Resolution{Exact, Float32}).Draw(t, "resolution").cells()}
		order, present, repeated, merged, err := s.argsort(learner.NewPoll(t.Context(), 1), keys)
		if err != nil {
			t.Fatal(err)
		}
		seen := make([]bool, len(v))
		distinct := map[float64]bool{}
		for k, r := range order {
			if missingLast(r, want[k]) != 0 {
				t.Fatalf("place %d: %v, want %v", k, v[r], v[want[k]])
			}
			if math.IsNaN(v[r]) != (k >= present) {
				t.Fatalf("place %d of %d present: %v", k, present, v[r])
			}
			seen[r] = true
			if k < present {
				distinct[v[r]] = true // both zeros are one key of a map
			}
		}
		if slices.Contains(seen, false) {
			t.Fatal("a row is lost")
		}
		if repeated != (len(distinct) < present) {
			t.Fatalf("repeated is %v with %d distinct of %d", repeated, len(distinct), present)
		}
		alone := map[uint64]int{} // rows of each cell
		for _, r := range order[:present] {
			alone[s.cells.of(keys[r])]++
		}
		for _, r := range order[:present] {
			want := !repeated && alone[s.cells.of(keys[r])] > 1
			if got := merged != nil && merged.has(r); got != want {
				t.Fatalf("row %d (%v) is among the merged ones: %v, want %v", r, v[r], got, want)
			}
		}
		rank := ranks(order[:present], keys, cells{})
		for k := 1; k < present; k++ {
			a, b := order[k-1], order[k]
			if want := rank[a] + uint32(b2i(v[a] != v[b])); rank[b] != want {
				t.Fatalf("rank %d after %d for %v after %v", rank[b], rank[a], v[b], v[a])
			}
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestCoder against a sorted list of the distinct values.
func TestCoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values(t)
		c := &coder{limit: rapid.SampledFrom([]int{maxCodes, 100, 3}).Draw(t, "limit")}
		codes := make([]uint8, len(v))
		for i := range v {
			if k := c.known(v[i]); k != 0 {
				codes[i] = uint8(k - 1)
			} else {
				codes[i] = c.code(v[i])
			}
		}
		distinct := slices.DeleteFunc(slices.Clone(v), math.IsNaN)
		slices.Sort(distinct)
		distinct = slices.Compact(distinct)
		if c.full != (len(distinct) > c.limit) {
			t.Fatalf("full is %v with %d distinct values, %d allowed", c.full, len(distinct), c.limit)
		}
		if c.full {
			return
		}
		got, rank := c.ranked()
		if !slices.Equal(got, distinct) {
			t.Fatalf("values %v, want %v", got, distinct)
		}
		for i := range v {
			want := len(distinct)
			if !math.IsNaN(v[i]) {
				want, _ = slices.BinarySearch(distinct, v[i])
			}
			if int(rank[codes[i]]) != want {
				t.Fatalf("%v has rank %d, want %d", v[i], rank[codes[i]], want)
			}
		}
	})
}

func TestMiddle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "a")
		b := rapid.OneOf(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64), rapid.Just(math.Nextafter(a, math.Inf(1)))).Draw(t, "b")
		if !(a < b) || math.IsInf(b, 0) {
			return
		}
		if m := middle(a, b); !(a <= m && m < b) {
			t.Fatalf("the middle of %v and %v is %v", a, b, m)
		}
	})
	for _, c := range []struct{ a, b, want float64 }{
		{0, 1, 0.5}, {-3, 5, 1}, {1, 1.5, 1.25}, {-math.MaxFloat64, math.MaxFloat64, 0}, {5e-324, 1e-323, 5e-324},
	} {
		if got := middle(c.a, c.b); got != c.want {
			t.Errorf("the middle of %v and %v is %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		left := rapid.SliceOfN(rapid.SampledFrom([]uint8{0, 1}), 1, 200).Draw(t, "left")
		n := len(left)
		rows, place := make([]uint32, n), make([]uint16, n)
		var want, rest []uint32
		for i := range rows {
			rows[i] = uint32(i)
			if left[i] != 0 {
				want = append(want, uint32(i))
			} else {
				rest = append(rest, uint32(i))
			}
		}
		count := places(place, left)
		if count != len(want) {
			t.Fatalf("%d go left, want %d", count, len(want))
		}
		order := make([]uint16, n) // sorted by some value
		for i, r := range rapid.Permutation(rows).Draw(t, "order") {
			order[i] = uint16(r)
		}
		old := slices.Clone(order)
		partition(rows, left, make([]uint32, n))
		if !slices.Equal(rows, append(want, rest...)) {
			t.Fatalf("partitioned into %v", rows)
		}
		partitionOrder(order, place, count, make([]uint16, n))
		var back []uint16 // the rows' old places, as the new order has them
		for k, id := range order {
			if k >= count {
				id += uint16(count)
			}
			back = append(back, uint16(rows[id]))
		}
		slices.SortStableFunc(old, func(a, b uint16) int { return int(left[b]) - int(left[a]) })
		if !slices.Equal(back, old) {
			t.Fatalf("order %v, want %v", back, old)
		}
	})
}
