package wire_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/wire"
)

// allocated is how many bytes f allocates, at the least of some runs: another goroutine may allocate too.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	least := ^uint64(0)
	for range 3 {
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// What a body makes a node allocate is bounded by what it may hold, however many values it has where none may be.
func TestDecodePredictIsBounded(t *testing.T) {
	const many = 50_000
	for _, c := range []struct {
		name, body string
		limits     wire.RowsLimits
		status     int
		fault      string
		most       uint64 // bytes
	}{
		{
			"a row beyond its columns", `{"X_pred_columns": ["a"], "X_pred_rows": [[` + strings.Repeat("0,", many) + `"x"]]}`, wire.RowsLimits{},
			http.StatusUnprocessableEntity, fmt.Sprintf("expected 1 values, one per column, found %d", many+1), many,
		},
		{
			"texts beyond its columns", `{"X_pred_columns": ["a"], "X_pred_rows": [[` + strings.Repeat(`"x",`, many) + `"x"]]}`, wire.RowsLimits{},
			http.StatusUnprocessableEntity, fmt.Sprintf("expected 1 values, one per column, found %d", many+1), many,
		},
		{
			"a row of no columns", `{"X_pred_rows": [[` + strings.Repeat(`"x",`, many) + `"x"]]}`, wire.RowsLimits{},
			http.StatusUnprocessableEntity, "this field is missing", 64 * many,
		},
		{
			"one letter of a string, many times", `{"X_pred_columns": "` + strings.Repeat("a", many) + `", "X_pred_rows": [[0]]}`, wire.RowsLimits{Columns: 10},
			http.StatusRequestEntityTooLarge, "more columns than the limit of 10", many,
		},
		{
			"a list of names", `{"X_pred_columns": [` + strings.Repeat(`"a",`, many) + `"a"], "X_pred_rows": [[0]]}`, wire.RowsLimits{Columns: 10},
			http.StatusRequestEntityTooLarge, "more columns than the limit of 10", many,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := []byte(c.body)
			var err error
			bytes := allocated(func() { _, err = wire.DecodePredict(body, c.limits) })
			var refused *wire.BodyError
			if !errors.As(err, &refused) || refused.Status != c.status || !strings.Contains(refused.Faults[0].Message, c.fault) {
				t.Errorf("got %v, want status %d: %s", err, c.status, c.fault)
			}
			if bytes > c.most {
				t.Errorf("a body of %d bytes made it allocate %d, want at most %d", len(body), bytes, c.most)
			}
		})
	}
}

// As many columns as the limit are no fault.
func TestDecodePredictAtTheLimitOfColumns(t *testing.T) {
	for _, columns := range []string{`["a","b","c"]`, `"abc"`, `"äbü"`} {
		body := []byte(`{"X_pred_columns": ` + columns + `, "X_pred_rows": [[1, "x", 3]]}`)
		rows, err := wire.DecodePredict(body, wire.RowsLimits{Columns: 3})
		if err != nil || len(rows.Columns) != 3 {
			t.Errorf("%s: %v, %v", columns, rows.Columns, err)
		}
	}
}

// Whether a number is exact is found out only of those that a program writes: of a million digits with an exponent that takes them
// away again, it would take minutes for each megabyte. What is longer keeps its text, as one that is not exact does.
func TestALongNumberKeepsItsText(t *testing.T) {
	const digits = 20_000
	for _, cell := range []string{"%s", `"%s"`} {
		for number, kept := range map[string]bool{
			"1" + strings.Repeat("0", digits) + fmt.Sprintf("e-%d", digits-20): true,
			"9007199254740993." + strings.Repeat("0", 500):                     true,
			"9007199254740992." + strings.Repeat("0", 300):                     false,
			"1" + strings.Repeat("0", 300):                                     false,
		} {
			body := []byte(`{"X_pred_columns": ["a"], "X_pred_rows": [[` + fmt.Sprintf(cell, number) + `]]}`)
			rows, err := wire.DecodePredict(body, wire.RowsLimits{})
			if err != nil {
				t.Fatal(err)
			}
			text, is := rows.Text(0, 0)
			if is != kept || is && text != number {
				t.Errorf("%.20s... of %d bytes has a text: %t, want %t", number, len(number), is, kept)
			}
			if allocs := allocated(func() { _, err = wire.DecodePredict(body, wire.RowsLimits{}) }); allocs > 16*uint64(len(body))+10_000 {
				t.Errorf("%.20s... of %d bytes made it allocate %d", number, len(number), allocs)
			}
		}
	}
}
