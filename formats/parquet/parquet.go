// Package parquet makes a program that imports it read training data in Apache Parquet: flat columns of booleans,
// numbers, decimals, texts, dates and times. A null is a missing value. Whole numbers and decimals are exact; dates and
// times become texts as ISO 8601 has them.
package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/gochimera/chimera/internal/dataio"
)

func init() { dataio.RegisterFormat(dataio.RowFormat{Name: "parquet", Magic: "PAR1", Open: open}) }

// batchRows is how many rows are decoded at once.
const batchRows = 256

// reader reads the rows of a file, row group after row group.
type reader struct {
	name    string
	names   []string
	columns []column
	groups  []parquet.RowGroup // that are left
	rows    parquet.Rows       // of the current group, or nil

	batch  []parquet.Row
	filled int // of batch
	at     int // of batch, taken
	line   int
	cells  []dataio.Value
	texts  [][]byte // memory of the cells' texts
}

var _ dataio.RowReader = (*reader)(nil)

// open checks the columns. A file that is broken in a way that package parquet does not expect is an error like any
// other.
func open(in io.ReaderAt, size int64, name string) (_ dataio.RowReader, err error) {
	defer caught(name, &err)
	if err := checkFooter(in, size); err != nil {
		return nil, broken(name, err)
	}
	f, err := parquet.OpenFile(in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, broken(name, err)
	}
	if err := checkPages(in, size, f); err != nil {
		return nil, broken(name, err)
	}
	r := &reader{name: name, groups: f.RowGroups(), batch: make([]parquet.Row, batchRows)}
	for j, field := range f.Schema().Fields() {
		c, err := columnOf(field)
		if err != nil {
			return nil, &dataio.Error{File: name, Field: j + 1, Column: field.Name(), Reason: err.Error()}
		}
		r.names, r.columns = append(r.names, field.Name()), append(r.columns, c)
	}
	r.cells, r.texts = make([]dataio.Value, len(r.columns)), make([][]byte, len(r.columns))
	return r, nil
}

// broken is the error about a file that is not what it begins as.
func broken(name string, err error) error {
	return &dataio.Error{File: name, Reason: "the file is no whole Parquet file", Err: err}
}

// caught makes an error of a panic about a broken file.
func caught(name string, err *error) {
	if p := recover(); p != nil {
		*err = broken(name, fmt.Errorf("%v", p))
	}
}

func (r *reader) Columns() []string { return r.names }
func (r *reader) Line() int         { return r.line }

// Next returns the next row.
func (r *reader) Next() (_ []dataio.Value, err error) {
	defer caught(r.name, &err)
	for r.at == r.filled {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	row := r.batch[r.at]
	r.at++
	r.line++
	if len(row) != len(r.columns) {
		return nil, broken(r.name, fmt.Errorf("row %d has %d values for %d columns", r.line, len(row), len(r.columns)))
	}
	for _, v := range row {
		j := v.Column()
		if j < 0 || j >= len(r.columns) {
			return nil, broken(r.name, fmt.Errorf("row %d has a value of column %d", r.line, j))
		}
		if v.IsNull() {
			r.cells[j] = dataio.Value{}
			continue
		}
		if r.cells[j], err = r.columns[j](v, r.texts[j][:0]); err != nil {
			return nil, &dataio.Error{File: r.name, Line: r.line, Field: j + 1, Column: r.names[j], Reason: err.Error()}
		}
		if text := r.cells[j].Text; text != nil {
			r.texts[j] = text
		}
	}
	return r.cells, nil
}

// fill decodes the next rows; io.EOF if there are none.
func (r *reader) fill() error {
	if r.rows == nil {
		if len(r.groups) == 0 {
			return io.EOF
		}
		r.rows, r.groups = r.groups[0].Rows(), r.groups[1:]
	}
	n, err := r.rows.ReadRows(r.batch)
	r.at, r.filled = 0, n
	switch {
	case err == nil && n == 0, errors.Is(err, io.EOF):
		rows := r.rows
		r.rows = nil
		if err := rows.Close(); err != nil && n == 0 {
			return broken(r.name, err)
		}
	case err != nil:
		return broken(r.name, err)
	}
	return nil
}

// Close ends the reading.
func (r *reader) Close() (err error) {
	defer caught(r.name, &err)
	r.groups = nil
	if r.rows == nil {
		return nil
	}
	rows := r.rows
	r.rows = nil
	return rows.Close()
}
