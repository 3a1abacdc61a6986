package dataio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gochimera/chimera/internal/cell"
)

// csvStream reads the records of a CSV file as rows.
type csvStream struct {
	records *Records
	names   []string
	written []string // as the header has them
	read    bool     // the first record was read and is a row

	guess headerGuess // what the first line looks like, if that was not said
}

// openCSV finds out how the file is written, as far as the options do not say, and reads its header. inDoubtYes
// says that a first line that may be either is a header. features, if there are any, are those of a file of targets, which has a header
// if they have one.
func openCSV(records *Records, o Options, missing *cell.Missing, inDoubtYes bool, features *csvStream) (*csvStream, Format, error) {
	f := Format{Name: CSV}
	s := &csvStream{records: records}
	records.lenient = true
	delimiter, err := o.delimiter()
	if err != nil {
		return nil, f, inFile(err, records.name)
	}
	header := o.Header
	if delimiter == 0 || header == "" || header == HeaderAuto {
		looked, err := records.peek()
		if err != nil {
			return nil, f, err
		}
		if delimiter == 0 {
			delimiter = looked.delimiter()
		}
		if header == "" || header == HeaderAuto {
			s.guess = looked.header(delimiter, missing)
			is := s.guess
			if features != nil {
				var contradicts bool
				if is, contradicts = looked.beside(features.guess, delimiter, missing); contradicts {
					return nil, f, contradiction(records.name, looked, features)
				}
			}
			if is == inDoubt && !inDoubtYes {
				return nil, f, headerDoubt(records.name, looked, delimiter, missing)
			}
			if header = HeaderYes; is == noHeader {
				header = HeaderNo
			}
		}
	}
	records.delimiter = delimiter
	f.Delimiter, f.Header = string(rune(delimiter)), header == HeaderYes
	if f.Header {
		if s.names, err = readHeader(records); err == nil {
			s.written, err = asWritten(records)
		}
	} else {
		err = s.number()
	}
	return s, f, err
}

// headerDoubt is the error about a first line that may be a header or a row.
func headerDoubt(name string, looked sniff, delimiter byte, missing *cell.Missing) error {
	var reason string
	lines := looked.splitAll(delimiter)
	switch {
	case counts(lines[0]):
		reason = "its numbers count columns, or are cells"
	case len(lines) > 1 && mayName(lines, missing):
		reason = "its numbers may name columns, as years do, or be cells"
	case column(lines, 0, cell.NewMissing(nil)) == textCell || len(lines) == 1:
		reason = "nothing in it differs in kind from the lines below"
	default:
		reason = "it is like the lines below in some columns and not in others"
	}
	return doubtful(name, looked, reason)
}

func doubtful(name string, looked sniff, reason string) error {
	line := looked.lines[0]
	return &Error{File: name, Line: line.line, Reason: fmt.Sprintf("cannot tell whether the first line, %s, is a header or a row: %s. "+
		"Say which: header: yes or no (section data of chimera.yaml), --header or --no-header on the command line", quote(line.text), reason)}
}

// contradiction is the error about a file of targets whose first line is not as that of the features.
func contradiction(name string, looked sniff, features *csvStream) error {
	if features.guess == noHeader {
		return doubtful(name, looked, "it looks like a header, and that of "+features.records.name+" like a row; both files have one, or neither")
	}
	return doubtful(name, looked, "it looks like a row, and that of "+features.records.name+" may be a header; both files have one, or neither")
}

// asWritten are the names in the current record, without blanks around them.
func asWritten(records *Records) ([]string, error) {
	fields, err := records.Fields()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(fields))
	for j, f := range fields {
		names[j] = strings.TrimRightFunc(strings.TrimLeftFunc(string(f), markOrSpace), unicode.IsSpace)
	}
	return names, nil
}

// number names the columns of a file without a header.
func (s *csvStream) number() error {
	_, err := s.records.Next()
	if errors.Is(err, io.EOF) {
		return &Error{File: s.records.name, Reason: "the file is empty: expected rows"}
	}
	if err != nil {
		return err
	}
	fields, err := s.records.Fields()
	if err != nil {
		return err
	}
	s.read, s.names = true, numbered(len(fields))
	return nil
}

// numbered are the names x1, x2, ... of columns without a header.
func numbered(n int) []string {
	names := make([]string, n)
	for j := range names {
		names[j] = "x" + strconv.Itoa(j+1)
	}
	return names
}

func (s *csvStream) columns() []string { return s.names }
func (s *csvStream) line() int         { return s.records.Line() }

// move goes to the next row's record.
func (s *csvStream) move() ([]byte, error) {
	if s.read {
		s.read = false
		return s.records.current.text, nil
	}
	return s.records.Next()
}

// next returns the next row's cells.
func (s *csvStream) next() ([][]byte, error) {
	text, err := s.move()
	if err != nil {
		return nil, err
	}
	return s.fields(text)
}

// fields are the cells of the current record, one per column.
func (s *csvStream) fields(text []byte) ([][]byte, error) {
	if len(text) == 0 && len(s.names) > 1 {
		return nil, &Error{File: s.records.name, Line: s.line(), Reason: "a blank line between rows: remove it"}
	}
	fields, err := s.records.Fields()
	if err != nil {
		return nil, err
	}
	if len(fields) != len(s.names) {
		reason := fmt.Sprintf("the row has %d fields, expected %d, as the first line has (%ss separate them)",
			len(fields), len(s.names), delimiterName(s.records.delimiter))
		return nil, &Error{File: s.records.name, Line: s.line(), Reason: reason}
	}
	return fields, nil
}

// appendRow appends the next row to c, without the target's cell, which it returns; target is its column, -1 if
// there is none. A cell that is a plain number with a delimiter behind it is read in place; every other one takes
// the long way. size is the length of the record.
func (s *csvStream) appendRow(c *cells, target int) (at []byte, size int, err error) {
	record, err := s.move()
	if err != nil {
		return nil, 0, err
	}
	delimiter := s.records.delimiter
	if s.records.current.quoted || len(record) == 0 || delimiter == blank {
		at, err = s.appendFields(c, record, target)
		return at, len(record) + 1, err
	}
	plain := !c.missing.HasNumbers()
	numbers := c.numbers
	width, columns := 0, len(s.names)
	for i, j := 0, 0; ; i++ {
		v, n := cell.Number(record[i:])
		end := i + n
		if n == 0 || end < len(record) && record[end] != delimiter || !(v < maxExact && v > -maxExact) || !plain || width == target {
			end = len(record)
			if next := bytes.IndexByte(record[i:], delimiter); next >= 0 {
				end = i + next
			}
			switch {
			case width == target:
				at = record[i:end]
			case width >= columns:
				_, err := s.fields(record)
				return nil, 0, err
			default:
				if v, err = c.add(record[i:end], j, s.line(), width+1); err != nil {
					return nil, 0, err
				}
			}
		}
		if width != target {
			numbers = append(numbers, v)
			j++
		}
		width++
		if i = end; i == len(record) {
			break
		}
	}
	if width != columns {
		_, err := s.fields(record)
		return nil, 0, err
	}
	c.numbers = numbers
	c.rows++
	return at, len(record) + 1, nil
}

// appendFields is appendRow for a record that has quotes, or is blank.
func (s *csvStream) appendFields(c *cells, record []byte, target int) (at []byte, err error) {
	fields, err := s.fields(record)
	if err != nil {
		return nil, err
	}
	return c.addFields(fields, target, s.line())
}

// addFields appends a row whose cells are texts; nil is a missing one.
func (c *cells) addFields(fields [][]byte, target, line int) (at []byte, err error) {
	j := 0
	for i, field := range fields {
		if i == target {
			at = field
			continue
		}
		v, err := c.add(field, j, line, i+1)
		if err != nil {
			return nil, err
		}
		c.numbers = append(c.numbers, v)
		j++
	}
	c.rows++
	return at, nil
}

// readHeader reads the first record as columns' names.
func readHeader(records *Records) ([]string, error) {
	name := records.name
	if _, err := records.Next(); errors.Is(err, io.EOF) {
		return nil, &Error{File: name, Reason: "the file is empty: expected a header with the columns' names"}
	} else if err != nil {
		return nil, err
	}
	fields, err := records.Fields()
	if err != nil {
		return nil, err
	}
	columns := make([]string, len(fields))
	first := make(map[string]int, len(fields))
	for j, field := range fields {
		columns[j] = strings.TrimLeftFunc(cell.Name(string(field)), markOrSpace)
		e := &Error{File: name, Line: records.Line(), Field: j + 1}
		other, seen := first[columns[j]]
		switch {
		case !utf8.Valid(field):
			e.Reason = "the column's name is not UTF-8: " + saveAsUTF8
		case strings.ContainsRune(columns[j], '\r'):
			e.Reason = "the file's lines end with CR only: save it with LF or CRLF"
		case columns[j] == "":
			e.Reason = "the column has no name (pandas writes one such column, the index, unless to_csv is called with index=False)"
		case seen:
			e.Column = columns[j]
			e.Reason = fmt.Sprintf("cell %d has the same name (blanks around it and case do not count)", other+1)
		default:
			first[columns[j]] = j
			continue
		}
		return nil, e
	}
	return columns, nil
}

// markOrSpace reports whether r is a byte order mark or a blank: files that were joined have a mark
// elsewhere than at their beginning.
func markOrSpace(r rune) bool { return r == '\ufeff' || unicode.IsSpace(r) }
