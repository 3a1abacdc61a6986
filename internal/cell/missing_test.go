package cell_test

import (
	"testing"

	"github.com/gochimera/chimera/internal/cell"
)

func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		name    string
		markers []string
		is, not []string
		numbers map[float64]bool
	}{
		{"what is missing if nothing is said", nil, []string{"", "  ", "NA", "na", " N/A", "n/a", "NaN", "nan", "NULL", "null", "?", "<NA>", "None"},
			[]string{"none", "NONE", "no", "n a", "0", "-", "unknown"}, map[float64]bool{0: false}},
		{"what is said replaces it", []string{"unknown", "-999"}, []string{"", "Unknown"}, []string{"NA", "?", "None"}, map[float64]bool{-999: true, 999: false}},
		{"nothing but empty cells", []string{}, []string{"", "\t"}, []string{"NA", "NaN"}, nil},
		{"letters beyond ASCII", []string{"Ø"}, []string{"ø"}, []string{"o"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := cell.NewMissing(tt.markers)
			for _, s := range tt.is {
				if !m.Is([]byte(s)) {
					t.Errorf("%q is not missing", s)
				}
			}
			for _, s := range tt.not {
				if m.Is([]byte(s)) {
					t.Errorf("%q is missing", s)
				}
			}
			for v, want := range tt.numbers {
				if m.IsNumber(v) != want {
					t.Errorf("%v is missing: %t", v, !want)
				}
			}
		})
	}
}
