package wire_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/gochimera/chimera/internal/wire"
)

// A list of numbers is read as encoding/json reads it, bit for bit, and comes back as it was.
func FuzzReadList(f *testing.F) {
	for _, s := range []string{
		`[1, 2.5, -0.0, 1e-7]`, `["1", " 2 "]`, `[NaN, -Infinity]`, `[]`, `[1,]`, `[1] x`, `[[1]]`, `[1e999]`, `[null]`, `[0.1234567890123456789]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := wire.ReadList(text, nil)
		var want []float64
		plain := json.Unmarshal(text, &want)
		var cells []any
		if json.Unmarshal(text, &cells) != nil || plain == nil && cells == nil {
			plain = errors.New("null, or no list")
		}
		for _, c := range cells {
			if c == nil {
				plain = errors.New("null, which encoding/json takes for 0")
			}
		}
		if plain == nil && (err != nil || len(got) != len(want)) {
			t.Fatalf("%q: %v, %v; encoding/json has %v", text, got, err, want)
		}
		if err != nil {
			return
		}
		for i, v := range got {
			if plain == nil && math.Float64bits(v) != math.Float64bits(want[i]) {
				t.Errorf("number %d is %v, encoding/json has %v", i, v, want[i])
			}
		}
		again, err := wire.AppendList(nil, got)
		if unsendable := (*wire.NotFiniteError)(nil); errors.As(err, &unsendable) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		back, err := wire.ReadList(again, make([]float64, 2))
		if err != nil || len(back) != len(got) {
			t.Fatalf("%v came back from %s as %v, %v", got, again, back, err)
		}
		for i, v := range back {
			if math.Float64bits(v) != math.Float64bits(got[i]) {
				t.Errorf("number %d is %v, it was %v", i, v, got[i])
			}
		}
	})
}
