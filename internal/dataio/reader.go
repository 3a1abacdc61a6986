package dataio

import (
	"context"
	"io"

	"gonum.org/v1/gonum/mat"
)

// Reader reads features that are numbers, of a CSV file with commas and a header. It is not for use by several
// goroutines at once.
type Reader struct{ *Source }

// NewReader reads the header. name is the file's name in errors, which are of
// type *Error.
func NewReader(in io.Reader, name string) (*Reader, error) {
	s, err := NewSource(in, name, Options{Delimiter: ",", Header: HeaderYes})
	if err != nil {
		return nil, err
	}
	return &Reader{s}, nil
}

// ReadBatch reads up to rows rows, which must be positive, into a new matrix,
// rows x columns. A missing value is NaN; a text is an error. The error is io.EOF if no rows are
// left; ctx's error if it has ended; else an *Error.
func (r *Reader) ReadBatch(ctx context.Context, rows int) (*mat.Dense, error) {
	batch, err := r.Source.ReadBatch(ctx, rows)
	if err != nil {
		return nil, err
	}
	return batch.X, textError(r.name, batch.Columns, r.texts)
}
