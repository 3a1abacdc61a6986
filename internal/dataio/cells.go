package dataio

import (
	"bytes"
	"math"
	"slices"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// maxExact is the first whole number whose neighbour a float64 cannot hold: 2^53.
const maxExact = 1 << 53

// cells collects typed rows.
type cells struct {
	name    string // of the file, in errors
	columns []string
	missing *cell.Missing

	rows    int // that are whole
	numbers []float64
	texts   []*texts // one per column, nil for a column without
}

// texts is a column that has texts.
type texts struct {
	values []string
	codes  []int32          // of the rows up to the last that has a text
	known  map[string]known // what a cell means that is no plain number

	text     place // of the first text that is no number
	infinite place // of the first number that is not finite; it counts as a text if the column has others
}

// known is what a cell means.
type known struct {
	v    float64
	code int32
}

// place is a cell of a file.
type place struct {
	line, field int
	text        string
}

func newCells(name string, columns []string, missing *cell.Missing) *cells {
	return &cells{name: name, columns: columns, missing: missing, texts: make([]*texts, len(columns))}
}

// add reads the cell of column j in the current row that is no plain number, and returns what goes into the
// matrix. line and field are its place.
func (c *cells) add(text []byte, j, line, field int) (float64, error) {
	text = bytes.TrimSpace(text)
	t := c.texts[j]
	if t != nil {
		if k, ok := t.known[string(text)]; ok {
			c.setCode(t, k.code)
			return k.v, nil
		}
	}
	if c.missing.Is(text) {
		return math.NaN(), nil
	}
	v, ok := cell.Float(text)
	switch {
	case ok && c.missing.IsNumber(v):
		return math.NaN(), nil
	case ok && math.Abs(v) < maxExact:
		return v, nil
	case ok && !math.IsInf(v, 0):
		if _, exact := learner.NewLabel(string(text)).Number(); exact {
			return v, nil
		}
	case ok:
		v = math.NaN()
	case !utf8.Valid(text):
		return 0, c.fail(line, field, j, "the cell is not UTF-8: "+saveAsUTF8)
	default:
		v = math.NaN()
	}
	if t == nil {
		t = &texts{known: map[string]known{}}
		c.texts[j] = t
	}
	if v != v {
		first := &t.text
		if ok {
			first = &t.infinite
		}
		if first.line == 0 {
			*first = place{line: line, field: field, text: quote(text)}
		}
	}
	k := known{v: v, code: int32(len(t.values))}
	own := string(text)
	t.values = append(t.values, own)
	t.known[own] = k
	c.setCode(t, k.code)
	return v, nil
}

// saveAsUTF8 is what to do with a text in another encoding.
const saveAsUTF8 = "save the file as UTF-8 (UTF-16 is read too, if it begins with a byte order mark)"

// setCode sets the code of a column's cell in the current row; those before it that have none are no texts. There is room
// for as many rows as for numbers.
func (c *cells) setCode(t *texts, code int32) {
	if cap(t.codes) <= c.rows {
		room := max(cap(c.numbers)/len(c.columns), c.rows+1)
		t.codes = slices.Grow(t.codes, room-len(t.codes))
	}
	for len(t.codes) < c.rows {
		t.codes = append(t.codes, -1)
	}
	t.codes = append(t.codes, code)
}

// take returns the rows that were collected, and begins anew. A number that is not finite is an error, unless its
// column has texts beside it.
func (c *cells) take() (table.Rows, error) {
	out := table.Rows{Columns: c.columns}
	for j, t := range c.texts {
		if t == nil {
			continue
		}
		if t.infinite.line > 0 && t.text.line == 0 {
			return table.Rows{}, c.fail(t.infinite.line, t.infinite.field, j, "expected a finite number, found "+t.infinite.text)
		}
		if out.Texts == nil {
			out.Texts = make([]*table.Texts, len(c.columns))
		}
		for len(t.codes) < c.rows {
			t.codes = append(t.codes, -1)
		}
		out.Texts[j] = &table.Texts{Values: t.values, Codes: t.codes}
	}
	out.X = mat.NewDense(c.rows, len(c.columns), c.numbers)
	c.numbers, c.rows, c.texts = nil, 0, make([]*texts, len(c.columns))
	return out, nil
}

// firstTexts are the places of the first text in each column, for columns that have one.
func (c *cells) firstTexts() []place {
	var out []place
	for j, t := range c.texts {
		if t != nil && t.text.line > 0 {
			if out == nil {
				out = make([]place, len(c.columns))
			}
			out[j] = t.text
		}
	}
	return out
}

// grow makes room for more rows.
func (c *cells) grow(rows int) { c.numbers = slices.Grow(c.numbers, rows*len(c.columns)) }

func (c *cells) fail(line, field, j int, reason string) error {
	return &Error{File: c.name, Line: line, Field: field, Column: c.columns[j], Reason: reason}
}
