package inference

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/prepare/table"
)

// Source gives rows in batches.
type Source interface {
	// Next returns up to rows rows. The error is io.EOF if there are no more.
	Next(ctx context.Context, rows int) (table.Rows, error)
	// Place is the file, and the line in it of a row of the last batch, from 0; 0 if it is not known.
	Place(row int) (file string, line int)
}

// Written says how a file of rows is written; the zero value finds it out.
type Written struct {
	Delimiter string // of CSV, as in dataio.Options
	NoHeader  bool   // of CSV: the first line is a row, and columns are x1, x2, ...
	Header    bool   // of CSV: the first line names the columns
	Target    string // for Score: the column of the target, in a file that has all columns
}

// options reads cells as they are written: only an empty one is missing.
func (w Written) options() dataio.Options {
	o := dataio.Options{Delimiter: w.Delimiter, Target: w.Target, Missing: []string{}}
	switch {
	case w.NoHeader:
		o.Header = dataio.HeaderNo
	case w.Header:
		o.Header = dataio.HeaderYes
	}
	return o
}

// targets are the options of a file of targets: none of them is missing.
func (w Written) targets() dataio.Options {
	o := w.options()
	o.Missing = nil
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
	return tableSource{s, name}, nil
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

type tableSource struct {
	source *dataio.Source
	name   string
}

// Place is the line in the file.
func (s tableSource) Place(row int) (string, int) { return s.name, s.source.BatchLine(row) }

// Next reads the next rows.
func (s tableSource) Next(ctx context.Context, rows int) (table.Rows, error) {
	return s.source.ReadBatch(ctx, rows)
}
