package inference

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
)

// Source gives rows in batches.
type Source interface {
	// Next returns the columns' names and up to rows rows. The error is io.EOF
	// if there are no more.
	Next(ctx context.Context, rows int) (columns []string, x *mat.Dense, err error)
}

// NewSource reads rows from in, which errors call name. What begins with a
// bracket is JSON, in one of two forms, everything else is CSV with a header:
//
//	{"X_pred_columns": ["a", "b"], "X_pred_rows": [[1, 2], [3, 4]]}    a request's body
//	[{"a": 1, "b": 2}, {"a": 3, "b": 4}]                               one object per row
//
// A missing value is null, or an empty cell. Errors in what is read are
// *dataio.Error.
func NewSource(in io.Reader, name string) (Source, error) {
	buffered := bufio.NewReader(in)
	first, err := firstByte(buffered)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &dataio.Error{File: name, Reason: "cannot read", Err: err}
	}
	if first == '{' || first == '[' {
		return newJSONSource(buffered, name)
	}
	r, err := dataio.NewReader(buffered, name)
	if err != nil {
		return nil, err
	}
	return csvSource{r}, nil
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

type csvSource struct{ reader *dataio.Reader }

// Next reads the next rows.
func (s csvSource) Next(ctx context.Context, rows int) ([]string, *mat.Dense, error) {
	x, err := s.reader.ReadBatch(ctx, rows)
	return s.reader.Columns(), x, err
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
func (s *jsonSource) Next(ctx context.Context, rows int) ([]string, *mat.Dense, error) {
	var cells []float64
	n := 0
	for ; n < rows && s.in.More(); n++ {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		row, err := s.next()
		if err != nil {
			return nil, nil, err
		}
		cells = append(cells, row...)
		s.row++
	}
	if n == 0 {
		if _, err := s.in.Token(); err != nil { // the closing bracket
			return nil, nil, s.fail("not JSON: the list does not end (%v)", err)
		}
		return s.columns, nil, io.EOF
	}
	return s.columns, mat.NewDense(n, len(s.columns), cells), nil
}

func (s *jsonSource) next() ([]float64, error) {
	if !s.objects {
		var row []any
		if err := s.in.Decode(&row); err != nil {
			return nil, s.fail("row %d: want a list of numbers: %v", s.row, err)
		}
		if len(row) != len(s.columns) || len(row) == 0 {
			return nil, s.fail("row %d has %d values, expected %d, one per column", s.row, len(row), len(s.columns))
		}
		return s.numbers(row)
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
	return s.numbers(row)
}

func (s *jsonSource) numbers(row []any) ([]float64, error) {
	out := make([]float64, len(row))
	for j, v := range row {
		text := ""
		switch v := v.(type) {
		case nil:
			out[j] = math.NaN()
			continue
		case json.Number:
			text = v.String()
		case string:
			text = v
		case bool:
			if v {
				out[j] = 1
			}
			continue
		}
		number, ok := cell.Value([]byte(text))
		if !ok || math.IsInf(number, 0) {
			return nil, s.fail("row %d, %q: expected a finite number, found %v", s.row, s.columns[j], v)
		}
		out[j] = number
	}
	return out, nil
}

func (s *jsonSource) fail(format string, args ...any) error {
	return &dataio.Error{File: s.name, Reason: fmt.Sprintf(format, args...)}
}
