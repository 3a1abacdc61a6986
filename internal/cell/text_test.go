package cell_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/cell"
)

func TestValue(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"1.5", 1.5, true}, {" 1.5\t", 1.5, true}, {"+2", 2, true}, {".5", 0.5, true}, {"5.", 5, true},
		{"007", 7, true}, {"1e3", 1000, true}, {"-1E-2", -0.01, true},
		{"true", 1, true}, {"True", 1, true}, {"FALSE", 0, true},
		{"NaN", nan, true}, {"nan", nan, true}, {"NA", nan, true}, {"null", nan, true}, {"None", nan, true},
		{"inf", inf, true}, {"-Infinity", -inf, true}, {"1e400", inf, true}, {"-1e400", -inf, true},
		{"", 0, false}, {"  ", 0, false}, {"x", 0, false}, {"1,5", 0, false}, {"1 2", 0, false},
		{"0x10", 0, false}, {"1_000", 0, false}, {"0x1p-2", 0, false}, {"--1", 0, false}, {"1e", 0, false},
		{"12 %", 0, false}, {strings.Repeat("y", 1<<20), 0, false},
	} {
		got, ok := cell.Value([]byte(c.in))
		same := got == c.want || math.IsNaN(got) && math.IsNaN(c.want)
		if ok != c.ok || ok && !same {
			t.Errorf("Value(%.40q) = %v, %v; want %v, %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{" A ": "a", "Age": "age", "ÄRZTE": "ärzte", "": "", "a b": "a b"} {
		if got := cell.Name(in); got != want {
			t.Errorf("Name(%q) = %q, want %q", in, got, want)
		}
	}
}
