package inference_test

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
	"github.com/gochimera/chimera/internal/dataio"
)

// Rows in any form are batches of one width without infinities, the same rows however large the
// batches are, or an error that names the file.
func FuzzSource(f *testing.F) {
	for _, s := range []string{
		`{"X_pred_columns": ["a", "b"], "X_pred_rows": [[1, "2"], [null, true]]}`, `[{"a": 1, "b": 2}, {"b": 4, "a": 3}]`, "a,b\n1,2\n", `[`, `[{}]`, `[1]`,
		`{"X_pred_rows": [[1]]}`, `{"X_pred_columns": [], "X_pred_rows": [[]]}`, `{"X_pred_columns": null, "X_pred_rows": []}`,
		`[{"a": {"b": 1}}]`, `[{"a": "1e999"}]`, "",
		`[{"a":1},{"a":1,"b":2}]`, `{"a": [`, `[{"a":[1]}]`, `{"X_pred_columns":["a"],"X_pred_rows":[[1]`,
	} {
		f.Add([]byte(s))
	}
	read := func(t *testing.T, text string, batch int) (cells []float64, width int, err error) {
		t.Helper()
		s, err := inference.NewSource(strings.NewReader(text), "f", inference.Written{})
		for err == nil {
			part, next := s.Next(t.Context(), batch)
			if err = next; err != nil {
				break
			}
			columns, x := part.Columns, part.X
			rows, cols := x.Dims()
			if rows == 0 || rows > batch || cols != len(columns) || width != 0 && cols != width {
				t.Fatalf("%d x %d for %q in a batch of %d", rows, cols, columns, batch)
			}
			width = cols
			cells = append(cells, x.RawMatrix().Data...)
		}
		if errors.Is(err, io.EOF) {
			return cells, width, nil
		}
		var typed *dataio.Error
		if !errors.As(err, &typed) || typed.File != "f" || typed.Reason == "" {
			t.Fatalf("%T: %v", err, err)
		}
		return cells, width, err
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		text := string(input)
		all, width, err := read(t, text, 1<<20)
		single, width1, err1 := read(t, text, 1)
		if (err == nil) != (err1 == nil) || err == nil && (width != width1 || len(all) != len(single)) {
			t.Fatalf("%d cells, %v; one by one %d, %v", len(all), err, len(single), err1)
		}
		for i, v := range all {
			if math.IsInf(v, 0) || err == nil && math.Float64bits(v) != math.Float64bits(single[i]) && !(math.IsNaN(v) && math.IsNaN(single[i])) {
				t.Errorf("cell %d is %v, one by one %v", i, v, single[i])
			}
		}
	})
}
