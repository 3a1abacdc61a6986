package dataio

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gochimera/chimera/internal/cell"
)

// valueStream makes a stream of a reader of values.
type valueStream struct {
	rows  RowReader
	names []string
	cells [][]byte
	text  []byte
	spans []span
}

func openValues(rows RowReader, name string) (*valueStream, error) {
	s := &valueStream{rows: rows}
	first := map[string]int{}
	for j, written := range rows.Columns() {
		column := cell.Name(written)
		e := &Error{File: name, Field: j + 1}
		if other, seen := first[column]; column == "" {
			e.Reason = "the column has no name"
			return nil, e
		} else if seen {
			e.Column, e.Reason = column, fmt.Sprintf("column %d has the same name (blanks around it and case do not count)", other+1)
			return nil, e
		}
		first[column] = j
		s.names = append(s.names, column)
	}
	if len(s.names) == 0 {
		return nil, &Error{File: name, Reason: "the file has no columns"}
	}
	s.cells, s.spans = make([][]byte, len(s.names)), make([]span, len(s.names))
	return s, nil
}

func (s *valueStream) columns() []string { return s.names }
func (s *valueStream) line() int         { return s.rows.Line() }

// next returns the next row's cells, numbers in their shortest form.
func (s *valueStream) next() ([][]byte, error) {
	values, err := s.rows.Next()
	if err != nil {
		return nil, err
	}
	s.text = s.text[:0]
	for j, v := range values {
		from := len(s.text)
		s.text = v.append(s.text)
		s.spans[j] = span{from, len(s.text)}
	}
	for j, at := range s.spans {
		if s.cells[j] = s.text[at.from:at.to:at.to]; values[j].Kind == MissingValue {
			s.cells[j] = nil
		}
	}
	return s.cells, nil
}

// append appends the value as text.
func (v Value) append(b []byte) []byte {
	switch v.Kind {
	case NumberValue:
		return strconv.AppendFloat(b, v.Number, 'g', -1, 64)
	case TextValue:
		return append(b, v.Text...)
	default:
		return b
	}
}

// appendRow appends the next row's values.
func (s *valueStream) appendRow(c *cells, target int) (at []byte, size int, err error) {
	values, err := s.rows.Next()
	if err != nil {
		return nil, 0, err
	}
	j := 0
	for i, v := range values {
		if i == target {
			s.text = v.append(s.text[:0])
			at = s.text
			continue
		}
		number := math.NaN()
		switch v.Kind {
		case MissingValue:
		case NumberValue:
			if !c.missing.IsNumber(v.Number) {
				number = v.Number
			}
		case TextValue:
			if number, err = c.add(v.Text, j, s.line(), i+1); err != nil {
				return nil, 0, err
			}
		}
		c.numbers = append(c.numbers, number)
		j++
	}
	c.rows++
	return at, 0, nil
}
