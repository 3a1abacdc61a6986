package dataio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Format says how a file is written.
type Format struct {
	Name        string `json:"format"`                // csv, jsonl or parquet
	Delimiter   string `json:"delimiter,omitempty"`   // of CSV: the character; a blank stands for any number of them
	Header      bool   `json:"header,omitempty"`      // of CSV: the first line names the columns
	Encoding    string `json:"encoding,omitempty"`    // of text: utf-8, utf-16le or utf-16be
	Compression string `json:"compression,omitempty"` // gzip or zstd
}

// Source reads the rows of a file of any format, one after the other, as they are written (Next) or typed
// (ReadBatch). It is not for use by several goroutines at once.
type Source struct {
	name    string
	format  Format
	missing *cell.Missing
	rows    stream
	closers []io.Closer
	size    int64   // of the file, or 0
	batch   int     // rows of the last batch, likely as many as in the next
	texts   []place // of the last batch: the first text in each column
	lines   []int   // of the last batch: where its rows are
}

// stream is what a format makes of a file.
type stream interface {
	columns() []string
	line() int // of the current row
	// next returns the next row's cells, one per column, until the next call; nil is a missing one.
	next() ([][]byte, error)
	// appendRow appends the next row's typed cells but the one of column target, which it returns. size is
	// how many bytes of the file it took.
	appendRow(c *cells, target int) (at []byte, size int, err error)
}

// Open opens a file. What it holds shows in its content, not in its name. The error is an *Error.
func Open(path string, o Options) (*Source, error) { return openAs(path, "rows", o, false) }

// openAs is Open; content says what the file should hold, and inDoubtYes that a first line that may be a header or
// a row is a header.
func openAs(path, content string, o Options, inDoubtYes bool) (*Source, error) {
	return openBeside(path, content, o, inDoubtYes, nil)
}

// OpenTargets opens a file of targets beside that of their features, as which it is written: the first line is a header if it is one there.
// What contradicts that is an error. The error is an *Error.
func OpenTargets(path string, o Options, features *Source) (*Source, error) {
	return openBeside(path, "the target, one column", o, true, features)
}

func openBeside(path, content string, o Options, inDoubtYes bool, features *Source) (*Source, error) {
	f, err := open(path, content)
	if err != nil {
		return nil, err
	}
	s, err := newBeside(f, path, o, inDoubtYes, features)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s.closers = append(s.closers, f)
	return s, nil
}

// NewSource reads from in. name is the file's name in errors, which are of type *Error.
func NewSource(in io.Reader, name string, o Options) (*Source, error) {
	return newSource(in, name, o, false)
}

// NewFeatures is NewSource for rows to predict for: a first line that may be a header or a row is a header.
func NewFeatures(in io.Reader, name string, o Options) (*Source, error) {
	return newSource(in, name, o, true)
}

func newSource(in io.Reader, name string, o Options, inDoubtYes bool) (*Source, error) {
	return newBeside(in, name, o, inDoubtYes, nil)
}

func newBeside(in io.Reader, name string, o Options, inDoubtYes bool, features *Source) (*Source, error) {
	if err := o.Check(); err != nil {
		return nil, inFile(err, name)
	}
	s := &Source{name: name, missing: cell.NewMissing(o.Missing)}
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			s.size = info.Size()
		}
	}
	text, err := openInput(in, name)
	if err != nil {
		return nil, err
	}
	if text.closer != nil {
		s.closers, s.size = append(s.closers, text.closer), 0
	}
	if err := s.open(in, text, o, inDoubtYes, features); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// open opens the file in the format that its text begins in.
func (s *Source) open(in io.Reader, text *input, o Options, inDoubtYes bool, features *Source) error {
	s.format = text.format
	start, err := text.peek()
	if err != nil {
		return err
	}
	if strings.HasPrefix(start, parquetMagic) {
		return s.openRows(in, text)
	}
	if s.format.Encoding != utf8Name {
		s.size /= 2
	}
	records, err := NewRecords(text.text, s.name)
	if err != nil {
		return err
	}
	if isObject(start) {
		s.format.Name = JSONL
		s.rows, err = openJSON(records)
		return err
	}
	var beside *csvStream
	if features != nil {
		beside, _ = features.rows.(*csvStream) // other formats tell nothing of a header
	}
	rows, format, err := openCSV(records, o, s.missing, inDoubtYes, beside)
	s.rows, s.format.Name, s.format.Delimiter, s.format.Header = rows, CSV, format.Delimiter, format.Header
	return err
}

// openRows opens a file of a registered format.
func (s *Source) openRows(in io.Reader, text *input) error {
	f, ok := formats[Parquet]
	if !ok {
		return notLinked(s.name, Parquet)
	}
	if s.format.Compression != "" {
		return &Error{File: s.name, Reason: "a Parquet file that is compressed as a whole: unpack it; Parquet compresses by itself"}
	}
	at, size, err := text.at(in)
	if err != nil {
		return err
	}
	rows, err := f.Open(at, size, s.name)
	if err != nil {
		return err
	}
	s.closers, s.size = append(s.closers, rows), 0
	s.format = Format{Name: Parquet}
	s.rows, err = openValues(rows, s.name)
	return err
}

// Format says how the file is written.
func (s *Source) Format() Format { return s.format }

// Columns are the columns' names, trimmed and in lower case, in the file's order; x1, x2, ... in a file without
// names.
func (s *Source) Columns() []string { return slices.Clone(s.rows.columns()) }

// Written are the columns' names in the case in which a header has them.
func (s *Source) Written() []string {
	if csv, ok := s.rows.(*csvStream); ok && csv.written != nil {
		return slices.Clone(csv.written)
	}
	return s.Columns()
}

// Line is the line of the file, from 1, at which the current row begins; of a format without lines, the row.
func (s *Source) Line() int { return s.rows.line() }

// IsMissing reports whether a cell that Next returned stands for a missing value.
func (s *Source) IsMissing(text []byte) bool {
	if s.missing.Is(text) {
		return true
	}
	v, ok := cell.Float(text)
	return ok && s.missing.IsNumber(v)
}

// Next returns the next row's cells as they are written, quotes taken off, one per column. They are valid until
// the next call; a nil cell is a null of a format that has it. The error is io.EOF at the end, else an *Error.
func (s *Source) Next() ([][]byte, error) { return s.rows.next() }

// ReadBatch reads up to rows rows, which must be positive, typed. The error is io.EOF if no rows are left; ctx's
// error if it has ended; else an *Error.
func (s *Source) ReadBatch(ctx context.Context, rows int) (table.Rows, error) {
	c := newCells(s.name, s.rows.columns(), s.missing)
	c.grow(s.batch)
	s.lines = s.lines[:0]
	if err := s.appendRows(ctx, c, rows, -1, nil); err != nil {
		return table.Rows{}, err
	}
	if c.rows == 0 {
		return table.Rows{}, io.EOF
	}
	s.batch, s.texts = c.rows, c.firstTexts()
	return c.take()
}

// BatchLine is the line of a row of the last batch, from 0; 0 if there is no such row.
func (s *Source) BatchLine(row int) int {
	if row < 0 || row >= len(s.lines) {
		return 0
	}
	return s.lines[row]
}

// LineOf is the line of a row, from 0, of a file of features, as ReadFeatures reads it; 0 if it is not found. It reads the file once more, which
// is for who has to tell of one row of a file that was read as a whole.
func LineOf(path string, o Options, row int) int {
	s, err := openAs(path, "the features, one column each", o, true)
	if err != nil {
		return 0
	}
	defer func() { _ = s.Close() }() // only read
	return s.lineOf(row)
}

// TargetPlace is [LineOf] for a row's target, with its column: in the file of the features, o.Target being one of its columns, or in the file
// of the targets, which is read by targets.
func TargetPlace(features, target string, o, targets Options, row int) (line int, column string) {
	s, err := openAs(features, "the features", o, target != "")
	if err == nil && target != "" {
		x := s
		s, err = OpenTargets(target, targets, x)
		err = errors.Join(err, x.Close())
	}
	if err != nil {
		return 0, ""
	}
	defer func() { _ = s.Close() }() // only read
	at := 0
	if o.Target != "" {
		if at, err = s.find(o.Target); err != nil {
			return 0, ""
		}
	}
	return s.lineOf(row), s.rows.columns()[at]
}

// lineOf reads on to a row.
func (s *Source) lineOf(row int) int {
	for range row + 1 {
		if _, err := s.rows.next(); err != nil {
			return 0
		}
	}
	return s.rows.line()
}

// Close closes the file.
func (s *Source) Close() error {
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// pollCells is how many cells are read between two checks of the context: about
// a millisecond.
const pollCells = 1 << 17

// sampleRows is how many rows it takes to guess how many there are.
const sampleRows = 1000

// appendRows appends up to rows rows to c, all that are left if rows is negative. The cell of the column target, if
// it is not negative, goes to take.
func (s *Source) appendRows(ctx context.Context, c *cells, rows, target int, take func(text []byte) error) error {
	poll := learner.NewPoll(ctx, pollCells)
	width := len(s.rows.columns())
	bytesSeen := 0
	for n := 0; n != rows; n++ {
		if err := poll.Work(width); err != nil {
			return err
		}
		at, size, err := s.rows.appendRow(c, target)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if bytesSeen += size; rows < 0 && n+1 == sampleRows && s.size > 0 {
			more := s.size / int64(bytesSeen/sampleRows)
			c.grow(int(more + more/32)) // 3 % for longer rows to come
		}
		if rows >= 0 { // of a whole file that would be much memory; LineOf finds one
			s.lines = append(s.lines, s.rows.line())
		}
		if target >= 0 {
			if err := take(at); err != nil {
				return err
			}
		}
	}
	return nil
}

// find is the position of the column that a target setting names.
func (s *Source) find(target string) (int, error) {
	at, err := FindColumn(s.rows.columns(), target)
	if err != nil {
		return 0, &Error{File: s.name, Reason: fmt.Sprintf("target: %v", err)}
	}
	return at, nil
}
