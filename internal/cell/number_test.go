package cell_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/internal/cell"
)

// sameBits fails unless Number reads the whole of s with the bits that strconv gives.
func sameBits(t interface {
	Helper()
	Fatalf(string, ...any)
}, s string) {
	t.Helper()
	want, _ := strconv.ParseFloat(s, 64) // out of range gives the infinity we want as well
	got, n := cell.Number([]byte(s))
	if n != len(s) {
		t.Fatalf("Number(%q) took %d bytes of %d", s, n, len(s))
	}
	if math.Float64bits(got) != math.Float64bits(want) {
		t.Fatalf("Number(%q) = %v (%x), strconv has %v (%x)", s, got, math.Float64bits(got), want, math.Float64bits(want))
	}
}

func TestNumberHardCases(t *testing.T) {
	for _, s := range []string{
		"0", "-0", "0.0", "-0.0", "1", "-1", "10", "0.1", "0.3", "12.5",
		"9007199254740992", "9007199254740993", "9007199254740995", // 2^53 and the halves above it
		"9223372036854775807", "9223372036854775809", "9999999999999999999", // 19 digits, above 2^63
		"18446744073709551615", "18446744073709551616", // 2^64-1 and 2^64: 20 digits
		"0.9999999999999999999", "0.00000000000000000001", "0.0000000000000000001",
		"0.12345678901234567", "123.45678901234567", "-0.0012345678901234567",
		"4503599627370496.5", "4503599627370497.5", // exactly half: to even
		"9007199254740993.0", "900719925474099.35",
		"1e22", "1e23", "1E5", "1e+5", "1e-7", "1.7976931348623157e308", "1.8e308", "-1e400", "1e400", "1e-400",
		"5e-324", "2.4703282292062327e-324", "2.2250738585072011e-308",
		"0." + strings.Repeat("0", 400) + "1", "1" + strings.Repeat("0", 400),
		"3.141592653589793238462643383279502884197",
	} {
		t.Run(s[:min(len(s), 24)], func(t *testing.T) { sameBits(t, s) })
	}
}

func TestNumberAsStrconv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0: // any float64, shortest form
			f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return
			}
			sameBits(t, strconv.FormatFloat(f, 'g', -1, 64))
		case 1: // data-like: some digits before and after the point
			f := rapid.Float64Range(-1e6, 1e6).Draw(t, "value")
			sameBits(t, strconv.FormatFloat(f, 'f', rapid.IntRange(0, 22).Draw(t, "decimals"), 64))
		case 2: // halfway between two neighbours, where rounding is hardest
			m := rapid.Uint64Range(1<<52, 1<<53-1).Draw(t, "mantissa")
			sameBits(t, strconv.FormatUint(m, 10)+".5")
		default:
			sameBits(t, rapid.StringMatching(`-?(0|[1-9][0-9]{0,21})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "text"))
		}
	})
}

func TestNumberTakesTheLongestPrefix(t *testing.T) {
	for _, c := range []struct {
		in string
		n  int
	}{
		{"", 0}, {"-", 0}, {"+1", 0}, {".5", 0}, {"x", 0}, {"-x", 0}, {"NaN", 0}, {"-.5", 0},
		{"01", 1}, {"-01", 2}, {"1.", 1}, {"1.x", 1}, {"1e", 1}, {"1e+", 1}, {"1.5e-", 3},
		{"1,2", 1}, {"1.25]", 4}, {"1e5 ", 3}, {"12345678901234567,", 17}, {"0.123456789,", 11},
		{"0.1234567a", 9}, {"0.12345678a", 10}, {"0x10", 1}, {"1_000", 1},
	} {
		if _, n := cell.Number([]byte(c.in)); n != c.n {
			t.Errorf("Number(%q) took %d bytes, want %d", c.in, n, c.n)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-1.5", "1e400", "0.1234567890123456789", "00", "1.e", "9007199254740993"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, n := cell.Number(b)
		if n > 0 {
			sameBits(t, string(b[:n]))
		}
	})
}

func BenchmarkNumber(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"digit", "1"}, {"integer", "1234"}, {"decimal", "12.75"}, {"digits17", "0.12345678901234567"},
	} {
		text := []byte(c.text)
		b.Run(c.name+"/cell", func(b *testing.B) {
			for b.Loop() {
				cell.Number(text)
			}
		})
		b.Run(c.name+"/strconv", func(b *testing.B) {
			for b.Loop() {
				_, _ = strconv.ParseFloat(string(text), 64)
			}
		})
	}
}
