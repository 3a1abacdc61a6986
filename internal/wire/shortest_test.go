package wire_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// plainFloat is AppendFloat by package strconv.
func plainFloat(dst []byte, v float64) []byte {
	if abs := math.Abs(v); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'f', -1, 64)
	if !strings.Contains(string(dst[start:]), ".") {
		dst = append(dst, ".0"...)
	}
	return dst
}

func checkFloat(t *testing.T, v float64) {
	t.Helper()
	if v-v != 0 {
		return
	}
	var a, b [64]byte
	if got, want := wire.AppendFloat(a[:0], v), plainFloat(b[:0], v); string(got) != string(want) {
		t.Fatalf("AppendFloat(%x) = %s, package strconv has %s", math.Float64bits(v), got, want)
	}
}

// around checks v and the numbers next to it.
func around(t *testing.T, v float64) {
	t.Helper()
	b := math.Float64bits(v)
	for d := range uint64(7) {
		checkFloat(t, math.Float64frombits(b+d-3))
	}
}

// Where the digits are hard: at every power of two, from which the number below is half as far away as that above; at every power of ten
// and its small multiples, which have few digits; at whole numbers that a float64 just holds or no longer does.
func TestAppendFloatAtEdges(t *testing.T) {
	for e := -1074; e <= 1023; e++ {
		around(t, math.Ldexp(1, e))
		around(t, math.Ldexp(1.5, e))
		around(t, math.Ldexp(math.Nextafter(2, 0), e))
	}
	for e := -323; e <= 308; e++ {
		for digits := 1; digits <= 199; digits++ {
			v, err := strconv.ParseFloat(strconv.Itoa(digits)+"e"+strconv.Itoa(e), 64)
			if err == nil {
				around(t, v)
			}
		}
	}
	for _, whole := range []float64{1e15, 1e16, 1e17, 1 << 53, 1 << 54, 1 << 55, 1 << 56, 1 << 62} {
		for d := -5000.0; d <= 5000; d++ {
			checkFloat(t, whole+d)
			checkFloat(t, -whole-d/4)
		}
	}
}

// Random bits; halves, quarters and so on, of which some are just between two decimals; decimals of few digits, and sums of them.
func TestAppendFloatAsStrconv(t *testing.T) {
	r := learner.NewRand(3)
	n := repeat.Times(200_000, 20_000)
	for range n {
		checkFloat(t, math.Float64frombits(r.Uint64()))
		checkFloat(t, r.NormFloat64())
		checkFloat(t, r.Float64())
		checkFloat(t, -r.Float64()*1e-4)
		checkFloat(t, math.Ldexp(float64(r.Uint64()>>11), r.IntN(24)-60))
		decimal := float64(r.IntN(1e9)) / math.Pow10(r.IntN(14))
		checkFloat(t, decimal)
		checkFloat(t, decimal+0.1)
		checkFloat(t, float64(r.IntN(200))/float64(1+r.IntN(200)))
		checkFloat(t, float64(float32(r.NormFloat64())))
	}
}
