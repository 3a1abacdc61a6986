package inference

import (
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

// jsonSource reads either JSON form token by token.
type jsonSource struct {
	name    string
	in      *json.Decoder
	columns []string // nil for objects until the first
	objects bool
	row     int
	text    *lineCounter
	lines   []int // of the last batch: where its rows end
}

// Place is the line in the file.
func (s *jsonSource) Place(row int) (string, int) {
	if row < 0 || row >= len(s.lines) {
		return s.name, 0
	}
	return s.name, s.lines[row]
}

func newJSONSource(in io.Reader, name string) (*jsonSource, error) {
	text := &lineCounter{in: in}
	s := &jsonSource{name: name, text: text, in: json.NewDecoder(text)}
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
	s.lines = s.lines[:0]
	for ; n < rows && s.in.More(); n++ {
		if err := ctx.Err(); err != nil {
			return table.Rows{}, err
		}
		row, err := s.next()
		if err != nil {
			return table.Rows{}, err
		}
		s.lines = append(s.lines, s.line())
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
			return nil, s.failed(err, "row %d: want a list of numbers: %v", s.row, err)
		}
		if len(row) != len(s.columns) || len(row) == 0 {
			return nil, s.fail("row %d has %d values, expected %d, one per column", s.row, len(row), len(s.columns))
		}
		return row, nil
	}
	var object map[string]any
	if err := s.in.Decode(&object); err != nil || len(object) == 0 {
		return nil, s.failed(err, "row %d: want an object with a value for each column", s.row)
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

// line is the line in which what was read last ends.
func (s *jsonSource) line() int { return s.text.line(s.in.InputOffset()) }

func (s *jsonSource) fail(format string, args ...any) error {
	return &dataio.Error{File: s.name, Line: s.line(), Reason: fmt.Sprintf(format, args...)}
}

// failed is fail for what could not be decoded. What is no JSON has not been taken from the decoder: then the place is where it begins.
func (s *jsonSource) failed(err error, format string, args ...any) error {
	e := &dataio.Error{File: s.name, Line: s.line(), Reason: fmt.Sprintf(format, args...)}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
		rest, _ := io.ReadAll(s.in.Buffered()) // memory is read
		before := rest[:len(rest)-len(bytes.TrimLeft(rest, ", \t\r\n"))]
		e.Line += bytes.Count(before, []byte("\n"))
	}
	return e
}

// lineCounter knows in which line what was read from it is.
type lineCounter struct {
	in     io.Reader
	read   int64
	passed int     // lines that have ended before those in ends
	ends   []int64 // where lines end, of what is ahead of the last question
}

// Read implements [io.Reader].
func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

// line is the line, from 1, of the byte before an offset. Offsets do not go back.
func (c *lineCounter) line(offset int64) int {
	n := 0
	for n < len(c.ends) && c.ends[n] < offset-1 {
		n++
	}
	c.passed, c.ends = c.passed+n, c.ends[n:]
	return c.passed + 1
}
