package inference

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Source gives rows in batches.
type Source interface {
	// Next returns up to rows rows. The error is io.EOF if there are no more.
	Next(ctx context.Context, rows int) (table.Rows, error)
}

// Written says how a file of rows is written; the zero value finds it out.
type Written struct {
	Delimiter string // of CSV, as in dataio.Options
	NoHeader  bool   // of CSV: the first line is a row, and columns are x1, x2, ...
	Target    string // for Score: the column of the target, in a file that has all columns
}

// options reads cells as they are written: only an empty one is missing.
func (w Written) options() dataio.Options {
	o := dataio.Options{Delimiter: w.Delimiter, Target: w.Target, Missing: []string{}}
	if w.NoHeader {
		o.Header = dataio.HeaderNo
	}
	return o
}

// NewSource reads rows from in, which errors call name. They are JSON in one of two forms, or else a table of any
// format that dataio reads, as JSON lines and CSV are; a first line of CSV that may be a header or a row is a header.
//
//	{"X_pred_columns": ["a", "b"], "X_pred_rows": [[1, 2], [3, 4]]}    a request's body
//	[{"a": 1, "b": 2}, {"a": 3, "b": 4}]                               one object per row
//
// A missing value is null, or an empty cell; which other cells stand for one, such as ?, the master knows, to which they go as texts. Errors in
// what is read are *dataio.Error.
func NewSource(in io.Reader, name string, w Written) (Source, error) {
	buffered := bufio.NewReaderSize(in, longestFirstLine)
	first, err := firstByte(buffered)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &dataio.Error{File: name, Reason: "cannot read", Err: err}
	}
	if first == '[' || first == '{' && !beginsLines(buffered) {
		return newJSONSource(buffered, name)
	}
	s, err := dataio.NewFeatures(buffered, name, w.options())
	if err != nil {
		return nil, err
	}
	return tableSource{s}, nil
}

// longestFirstLine is how many bytes are looked at to tell JSON lines from a request's body.
const longestFirstLine = 64 << 10

// beginsLines reports whether the first line that is not blank is an object by itself, and no request's body.
func beginsLines(in *bufio.Reader) bool {
	start, err := in.Peek(longestFirstLine)
	start = bytes.TrimLeft(start, " \t\r\n")
	line, _, ended := bytes.Cut(start, []byte("\n"))
	if !ended && err == nil {
		return false // a line that long is a body
	}
	var row map[string]json.RawMessage
	if json.Unmarshal(line, &row) != nil {
		return false
	}
	return row["X_pred_rows"] == nil && row["X_pred_columns"] == nil
}

// firstByte looks at the first byte that is no blank, without taking it.
func firstByte(in *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		b, err := in.Peek(n)
		if err != nil {
			return 0, err
		}
		if c := b[n-1]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
		if n == 512 {
			return 0, nil
		}
	}
}

type tableSource struct{ source *dataio.Source }

// Next reads the next rows.
func (s tableSource) Next(ctx context.Context, rows int) (table.Rows, error) {
	return s.source.ReadBatch(ctx, rows)
}

// jsonSource reads either JSON form token by token.
type jsonSource struct {
	name    string
	in      *json.Decoder
	columns []string // nil for objects until the first
	objects bool
	row     int
}

func newJSONSource(in io.Reader, name string) (*jsonSource, error) {
	s := &jsonSource{name: name, in: json.NewDecoder(in)}
	s.in.UseNumber()
	t, err := s.in.Token()
	if err != nil {
		return nil, s.fail("not JSON: %v", err)
	}
	if t == json.Delim('[') {
		s.objects = true
		return s, nil
	}
	for s.in.More() {
		key, err := s.in.Token()
		if err != nil {
			return nil, s.fail("not JSON: %v", err)
		}
		switch key {
		case "X_pred_columns":
			if err := s.in.Decode(&s.columns); err != nil {
				return nil, s.fail("X_pred_columns: want a list of names: %v", err)
			}
			for j, c := range s.columns {
				s.columns[j] = cell.Name(c)
			}
		case "X_pred_rows":
			if s.columns == nil {
				return nil, s.fail("X_pred_columns must come before X_pred_rows")
			}
			if t, err := s.in.Token(); err != nil || t != json.Delim('[') {
				return nil, s.fail("X_pred_rows: want a list of rows")
			}
			return s, nil
		default:
			var other any
			if err := s.in.Decode(&other); err != nil {
				return nil, s.fail("not JSON: %v", err)
			}
		}
	}
	return nil, s.fail("want X_pred_columns and X_pred_rows, or a list of objects")
}

// Next reads the next rows.
func (s *jsonSource) Next(ctx context.Context, rows int) (table.Rows, error) {
	var cells []float64
	texts := map[int]*textColumn{}
	n := 0
	for ; n < rows && s.in.More(); n++ {
		if err := ctx.Err(); err != nil {
			return table.Rows{}, err
		}
		row, err := s.next()
		if err != nil {
			return table.Rows{}, err
		}
		for j, v := range row {
			number, text, err := s.value(v, j)
			if err != nil {
				return table.Rows{}, err
			}
			if text != "" {
				if texts[j] == nil {
					texts[j] = &textColumn{codes: map[string]int32{}}
				}
				texts[j].add(n, text)
			}
			cells = append(cells, number)
		}
		s.row++
	}
	if n == 0 {
		if _, err := s.in.Token(); err != nil { // the closing bracket
			return table.Rows{}, s.fail("not JSON: the list does not end (%v)", err)
		}
		return table.Rows{}, io.EOF
	}
	out := table.Rows{Columns: s.columns, X: mat.NewDense(n, len(s.columns), cells)}
	if len(texts) > 0 {
		out.Texts = make([]*table.Texts, len(s.columns))
		for j, t := range texts {
			out.Texts[j] = t.upTo(n)
		}
	}
	return out, nil
}

// textColumn collects the texts of a column.
type textColumn struct {
	table.Texts
	codes map[string]int32
}

func (t *textColumn) add(row int, text string) {
	code, known := t.codes[text]
	if !known {
		code = int32(len(t.Values))
		t.codes[text], t.Values = code, append(t.Values, text)
	}
	t.upTo(row)
	t.Codes = append(t.Codes, code)
}

// upTo is the column with a code for so many rows.
func (t *textColumn) upTo(rows int) *table.Texts {
	for len(t.Codes) < rows {
		t.Codes = append(t.Codes, -1)
	}
	return &t.Texts
}

// next reads a row: one value per column.
func (s *jsonSource) next() ([]any, error) {
	if !s.objects {
		var row []any
		if err := s.in.Decode(&row); err != nil {
			return nil, s.fail("row %d: want a list of numbers: %v", s.row, err)
		}
		if len(row) != len(s.columns) || len(row) == 0 {
			return nil, s.fail("row %d has %d values, expected %d, one per column", s.row, len(row), len(s.columns))
		}
		return row, nil
	}
	var object map[string]any
	if err := s.in.Decode(&object); err != nil || len(object) == 0 {
		return nil, s.fail("row %d: want an object with a value for each column", s.row)
	}
	if s.columns == nil {
		for name := range object {
			s.columns = append(s.columns, name)
		}
		slices.Sort(s.columns)
	}
	if len(object) != len(s.columns) {
		return nil, s.fail("row %d has %d values, the first has %d", s.row, len(object), len(s.columns))
	}
	row := make([]any, len(s.columns))
	for j, name := range s.columns {
		v, ok := object[name]
		if !ok {
			return nil, s.fail("row %d has no %q, which the first has", s.row, name)
		}
		row[j] = v
	}
	return row, nil
}

// value is the value of a cell of column j: a number, or NaN and perhaps a text.
func (s *jsonSource) value(v any, j int) (number float64, text string, err error) {
	switch v := v.(type) {
	case nil:
		return math.NaN(), "", nil
	case bool:
		if v {
			return 1, "", nil
		}
		return 0, "", nil
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	default:
		return 0, "", s.fail("row %d, %q: expected a number, a text or null, found %v", s.row, s.columns[j], v)
	}
	number, ok := cell.Float([]byte(text))
	switch {
	case !ok:
		return math.NaN(), text, nil
	case math.IsInf(number, 0):
		return 0, "", s.fail("row %d, %q: expected a finite number, found %v", s.row, s.columns[j], v)
	}
	if _, exact := learner.NewLabel(text).Number(); exact {
		text = ""
	}
	return number, text, nil
}

func (s *jsonSource) fail(format string, args ...any) error {
	return &dataio.Error{File: s.name, Reason: fmt.Sprintf(format, args...)}
}
