package prepare_test

import (
	"encoding/json"
	"testing"

	"github.com/gochimera/chimera/prepare"
)

// A summary that passes its check can be agreed on, alone and twice, and the result can be applied.
func FuzzSummary(f *testing.F) {
	q, rows, y := asked()
	s, err := prepare.Summarise(f.Context(), q, rows, y)
	if err != nil {
		f.Fatal(err)
	}
	text, _ := json.Marshal(s)
	f.Add(text)
	f.Add([]byte(`{"rows":4,"columns":[{"name":"sums","missing":4},{"name":"range","missing":4},{"name":"values","missing":4,"values":{"bits":16}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var s prepare.Summary
		if json.Unmarshal(text, &s) != nil || s.Check(q, 4) != nil {
			return
		}
		back := overWire(t, &s)
		if err := back.Check(q, 4); err != nil {
			t.Fatalf("it is refused when it comes back: %v", err)
		}
		for _, all := range [][]*prepare.Summary{{&s}, {&s, back}} {
			p, err := prepare.Agree(q, all)
			if err != nil {
				continue // such as a column whose cells are all missing, for all columns
			}
			if err := overWire(t, p).Validate(); err != nil {
				t.Fatalf("the preparation is refused: %v", err)
			}
			if _, err := p.TransformTraining(t.Context(), q, rows); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A preparation that is valid names as many different features as it makes of any rows.
func FuzzPreparation(f *testing.F) {
	q, rows, y := asked()
	text, _ := json.Marshal(agree(f, q, [][]float64{y}, rows))
	f.Add(text)
	f.Add([]byte(`{"version":1,"columns":[{"name":"sums","kind":"numeric"},{"name":"words","kind":"categorical","encode":"one-hot","unknown":"error"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p prepare.Preparation
		if json.Unmarshal(text, &p) != nil || p.Validate() != nil {
			return
		}
		if err := overWire(t, &p).Validate(); err != nil {
			t.Fatalf("it is refused when it comes back: %v", err)
		}
		names := map[string]bool{}
		for _, name := range p.Features() {
			if names[name] {
				t.Fatalf("two features %q", name)
			}
			names[name] = true
		}
		cells := make([]any, len(p.Names()))
		for j := range cells {
			cells[j] = []any{1.0, "a", nil}[j%3]
		}
		x, err := p.Transform(t.Context(), rowsOf(p.Names(), cells))
		if err != nil {
			return
		}
		if _, width := x.Dims(); width != len(names) {
			t.Fatalf("%d features, %d names", width, len(names))
		}
	})
}
