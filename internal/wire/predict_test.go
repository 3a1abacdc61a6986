package wire_test

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/prepare/table"
)

// What the Python package accepts, and the same in spellings it accepts too.
func TestDecodePredictAccepts(t *testing.T) {
	nan := math.NaN()
	abc := []string{"a", "b", "c"}
	for _, c := range []struct {
		name, body string
		columns    []string
		rows       []float64
	}{
		{"one row", `{"X_pred_columns": ["a", "b", "c"], "X_pred_rows": [[1.5, 2, 0]]}`, abc, []float64{1.5, 2, 0}},
		{"compact", `{"X_pred_columns":["a","b","c"],"X_pred_rows":[[1.5,2,0],[2.5,1,1]]}`, abc, []float64{1.5, 2, 0, 2.5, 1, 1}},
		{"blanks everywhere", " {\n\t\"X_pred_columns\" : [ \"a\" , \"b\", \"c\" ] ,\r\n \"X_pred_rows\" : [ [ 1.5 , 2 , 0 ] , [ 1,2,\n3 ] ] } \n", abc,
			[]float64{1.5, 2, 0, 1, 2, 3}},
		{"column names upper case with blanks", `{"X_pred_columns": [" A", "B ", "C"], "X_pred_rows": [[1.5, 2, 0]]}`, abc, []float64{1.5, 2, 0}},
		{"extra field", `{"X_pred_columns": ["a", "b", "c"], "X_pred_rows": [[1.5, 2, 0]], "note": {"x": [1, null, "]", {}], "y": -1e5, "z": NaN}}`, abc,
			[]float64{1.5, 2, 0}},
		{"extra field twice", `{"n": 1, "n": 2, "X_pred_columns": ["a", "b", "c"], "X_pred_rows": [[1.5, 2, 0]]}`, abc, []float64{1.5, 2, 0}},
		{"numeric strings", `{"X_pred_columns": ["a", "b", "c"], "X_pred_rows": [["1.5", " 2 ", "1e-07"]]}`, abc, []float64{1.5, 2, 1e-7}},
		{"booleans", `{"X_pred_columns": ["a", "b", "c"], "X_pred_rows": [[true, false, true]]}`, abc, []float64{1, 0, 1}},
		{"mixed cells", `{"X_pred_columns": ["a", "b", "c"], "X_pred_rows": [[1, "2", true], [true, 2, 3]]}`, abc, []float64{1, 2, 1, 1, 2, 3}},
		{"NaN literal", `{"X_pred_columns": ["a","b","c"], "X_pred_rows": [[NaN, 2, "nan"]]}`, abc, []float64{nan, 2, nan}},
		{"columns a string", `{"X_pred_columns": "aBc", "X_pred_rows": [[1.5, 2, 0]]}`, abc, []float64{1.5, 2, 0}},
		{"columns a string of other letters", `{"X_pred_columns": "é\u00fc", "X_pred_rows": [[1, 2]]}`, []string{"é", "ü"}, []float64{1, 2}},
		{"rows before columns", `{"X_pred_rows": [[1.5, 2, 0]], "X_pred_columns": ["a", "b", "c"]}`, abc, []float64{1.5, 2, 0}},
		{"escaped names", `{"X_pred_\u0063olumns": ["\u0061", "b\n", "c\"d"], "X_pred_rows": [[1, 2, 3]]}`, []string{"a", "b", `c"d`}, []float64{1, 2, 3}},
		{"negative zero and extremes", `{"X_pred_columns": ["a", "b", "c"], "X_pred_rows": [[-0, 1.7976931348623157e308, 5e-324]]}`, abc,
			[]float64{math.Copysign(0, -1), math.MaxFloat64, 5e-324}},
		{"underflow", `{"X_pred_columns": ["a"], "X_pred_rows": [[1e-400]]}`, []string{"a"}, []float64{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := []byte(c.body)
			decoded, err := wire.DecodePredict(body, wire.RowsLimits{})
			if err != nil {
				t.Fatal(err)
			}
			columns, x := decoded.Columns, decoded.X
			if decoded.Texts != nil {
				t.Errorf("texts %v, want none", decoded.Texts)
			}
			clear(body) // nothing may refer to it
			if !slices.Equal(columns, c.columns) {
				t.Errorf("columns %q, want %q", columns, c.columns)
			}
			rows, cols := x.Dims()
			if cols != len(c.columns) || rows*cols != len(c.rows) {
				t.Fatalf("%d x %d, want %d numbers in %d columns", rows, cols, len(c.rows), len(c.columns))
			}
			for i, want := range c.rows {
				got := x.At(i/cols, i%cols)
				if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Errorf("number %d is %v, want %v", i, got, want)
				}
			}
		})
	}
}

func TestDecodePredictRefuses(t *testing.T) {
	const columns = `"X_pred_columns": ["a","b","c"]`
	for _, c := range []struct {
		name, body string
		status     int
		want       []string // path: part of the message: value
	}{
		{"row of null", `{` + columns + `, "X_pred_rows": [[1, 2, 0], null]}`, 422, []string{"X_pred_rows[1]: expected a list of values, found null: null"}},
		{"list in a cell", `{` + columns + `, "X_pred_rows": [[[1], 2, 0]]}`, 422, []string{"X_pred_rows[0][0]: found a list: [1]"}},
		{"object in a cell", `{` + columns + `, "X_pred_rows": [[{"x": 1}, 2, 0]]}`, 422, []string{`X_pred_rows[0][0]: found an object: {"x": 1}`}},
		{"Infinity literal", `{` + columns + `, "X_pred_rows": [[Infinity, 2, -Infinity]]}`, 422,
			[]string{"X_pred_rows[0][0]: infinity: Infinity", "X_pred_rows[0][2]: infinity: -Infinity"}},
		{"1e400", `{` + columns + `, "X_pred_rows": [[1e400, 2, "1e400"]]}`, 422,
			[]string{"X_pred_rows[0][0]: too large for a float64: 1e400", `X_pred_rows[0][2]: too large: "1e400"`}},
		{"no rows", `{` + columns + `, "X_pred_rows": []}`, 422, []string{"X_pred_rows: no rows:"}},
		{"row too short", `{` + columns + `, "X_pred_rows": [[1.5, 2]]}`, 422, []string{"X_pred_rows[0]: expected 3 values, one per column, found 2: [1.5, 2]"}},
		{"row too long", `{` + columns + `, "X_pred_rows": [[1.5, 2, 0, 9]]}`, 422,
			[]string{"X_pred_rows[0]: expected 3 values, one per column, found 4: [1.5, 2, 0, 9]"}},
		{"empty row", `{` + columns + `, "X_pred_rows": [[]]}`, 422, []string{"X_pred_rows[0]: found 0: []"}},
		{"empty rows first, then numbers", `{` + columns + `, "X_pred_rows": [[], [1,2,3]]}`, 422, []string{"X_pred_rows[0]: found 0: []"}},
		{"ragged rows", `{` + columns + `, "X_pred_rows": [[1.5, 2, 0], [1.5, 2]]}`, 422,
			[]string{"X_pred_rows[1]: expected 3 values, one per column, found 2: [1.5, 2]"}},
		{"ragged rows before the columns", `{"X_pred_rows": [[1.5, 2, 0], [1.5, 2]], ` + columns + `}`, 422, []string{"X_pred_rows[1]: found 2: [1.5, 2]"}},
		{"rows not nested", `{` + columns + `, "X_pred_rows": [1.5, "x", null]}`, 422, []string{
			"X_pred_rows[0]: expected a list of values, found a number: 1.5", `X_pred_rows[1]: found a string: "x"`, "X_pred_rows[2]: found null: null",
		}},
		{"rows a number", `{` + columns + `, "X_pred_rows": 5}`, 422, []string{"X_pred_rows: expected a list of rows, found a number: 5"}},
		{"columns missing", `{"X_pred_rows": [[1.5, 2, 0], [1]]}`, 422, []string{"X_pred_columns: missing:"}},
		{"columns missing and a bad cell", `{"X_pred_rows": [[1.5, []]]}`, 422,
			[]string{"X_pred_columns: missing:", "X_pred_rows[0][1]: expected a number, a text or null, found a list: []"}},
		{"rows missing", `{` + columns + `}`, 422, []string{"X_pred_rows: missing:"}},
		{"empty object", `{}`, 422, []string{"X_pred_columns: missing:", "X_pred_rows: missing:"}},
		{"a list", `[]`, 422, []string{": expected a JSON object with X_pred_columns and X_pred_rows, found a list: []"}},
		{"JSON null", `null`, 422, []string{": found null: null"}},
		{"a JSON string", `"{}"`, 422, []string{`: found a string: "{}"`}},
		{"empty body", ``, 422, []string{": the body is empty:"}},
		{"blank body", " \n", 422, []string{": the body is empty:"}},
		{"columns null", `{"X_pred_columns": null, "X_pred_rows": [[1.5, 2, 0]]}`, 422,
			[]string{"X_pred_columns: expected a list of column names, found null: null"}},
		{"columns numbers", `{"X_pred_columns": [1,"b",3], "X_pred_rows": [[1.5, 2, 0]]}`, 422,
			[]string{"X_pred_columns[0]: found a number: 1", "X_pred_columns[2]: found a number: 3"}},
		{"columns with null", `{"X_pred_columns": ["a",null,"c"], "X_pred_rows": [[1.5, 2]]}`, 422,
			[]string{"X_pred_columns[1]: found null: null", "X_pred_rows[0]: expected 3 values, one per column, found 2: [1.5, 2]"}},
		{"no columns", `{"X_pred_columns": [], "X_pred_rows": [[1.5]]}`, 422, []string{"X_pred_columns: no columns:"}},
		{"no columns in a string", `{"X_pred_columns": "", "X_pred_rows": [[1.5]]}`, 422, []string{"X_pred_columns: no columns:"}},
		{"a column's name is empty", `{"X_pred_columns": ["a", " "], "X_pred_rows": [[1.5, 2]]}`, 422, []string{"X_pred_columns[1]: empty:"}},
		{"repeated columns", `{"X_pred_columns": ["a", "b", " A"], "X_pred_rows": [[1.5, 2, 0]]}`, 422,
			[]string{`X_pred_columns[2]: the column name "a" is already that of column 0`}},
		{"repeated letters", `{"X_pred_columns": "aba", "X_pred_rows": [[1.5, 2, 0]]}`, 422,
			[]string{`X_pred_columns[2]: the column name "a" is already that of column 0`}},
		{"a field twice", `{` + columns + `, "X_pred_rows": [[1, 2, 3]], "X_pred_rows": [[4, 5, 6]]}`, 422, []string{"X_pred_rows: twice:"}},

		{"bad JSON", `{"X_pred_columns": [`, 400, []string{": broken JSON at byte 20: expected a value, found the end of the body:"}},
		{"text for a body", `hello`, 400, []string{`: broken JSON at byte 0: expected a value, found "hello":`}},
		{"a cell without quotes", `{` + columns + `, "X_pred_rows": [[x, 2, 0]]}`, 400, []string{`at byte 51: expected a value, found "x, 2, 0]":`}},
		{"leading zero", `{` + columns + `, "X_pred_rows": [[01, 2, 0]]}`, 400, []string{`: expected ',' or ']', found "1, 2, 0]":`}},
		{"plus sign", `{` + columns + `, "X_pred_rows": [[1, +2, 0]]}`, 400, []string{`: expected a value, found "+2, 0]]}":`}},
		{"comma at the end of a row", `{` + columns + `, "X_pred_rows": [[1, 2, 0,]]}`, 400, []string{": expected a value"}},
		{"comma at the end of the rows", `{` + columns + `, "X_pred_rows": [[1, 2, 0],]}`, 400, []string{": expected a value after the comma"}},
		{"numbers after an empty row", `{` + columns + `, "X_pred_rows": [[]1,[2,3]]}`, 400, []string{": expected ',' or ']'"}},
		{"two numbers without a comma", `{` + columns + `, "X_pred_rows": [[1 2, 0]]}`, 400, []string{": expected ',' or ']'"}},
		{"wrong bracket", `{` + columns + `, "X_pred_rows": [[1, 2, 0}]}`, 400, []string{": expected ',' or ']'"}},
		{"cut in a row", `{` + columns + `, "X_pred_rows": [[1, 2, 0], [1, 2`, 400, []string{": found the end of the body"}},
		{"cut in a string", `{"X_pred_columns": ["a`, 400, []string{": expected the end of a string"}},
		{"bad escape", `{"X_pred_columns": ["\q"]}`, 400, []string{": expected a valid string"}},
		{"control character", "{\"X_pred_columns\": [\"a\nb\"]}", 400, []string{": expected a valid string"}},
		{"invalid UTF-8", "{\"X_pred_columns\": [\"a\xff\"]}", 400, []string{": expected a valid string"}},
		{"no colon", `{"X_pred_columns" ["a"]}`, 400, []string{": expected ':'"}},
		{"field name without quotes", `{X_pred_columns: ["a"]}`, 400, []string{": expected a field name in double quotes"}},
		{"second value", `{} {}`, 400, []string{": expected the end of the body"}},
		{"broken after a bad cell", `{` + columns + `, "X_pred_rows": [[{}, 2, 0]`, 400, []string{": broken JSON at byte"}},
		{"nested too deeply", strings.Repeat("[", 100_000), 400, []string{": nested deeper than 100"}},
		{"NUL", "\x00", 400, []string{": broken JSON at byte 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, err := wire.DecodePredict([]byte(c.body), wire.RowsLimits{})
			var body *wire.BodyError
			if !errors.As(err, &body) {
				t.Fatalf("got %v, %v, want a BodyError", x, err)
			}
			if body.Status != c.status || body.Total != len(c.want) || len(body.Faults) != len(c.want) {
				t.Errorf("status %d and %d of %d faults, want %d and %d: %v", body.Status, len(body.Faults), body.Total, c.status, len(c.want), body.Faults)
			}
			for i, p := range body.Faults[:min(len(body.Faults), len(c.want))] {
				got := p.Path + ": " + p.Message + ": " + p.Value
				for _, part := range strings.Split(c.want[i], ": ") {
					if !strings.Contains(got, part) {
						t.Errorf("problem %d is %q, want %q", i, got, c.want[i])
					}
				}
			}
		})
	}
}

func TestDecodePredictLocations(t *testing.T) {
	_, err := wire.DecodePredict([]byte(`{"X_pred_columns": ["a", "b"], "X_pred_rows": [[1, 2], [3, []]]}`), wire.RowsLimits{})
	want := &wire.BodyError{
		Status: http.StatusUnprocessableEntity,
		Total:  1,
		Faults: []wire.BodyFault{{
			Path: "X_pred_rows[1][1]", Loc: []any{"body", "X_pred_rows", 1, 1},
			Message: "expected a number, a text or null for column b, found a list", Value: "[]",
		}},
	}
	if diff := cmp.Diff(want, err); diff != "" {
		t.Error(diff)
	}
	if got, want := err.Error(), "X_pred_rows[1][1]: expected a number, a text or null for column b, found a list"; got != want {
		t.Errorf("Error() is %q, want %q", got, want)
	}
}

// 780 KB of bad cells must not come back as 10 MB.
func TestDecodePredictBoundsItsErrors(t *testing.T) {
	long := `"` + strings.Repeat("é", 500) + `"`
	body := `{"X_pred_columns": [` + long + `], "X_pred_rows": [` + strings.TrimSuffix(strings.Repeat("[{"+long+":1}],", 1000), ",") + `]}`
	for _, c := range []struct{ limit, want int }{{0, 20}, {3, 3}, {5000, 1000}} {
		_, err := wire.DecodePredict([]byte(body), wire.RowsLimits{Faults: c.limit})
		var bad *wire.BodyError
		if !errors.As(err, &bad) {
			t.Fatalf("got %v, want a BodyError", err)
		}
		if len(bad.Faults) != c.want || bad.Total != 1000 {
			t.Errorf("limit %d: %d faults listed of %d, want %d of 1000", c.limit, len(bad.Faults), bad.Total, c.want)
		}
		for _, p := range bad.Faults {
			if len(p.Value) > 64 || len(p.Message) > 200 || strings.Contains(p.Value, "\uFFFD") {
				t.Fatalf("the problem echoes %d bytes: %v", len(p.Value), p)
			}
		}
	}
}

func TestDecodePredictLimits(t *testing.T) {
	const body = `{"X_pred_columns": ["a"], "X_pred_rows": [[1], [2], [3]]}`
	for _, c := range []struct {
		name   string
		limits wire.RowsLimits
		status int
	}{
		{"none", wire.RowsLimits{}, 0},
		{"just enough", wire.RowsLimits{Bytes: int64(len(body)), Rows: 3}, 0},
		{"bytes", wire.RowsLimits{Bytes: int64(len(body)) - 1}, http.StatusRequestEntityTooLarge},
		{"rows", wire.RowsLimits{Rows: 2}, http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := wire.DecodePredict([]byte(body), c.limits)
			_, readErr := wire.ReadPredict(strings.NewReader(body), c.limits)
			for _, err := range []error{err, readErr} {
				var refused *wire.BodyError
				if errors.As(err, &refused) && refused.Status != c.status || err != nil && c.status == 0 || err == nil && c.status != 0 {
					t.Errorf("got %v, want status %d", err, c.status)
				}
			}
		})
	}
}

func TestEncodePredict(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1.5, 1e-7, 60, -1e22})
	got, err := wire.EncodePredict(nil, table.Rows{Columns: []string{"a", "b \"é\"\n"}, X: x})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"X_pred_columns":["a","b \"é\"\n"],"X_pred_rows":[[1.5,1e-07],[60.0,-1e+22]]}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	x.Set(0, 1, math.NaN())
	body, err := wire.EncodePredict(nil, table.Rows{Columns: []string{"a", "b"}, X: x})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := wire.DecodePredict(body, wire.RowsLimits{}); err != nil || !math.IsNaN(back.X.At(0, 1)) || back.X.At(1, 1) != -1e22 {
		t.Errorf("a missing value does not come back from %s: %v", body, err)
	}
	x.Set(1, 0, math.Inf(-1))
	_, err = wire.EncodePredict(nil, table.Rows{Columns: []string{"a", "b"}, X: x})
	var bad *wire.NotFiniteError
	if !errors.As(err, &bad) || bad.Row != 1 || bad.Column != 0 {
		t.Errorf("got %v, want a NotFiniteError at row 1, column 0", err)
	}
}

// A cell is a number, a text or missing; what a text is follows from the words for missing values.
func TestDecodePredictTexts(t *testing.T) {
	const body = `{"X_pred_columns": ["a", "b"], "X_pred_rows": [[1, " red"], ["blue", "red"], [null, "?"], ["NA", "2"],
		["", "unknown"], [9007199254740993, "-9007199254740993"], ["N/A", 9007199254740992.0]]}`
	text := func(s string) any { return s }
	for name, c := range map[string]struct {
		missing []string
		want    []any // nil is missing
	}{
		"usual words": {nil, []any{1.0, text("red"), text("blue"), text("red"), nil, nil, nil, 2.0, nil, text("unknown"),
			text("9007199254740993"), text("-9007199254740993"), nil, 9007199254740992.0}},
		"another word": {[]string{"Unknown"}, []any{1.0, text("red"), text("blue"), text("red"), nil, text("?"), text("NA"), 2.0, nil, nil,
			text("9007199254740993"), text("-9007199254740993"), text("N/A"), 9007199254740992.0}},
	} {
		rows, err := wire.DecodePredict([]byte(body), wire.RowsLimits{Missing: cell.NewMissing(c.missing)})
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range c.want {
			i, j := k/2, k%2
			var got any
			if s, is := rows.Text(i, j); is {
				got = s
			} else if v := rows.X.At(i, j); !math.IsNaN(v) {
				got = v
			}
			if got != want {
				t.Errorf("%s: row %d, column %d is %v, want %v", name, i, j, got, want)
			}
		}
		if v := rows.X.At(5, 0); v != 9007199254740992 {
			t.Errorf("the text of a large number has the value %v", v)
		}
		comesBack(t, rows)
	}
}

func TestRowsFromRefuses(t *testing.T) {
	x, codes := wire.Dense(wire.ArrayRows, mat.NewDense(2, 1, []float64{1, math.NaN()})), wire.Vector(wire.ArrayCodes, []float64{-1, 0})
	red := []table.ColumnTexts{{Column: 0, Values: []string{"red"}}}
	if rows, err := wire.RowsFrom([]string{"a"}, red, []wire.Array{x, codes}); err != nil || rows.Texts[0].Codes[1] != 0 {
		t.Fatalf("%v, %v", rows, err)
	}
	for name, parse := range map[string]func() (table.Rows, error){
		"no rows": func() (table.Rows, error) {
			return wire.RowsFrom([]string{"a"}, nil, []wire.Array{wire.Dense(wire.ArrayRows, nil)})
		},
		"no X":             func() (table.Rows, error) { return wire.RowsFrom([]string{"a"}, nil, []wire.Array{codes}) },
		"too many columns": func() (table.Rows, error) { return wire.RowsFrom([]string{"a", "b"}, nil, []wire.Array{x}) },
		"no codes":         func() (table.Rows, error) { return wire.RowsFrom([]string{"a"}, red, []wire.Array{x}) },
		"too few codes": func() (table.Rows, error) {
			return wire.RowsFrom([]string{"a"}, red, []wire.Array{x, wire.Vector("codes", []float64{0})})
		},
		"a fraction": func() (table.Rows, error) {
			return wire.RowsFrom([]string{"a"}, red, []wire.Array{x, wire.Vector("codes", []float64{0.5, 0})})
		},
		"a code of no text": func() (table.Rows, error) {
			return wire.RowsFrom([]string{"a"}, red, []wire.Array{x, wire.Vector("codes", []float64{0, 1})})
		},
		"no number": func() (table.Rows, error) {
			return wire.RowsFrom([]string{"a"}, red, []wire.Array{x, wire.Vector("codes", []float64{0, math.NaN()})})
		},
		"another column": func() (table.Rows, error) {
			return wire.RowsFrom([]string{"a"}, []table.ColumnTexts{{Column: 1, Values: []string{"red"}}}, []wire.Array{x, codes})
		},
		"a column twice": func() (table.Rows, error) {
			return wire.RowsFrom([]string{"a"}, append(red, red...), []wire.Array{x, wire.Dense("codes", mat.NewDense(2, 2, nil))})
		},
	} {
		if _, err := parse(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
