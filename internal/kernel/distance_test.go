package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// values draws numbers of which many are alike, and some far off.
func values(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		switch rng.IntN(12) {
		case 0:
			v[i] = math.Ldexp(rng.NormFloat64(), rng.IntN(600)-300)
		case 1, 2, 3:
			v[i] = float64(rng.IntN(3))
		default:
			v[i] = rng.NormFloat64()
		}
	}
	return v
}

// panels puts numbers into Panels.
func panels(v []float64) []Panel {
	p := make([]Panel, len(v)/Lanes)
	for i := range p {
		p[i] = Panel(v[i*Lanes:])
	}
	return p
}

// measured is the distance of one query to one row, as a textbook has it.
func (d Distance) measured(rows []Panel, row int, q []float64) (sum float64) {
	for j, v := range q {
		difference := rows[row/Lanes*len(q)+j][row%Lanes] - v
		if d == Squares {
			sum += float64(difference * difference)
		} else {
			sum += math.Abs(difference)
		}
	}
	return sum
}

// TestNear compares both ways with the textbook's, to the bit.
func TestNear(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		width, count := 1+rng.IntN(20), 1+rng.IntN(MostNear/Lanes)
		rows, q := panels(values(rng, count*width*Lanes)), values(rng, width)
		for _, d := range []Distance{Squares, Absolutes} {
			want := make([]float64, count*Lanes)
			for i := range want {
				want[i] = d.measured(rows, i, q)
			}
			limit := want[rng.IntN(len(want))]
			var near uint64
			for i, v := range want {
				if v <= limit {
					near |= 1 << i
				}
			}
			for name, measure := range map[string]func([]Panel, []float64, float64, []float64) uint64{"plain": d.nearPlain, "chosen": d.Near} {
				got := make([]float64, len(want))
				if bits := measure(rows, q, limit, got); bits != near || !sameBits(got, want) {
					t.Fatalf("%s, distance %d, %d rows of %d: %b and %v, want %b and %v", name, d, len(want), width, bits, got, near, want)
				}
			}
		}
	}
}

// TestNear4 goes through all rows, as its callers do.
func TestNear4(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		width, count := 1+rng.IntN(20), 1+rng.IntN(30)
		rows, queries := panels(values(rng, count*width*Lanes)), values(rng, width*4)
		for _, d := range []Distance{Squares, Absolutes} {
			limits := [4]float64{-1, 1, float64(rng.IntN(9)), 0}
			limits[3] = d.measured(rows, rng.IntN(count*Lanes), column(queries, 3))
			for name, measure := range map[string]func([]Panel, []float64, *[4]float64, *[4]Panel) int{"plain": d.near4Plain, "chosen": d.Near4} {
				at := 0
				for p := range count {
					var want [4]Panel
					near := false
					for c := range want {
						for i := range want[c] {
							want[c][i] = d.measured(rows, p*Lanes+i, column(queries, c))
							near = near || want[c][i] <= limits[c]
						}
					}
					if !near {
						continue
					}
					var got [4]Panel
					passed := measure(rows[at*width:], queries, &limits, &got)
					if at+passed != p {
						t.Fatalf("%s, distance %d: came to panel %d, want %d", name, d, at+passed, p)
					}
					for c := range want {
						if !sameBits(got[c][:], want[c][:]) {
							t.Fatalf("%s, distance %d, panel %d, query %d: got %v, want %v", name, d, p, c, got[c], want[c])
						}
					}
					at = p + 1
				}
				if at < count {
					if passed := measure(rows[at*width:], queries, &limits, new([4]Panel)); passed != count-at {
						t.Fatalf("%s, distance %d: came to panel %d, where no row is near", name, d, at+passed)
					}
				}
			}
		}
	}
}

// column is every fourth value from the i-th on.
func column(v []float64, i int) (every []float64) {
	for ; i < len(v); i += 4 {
		every = append(every, v[i])
	}
	return every
}

// TestGaps: both ways have the same bits, and no row in a box is nearer than its gap.
func TestGaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		width := 1 + rng.IntN(20)
		bounds, q := panels(values(rng, 2*width*Lanes)), values(rng, width)
		inside := make([]Panel, width)
		for j := range inside {
			for i := range Lanes {
				low, high := bounds[2*j][i], bounds[2*j+1][i]
				if low > high {
					low, high = high, low
				}
				bounds[2*j][i], bounds[2*j+1][i] = low, high
				inside[j][i] = []float64{low, high, min(max(q[j], low), high)}[rng.IntN(3)]
			}
		}
		for _, d := range []Distance{Squares, Absolutes} {
			got, plain := d.Gaps(bounds, q), d.gapsPlain(bounds, q)
			if !sameBits(got[:], plain[:]) {
				t.Fatalf("distance %d: %v, plainly %v", d, got, plain)
			}
			for i, gap := range got {
				if row := d.measured(inside, i, q); row < gap {
					t.Fatalf("distance %d: a row in the box is %v away, the box %v", d, row, gap)
				}
			}
		}
	}
}

// TestNothingToMeasure: no rows and no columns are no harm.
func TestNothingToMeasure(t *testing.T) {
	if got := Squares.Near(nil, []float64{1}, 1, nil); got != 0 {
		t.Errorf("Near says %b of no rows", got)
	}
	if got := Squares.Near4(nil, make([]float64, 4), new([4]float64), new([4]Panel)); got != 0 {
		t.Errorf("Near4 has passed over %d of no panels", got)
	}
	if got := Squares.Gaps(nil, nil); got != (Panel{}) {
		t.Errorf("gaps of no columns are %v", got)
	}
}
