package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/prepare/table"
)

// plainPredict is DecodePredict for numbers only, by encoding/json. ok is false where the
// two may differ: it reads no strings, no booleans and none of Python's literals.
func plainPredict(body []byte) (columns []string, rows [][]float64, ok bool) {
	var v struct {
		Columns []string     `json:"X_pred_columns"`
		Rows    [][]*float64 `json:"X_pred_rows"`
	}
	if json.Unmarshal(body, &v) != nil || len(v.Columns) == 0 || len(v.Rows) == 0 {
		return nil, nil, false
	}
	seen := map[string]bool{}
	for i, name := range v.Columns {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" || seen[name] {
			return nil, nil, false
		}
		seen[name] = true
		v.Columns[i] = name
	}
	for _, row := range v.Rows {
		if len(row) != len(v.Columns) {
			return nil, nil, false
		}
		values := make([]float64, len(row))
		for j, one := range row {
			if one == nil {
				return nil, nil, false
			}
			values[j] = *one
		}
		rows = append(rows, values)
	}
	return v.Columns, rows, true
}

// agree fails if DecodePredict returns other rows than encoding/json, or takes
// for JSON what is not, or the reverse.
func agree(t interface {
	Helper()
	Fatalf(string, ...any)
}, body []byte) {
	t.Helper()
	wantColumns, wantRows, ok := plainPredict(body)
	decoded, err := wire.DecodePredict(body, wire.RowsLimits{})
	columns, x := decoded.Columns, decoded.X
	if err == nil {
		if r, c := x.Dims(); c != len(columns) || r == 0 {
			t.Fatalf("%q: %d x %d for %d columns", body, r, c, len(columns))
		}
		comesBack(t, decoded)
	}
	var refused *wire.BodyError
	broken := errors.As(err, &refused) && refused.Status == http.StatusBadRequest
	if broken == json.Valid(body) && !extendsJSON(body) && len(bytes.TrimSpace(body)) > 0 {
		t.Fatalf("%q: valid JSON: %v, but the error is %v", body, json.Valid(body), err)
	}
	if !ok || readsDifferently(body) {
		return
	}
	if err != nil {
		t.Fatalf("%q: %v, encoding/json reads it", body, err)
	}
	if strings.Join(columns, "\x00") != strings.Join(wantColumns, "\x00") {
		t.Fatalf("%q: columns %q, encoding/json has %q", body, columns, wantColumns)
	}
	for i, row := range wantRows {
		for j, want := range row {
			if got := x.At(i, j); math.Float64bits(got) != math.Float64bits(want) {
				t.Fatalf("%q: row %d, column %d is %v, encoding/json has %v", body, i, j, got, want)
			}
		}
	}
}

// extendsJSON reports whether the body may hold what we and encoding/json
// take differently: Python's literals; invalid UTF-8 and half surrogates, which
// encoding/json replaces; and deep nesting.
func extendsJSON(body []byte) bool {
	text := string(body)
	return strings.Contains(text, "NaN") || strings.Contains(text, "Infinity") ||
		!utf8.ValidString(text) || strings.Contains(text, `\u`) ||
		strings.Count(text, "[")+strings.Count(text, "{") > 90
}

// readsDifferently reports whether encoding/json may find other fields in the
// body: it takes a field's name in any case and twice.
func readsDifferently(body []byte) bool {
	text := string(body)
	return extendsJSON(body) || strings.Count(strings.ToLower(text), "x_pred_") != 2 ||
		!strings.Contains(text, `"X_pred_columns"`) || !strings.Contains(text, `"X_pred_rows"`)
}

func TestDecodePredictAsEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cols := rapid.IntRange(1, 5).Draw(t, "columns")
		rows := rapid.IntRange(1, 6).Draw(t, "rows")
		blank := rapid.SampledFrom([]string{"", " ", "\n  "})
		value := rapid.OneOf(
			rapid.Map(rapid.IntRange(-3, 200), strconv.Itoa),
			rapid.Map(rapid.Float64(), func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }),
			rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?`),
		)
		var b strings.Builder
		b.WriteString(`{"X_pred_columns":[`)
		for j := range cols {
			if j > 0 {
				b.WriteString(",")
			}
			b.WriteString(blank.Draw(t, "blank") + `"c` + strconv.Itoa(j) + `"`)
		}
		b.WriteString(`],"X_pred_rows":[`)
		for i := range rows {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString("[")
			for j := range cols {
				if j > 0 {
					b.WriteString(",")
				}
				b.WriteString(blank.Draw(t, "before") + value.Draw(t, "cell") + blank.Draw(t, "after"))
			}
			b.WriteString("]")
		}
		b.WriteString("]}")
		agree(t, []byte(b.String()))
	})
}

func FuzzDecodePredict(f *testing.F) {
	for _, s := range []string{
		`{"X_pred_columns": ["a", "b"], "X_pred_rows": [[1.5, 2], [-3e5, 0.25]]}`,
		`{"X_pred_rows": [[1, 2]], "X_pred_columns": "ab", "x": {"y": [null, true]}}`,
		`{"X_pred_columns": ["a"], "X_pred_rows": [[NaN], ["1.5"], [true], [null], [[1]], []]}`,
		`{"X_pred_columns": ["a", "b"], "X_pred_rows": [["red", 9007199254740993], [" ?", "Red "], [null, "\u00e9"], ["9007199254740993", 1]]}`,
		`{"X_pred_columns": ["a"], "X_pred_rows": [[]1,[2]]}`, `[`, `null`, `{}`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}

// comesBack fails if rows are others once they have travelled, in a frame or as JSON.
func comesBack(t interface {
	Helper()
	Fatalf(string, ...any)
}, rows table.Rows) {
	t.Helper()
	texts, arrays := wire.RowsArrays(rows)
	framed, err := wire.RowsFrom(rows.Columns, texts, arrays)
	if err != nil {
		t.Fatalf("the frame's rows: %v", err)
	}
	body, err := wire.EncodePredict(nil, rows)
	if err != nil {
		t.Fatalf("the body: %v", err)
	}
	again, err := wire.DecodePredict(body, wire.RowsLimits{Missing: cell.NewMissing([]string{})})
	if err != nil {
		if isText(rows) {
			return // a text may have invalid UTF-8 replaced
		}
		t.Fatalf("%s: %v", body, err)
	}
	for _, other := range []table.Rows{framed, again} {
		if other.Len() != rows.Len() {
			t.Fatalf("%d rows, want %d", other.Len(), rows.Len())
		}
		for i := range rows.Len() {
			for j := range rows.Columns {
				a, aText := rows.Text(i, j)
				b, bText := other.Text(i, j)
				v, w := rows.X.At(i, j), other.X.At(i, j)
				if a != b || aText != bText || math.Float64bits(v) != math.Float64bits(w) && !(math.IsNaN(v) && math.IsNaN(w)) {
					t.Fatalf("row %d, column %d: %v %q, want %v %q", i, j, w, b, v, a)
				}
			}
		}
	}
}

func isText(rows table.Rows) bool { return rows.Texts != nil }
