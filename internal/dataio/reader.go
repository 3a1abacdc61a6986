package dataio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// pollCells is how many cells are read between two checks of the context: about
// a millisecond.
const pollCells = 1 << 17

// Reader reads features: a header, then rows of numbers. It is not for use by
// several goroutines at once.
type Reader struct {
	records *Records
	columns []string
	batch   int // numbers in the last batch, likely as many as in the next
}

// NewReader reads the header. name is the file's name in errors, which are of
// type *Error.
func NewReader(in io.Reader, name string) (*Reader, error) {
	records, err := NewRecords(in, name)
	if err != nil {
		return nil, err
	}
	columns, err := readHeader(records)
	if err != nil {
		return nil, err
	}
	return &Reader{records: records, columns: columns}, nil
}

// Columns are the features' names, trimmed and in lower case, in the file's
// order.
func (r *Reader) Columns() []string { return slices.Clone(r.columns) }

// ReadBatch reads up to rows rows, which must be positive, into a new matrix,
// rows x columns. A missing value is NaN. The error is io.EOF if no rows are
// left; ctx's error if it has ended; else an *Error.
func (r *Reader) ReadBatch(ctx context.Context, rows int) (*mat.Dense, error) {
	cells, err := r.appendRows(ctx, make([]float64, 0, r.batch), rows, 0)
	if err != nil {
		return nil, err
	}
	if len(cells) == 0 {
		return nil, io.EOF
	}
	r.batch = len(cells)
	return mat.NewDense(len(cells)/len(r.columns), len(r.columns), cells), nil
}

// appendRows appends up to rows rows to cells, all that are left if rows is
// negative. size is the number of bytes that the file is known to have, or 0;
// it sets how much room is made at once.
func (r *Reader) appendRows(ctx context.Context, cells []float64, rows int, size int64) ([]float64, error) {
	poll := learner.NewPoll(ctx, pollCells)
	var bytesSeen int64
	for n := 0; n != rows; n++ {
		if err := poll.Work(len(r.columns)); err != nil {
			return nil, err
		}
		record, err := r.records.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		bytesSeen += int64(len(record)) + 1
		if n+1 == sampleRows && size > 0 {
			more := size/(bytesSeen/sampleRows) + size/(bytesSeen/sampleRows)/32 // 3 % for longer rows to come
			cells = slices.Grow(cells, int(more)*len(r.columns))
		}
		if cells, err = r.appendRow(cells, record); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// sampleRows is how many rows it takes to guess how many there are.
const sampleRows = 1000

// appendRow appends the cells of a record. A cell that is a plain number with a
// comma behind it is read in place; every other one takes the long way.
func (r *Reader) appendRow(cells []float64, record []byte) ([]float64, error) {
	if r.records.current.quoted || len(record) == 0 {
		return r.appendFields(cells)
	}
	start := len(cells)
	for i := 0; ; i++ {
		v, n := cell.Number(record[i:])
		end := i + n
		if n == 0 || end < len(record) && record[end] != ',' || !numeric.IsFinite(v) {
			end = len(record)
			if comma := bytes.IndexByte(record[i:], ','); comma >= 0 {
				end = i + comma
			}
			var err error
			if v, err = r.value(record[i:end], len(cells)-start); err != nil {
				return nil, err
			}
		}
		cells = append(cells, v)
		if i = end; i == len(record) {
			break
		}
	}
	return cells, r.checkWidth(len(cells) - start)
}

// appendFields appends the cells of a record that has quotes, or is blank.
func (r *Reader) appendFields(cells []float64) ([]float64, error) {
	if len(r.records.current.text) == 0 && len(r.columns) > 1 {
		return nil, &Error{File: r.records.name, Line: r.records.Line(), Reason: "a blank line between rows: remove it"}
	}
	fields, err := r.records.Fields()
	if err != nil {
		return nil, err
	}
	for j, field := range fields {
		v, err := r.value(field, j)
		if err != nil {
			return nil, err
		}
		cells = append(cells, v)
	}
	return cells, r.checkWidth(len(fields))
}

func (r *Reader) checkWidth(fields int) error {
	if fields == len(r.columns) {
		return nil
	}
	return &Error{File: r.records.name, Line: r.records.Line(),
		Reason: fmt.Sprintf("the row has %d fields, expected %d, one per column of the header", fields, len(r.columns))}
}

// value reads the cell of column j.
func (r *Reader) value(text []byte, j int) (float64, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return math.NaN(), nil
	}
	v, ok := cell.Value(text)
	if ok && !math.IsInf(v, 0) {
		return v, nil
	}
	e := &Error{File: r.records.name, Line: r.records.Line(), Field: j + 1, Reason: notANumber(text, ok)}
	if j < len(r.columns) {
		e.Column = r.columns[j]
	}
	return 0, e
}

// notANumber is the reason to refuse text as a number; infinite says that it is
// one.
func notANumber(text []byte, infinite bool) string {
	if infinite {
		return "expected a finite number, found " + quote(text)
	}
	reason := "expected a number, found " + quote(text)
	if bytes.ContainsAny(text, ";\t") {
		reason += "; fields must be separated by commas"
	}
	return reason
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
			e.Reason = "the column's name is not UTF-8: save the file as UTF-8"
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
