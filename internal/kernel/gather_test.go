package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestGatherBothWays(t *testing.T) {
	bothWays(t, func(t *testing.T, rng *rand.Rand, n int) {
		t.Helper()
		for width := 1; width < 7; width++ {
			src := make([]uint64, (1+rng.IntN(50))*width)
			for i := range src {
				src[i] = rng.Uint64()
			}
			rows := make([]uint32, n)
			var want []uint64
			for i := range rows {
				rows[i] = uint32(rng.IntN(len(src) / width))
				want = append(want, src[int(rows[i])*width:][:width]...)
			}
			want = append(want, 7) // what comes after is left alone
			got, plain := make([]uint64, len(want)), make([]uint64, len(want))
			got[len(want)-1], plain[len(want)-1] = 7, 7
			Gather(got, src, width, rows)
			gatherPlain(plain, src, width, rows)
			if !slices.Equal(got, want) || !slices.Equal(plain, want) {
				t.Fatalf("rows %v of %d values: %v, plain Go says %v, want %v", rows, width, got, plain, want)
			}
		}
	})
}

func TestGatherOfBadRows(t *testing.T) {
	for name, gather := range map[string]func(){
		"a row that is not there": func() { Gather(make([]uint64, 4), make([]uint64, 4), 2, []uint32{0, 2}) },
		"no room":                 func() { Gather(make([]uint64, 3), make([]uint64, 4), 2, []uint32{0, 1}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			gather()
		}()
	}
}
