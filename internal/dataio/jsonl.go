package dataio

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gochimera/chimera/internal/cell"
)

// namingLines is how many of a file's first objects say which columns there are.
const namingLines = 1000

// jsonStream reads JSON lines: one object a line, whose names are columns and whose values are cells. A string means
// what the same text means in a CSV file. What is null, or not there, is missing.
type jsonStream struct {
	records *Records
	names   []string
	index   map[string]int // of a column's name as it is written

	ahead []jsonRow // the first rows
	at    int       // how many of them are taken
	row   int       // the line of the current one
	cells [][]byte
	text  []byte // that cells refer to
	spans []span
}

// jsonRow is a line that was read ahead; its text is a copy.
type jsonRow struct {
	text []byte
	line int
}

// span is where a cell's text is in jsonStream.text; a missing cell has none.
type span struct{ from, to int }

// openJSON reads the first lines, for the columns' names.
func openJSON(records *Records) (*jsonStream, error) {
	records.plain = true
	s := &jsonStream{records: records, index: map[string]int{}}
	seen := map[string]string{} // the spelling of each name
	for len(s.ahead) < namingLines {
		row, err := s.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		row.text = bytes.Clone(row.text)
		s.ahead = append(s.ahead, row)
		err = s.object(row, func(name string, _ jsontext.Token) error {
			if _, known := s.index[name]; known {
				return nil
			}
			column := cell.Name(name)
			if other, taken := seen[column]; column == "" || taken {
				return s.fail(row.line, "%q names no column of its own%s (blanks around a name and case do not count)", name, besides(other))
			}
			seen[column] = name
			s.index[name] = len(s.names)
			s.names = append(s.names, column)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(s.names) == 0 {
		return nil, &Error{File: records.name, Reason: "the file has no objects with names: expected one object a line, with a value for each column"}
	}
	s.cells, s.spans = make([][]byte, len(s.names)), make([]span, len(s.names))
	return s, nil
}

func besides(other string) string {
	if other == "" {
		return ""
	}
	return fmt.Sprintf(" beside %q", other)
}

// read reads the next line that is not blank.
func (s *jsonStream) read() (jsonRow, error) {
	for {
		text, err := s.records.Next()
		if err != nil || len(bytes.TrimSpace(text)) > 0 {
			return jsonRow{text, s.records.Line()}, err
		}
	}
}

// object calls take with the names and values of a line's object.
func (s *jsonStream) object(row jsonRow, take func(name string, value jsontext.Token) error) error {
	in := jsontext.NewDecoder(bytes.NewReader(row.text))
	if t, err := in.ReadToken(); err != nil || t.Kind() != '{' {
		return s.broken(row, err, "expected an object, one a line")
	}
	for in.PeekKind() != '}' {
		t, err := in.ReadToken()
		if err != nil {
			return s.broken(row, err, "")
		}
		name := t.String()
		if t, err = in.ReadToken(); err != nil {
			return s.broken(row, err, "")
		}
		if k := t.Kind(); k == '{' || k == '[' {
			return s.fail(row.line, "%q is a list or an object: a cell is a number, a text, true, false or null", name)
		}
		if err := take(name, t); err != nil {
			return err
		}
	}
	if _, err := in.ReadToken(); err != nil {
		return s.broken(row, err, "")
	}
	if _, err := in.ReadToken(); !errors.Is(err, io.EOF) {
		return s.fail(row.line, "something follows the object: expected one object a line")
	}
	return nil
}

// broken is the error about a line that is no JSON, or not what was expected.
func (s *jsonStream) broken(row jsonRow, err error, expected string) error {
	if expected == "" || err != nil {
		expected = "the line is no JSON object"
	}
	e := &Error{File: s.records.name, Line: row.line, Reason: expected}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		err = syntax.Err
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		e.Err = err
	}
	return e
}

func (s *jsonStream) fail(line int, format string, args ...any) error {
	return &Error{File: s.records.name, Line: line, Reason: fmt.Sprintf(format, args...)}
}

func (s *jsonStream) columns() []string { return s.names }
func (s *jsonStream) line() int         { return s.row }

// next returns the next object's cells.
func (s *jsonStream) next() ([][]byte, error) {
	var row jsonRow
	if s.at < len(s.ahead) {
		row, s.ahead[s.at] = s.ahead[s.at], jsonRow{}
		s.at++
	} else {
		var err error
		if row, err = s.read(); err != nil {
			return nil, err
		}
	}
	s.row, s.text = row.line, s.text[:0]
	clear(s.spans)
	err := s.object(row, func(name string, value jsontext.Token) error {
		j, ok := s.index[name]
		if !ok {
			return s.fail(row.line, "%q is in none of the first %d lines, which say what columns there are: give one of them a null for it", name, namingLines)
		}
		if value.Kind() == 'n' {
			return nil
		}
		from := len(s.text)
		s.text = append(s.text, value.String()...)
		s.spans[j] = span{from, len(s.text)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for j, at := range s.spans {
		if s.cells[j] = nil; at.to > 0 {
			s.cells[j] = s.text[at.from:at.to:at.to]
		}
	}
	return s.cells, nil
}

// appendRow appends the next object's cells.
func (s *jsonStream) appendRow(c *cells, target int) (at []byte, size int, err error) {
	fields, err := s.next()
	if err != nil {
		return nil, 0, err
	}
	at, err = c.addFields(fields, target, s.row)
	return at, len(s.text) + 1, err
}
