package dataio

import (
	"fmt"
	"io"
)

// Formats and compressions that a program reads only if it links them: their packages register themselves, so that a
// worker whose files are plain has none of their code. A program links them by importing
// github.com/gochimera/chimera/formats, for all, or one of the folders in it.

// RowFormat is a format of files that has a reader of its own.
type RowFormat struct {
	Name  string
	Magic string // what a file begins with
	// Open reads the columns of a file of size bytes, which is called name in errors. They are of type *Error.
	Open func(in io.ReaderAt, size int64, name string) (RowReader, error)
}

// RowReader reads the rows of a file. Line is the number of the current row, from 1.
type RowReader interface {
	Columns() []string // as they are written
	// Next returns the next row's cells, one per column, until the next call. The error is io.EOF at the end.
	Next() ([]Value, error)
	Line() int
	Close() error
}

// Value is a cell of a format whose cells have types: missing (the zero value), a number, or a text, which means what
// the same text means in a CSV file. A boolean is the text true or false.
type Value struct {
	Kind   ValueKind
	Number float64
	Text   []byte
}

// ValueKind is what a Value is.
type ValueKind uint8

// The kinds of values.
const (
	MissingValue ValueKind = iota
	NumberValue            // finite
	TextValue
)

// Compression is a way to compress files of any text.
type Compression struct {
	Name  string
	Magic string // what a file begins with
	Open  func(in io.Reader) (io.ReadCloser, error)
}

var (
	formats      = map[string]RowFormat{}
	compressions = map[string]Compression{}
)

// RegisterFormat adds a format. It panics if there is one of its name; a package calls it in its init.
func RegisterFormat(f RowFormat) {
	if _, ok := formats[f.Name]; ok {
		panic("dataio: the format " + f.Name + " is registered twice")
	}
	formats[f.Name] = f
}

// RegisterCompression adds a compression. It panics if there is one of its name; a package calls it in its init.
func RegisterCompression(c Compression) {
	if _, ok := compressions[c.Name]; ok {
		panic("dataio: the compression " + c.Name + " is registered twice")
	}
	compressions[c.Name] = c
}

// FormatsFolder is the import path below which the packages are that register formats and compressions, each named
// after what it reads.
const FormatsFolder = "github.com/gochimera/chimera/formats"

// notLinked is the error about a file that this program has no reader for.
func notLinked(file, name string) error {
	reason := fmt.Sprintf("the file is %s, which this program does not read: import %s/%s in it "+
		"(`chimera generate` does so for workers whose files need it), or save the file as CSV",
		name, FormatsFolder, name)
	return &Error{File: file, Reason: reason}
}
