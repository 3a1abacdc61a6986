package wire

import (
	"io"
	"math"
	"net/http"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/prepare/table"
)

// The fields of a predict request, as the Python package names them.
const (
	fieldColumns = "X_pred_columns"
	fieldRows    = "X_pred_rows"
)

// ReadPredict reads a body of at most limits.Bytes and decodes it as
// DecodePredict does. An error of r is returned as it is.
func ReadPredict(r io.Reader, limits RowsLimits) (table.Rows, error) {
	if limits.Bytes > 0 {
		r = io.LimitReader(r, limits.Bytes+1)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return table.Rows{}, err
	}
	return DecodePredict(body, limits)
}

// DecodePredict reads the body of a predict request,
//
//	{"X_pred_columns": ["a", "b"], "X_pred_rows": [[1.5, "red"], [3, null]]}
//
// and returns the rows with the names of their columns, trimmed and in lower case. Nothing returned refers to body.
//
// A cell is a number, a boolean (1 or 0), null for a missing value, or a string: one that holds a number is that
// number, one that stands for a missing value (see RowsLimits.Missing) is missing, and every other one is a text,
// without the blanks around it. NaN, as a literal or a string, is a missing value; an infinity is refused.
// X_pred_columns may be a string, each of its letters a column's
// name. Other fields are ignored. All of that but texts and null is what the Python package does.
// Unlike it, rows that are not all as wide as there are columns are refused,
// also those that it pads with NaN, and so is a field given twice.
//
// An error is a *BodyError.
func DecodePredict(body []byte, limits RowsLimits) (table.Rows, error) {
	if limits.Bytes > 0 && int64(len(body)) > limits.Bytes {
		return table.Rows{}, refuse(http.StatusRequestEntityTooLarge, "the body is larger than the limit of %d bytes", limits.Bytes)
	}
	if limits.Faults <= 0 {
		limits.Faults = defaultFaults
	}
	d := predictDecoder{
		scanner: scanner{b: body}, faults: faults{limit: limits.Faults}, missing: limits.Missing,
		maxRows: limits.Rows, maxColumns: limits.Columns, columnsAt: -1, rowsAt: -1, width: -1,
	}
	if d.missing == nil {
		d.missing = usualMissing
	}
	if err := d.decode(); err != nil {
		return table.Rows{}, err
	}
	if d.missing.HasNumbers() {
		for i, v := range d.cells {
			if d.missing.IsNumber(v) {
				d.cells[i] = math.NaN()
			}
		}
	}
	return table.Rows{Columns: d.columns, X: mat.NewDense(d.rows, len(d.columns), d.cells), Texts: d.texts.columns(len(d.columns), d.rows)}, nil
}

// usualMissing are the cells that stand for a missing value if nothing else is said.
var usualMissing = cell.NewMissing(nil)

// predictDecoder holds what is known of a predict body while it is read.
type predictDecoder struct {
	scanner
	faults
	maxRows    int
	maxColumns int
	missing    *cell.Missing

	columnsAt, rowsAt int // where the fields' values begin; -1 while unseen
	columns           []string
	width             int // how many columns a row must have; -1 if nothing says
	rowsRead          bool
	rows              int
	cells             []float64
	texts             texts
}

// decode reads the whole body. Rows are read when the columns are known, so
// those that come before the columns are skipped first and read in the end.
func (d *predictDecoder) decode() error {
	switch d.peek() {
	case 0:
		if d.i == len(d.b) {
			d.add(nil, nil, "the body is empty: expected a JSON object with %s and %s", fieldColumns, fieldRows)
			return d.err()
		}
		return d.broken("a JSON object")
	case '{':
	default:
		value, err := d.skip()
		if err == nil {
			err = d.end()
		}
		if err != nil {
			return err
		}
		d.add(nil, value, "expected a JSON object with %s and %s, found %s", fieldColumns, fieldRows, kind(value))
		return d.err()
	}
	for more := d.open('}'); more; {
		if err := d.member(); err != nil {
			return err
		}
		var err error
		if more, err = d.next('}'); err != nil {
			return err
		}
	}
	if err := d.end(); err != nil {
		return err
	}
	for _, field := range []struct {
		name string
		at   int
	}{{fieldColumns, d.columnsAt}, {fieldRows, d.rowsAt}} {
		if field.at < 0 {
			d.add([]any{field.name}, nil, "this field is missing")
		}
	}
	if d.rowsAt >= 0 && !d.rowsRead {
		d.i = d.rowsAt
		if err := d.readRows(); err != nil {
			return err
		}
	}
	return d.err()
}

// end makes sure that nothing follows.
func (d *predictDecoder) end() error {
	if d.peek(); d.i < len(d.b) {
		return d.broken("the end of the body")
	}
	return nil
}

func (d *predictDecoder) member() error {
	name, err := d.key()
	if err != nil {
		return err
	}
	d.peek()
	switch name {
	case fieldColumns:
		if d.columnsAt < 0 {
			d.columnsAt = d.i
			return d.readColumns()
		}
		d.add([]any{name}, nil, "this field is given twice")
	case fieldRows:
		if d.rowsAt < 0 {
			d.rowsAt = d.i
			if d.columnsAt >= 0 {
				return d.readRows()
			}
			break
		}
		d.add([]any{name}, nil, "this field is given twice")
	}
	_, err = d.skip()
	return err
}

// readColumns reads the value of X_pred_columns.
func (d *predictDecoder) readColumns() error {
	d.width = 0
	switch d.peek() {
	case '"':
		letters, err := d.quoted()
		if err != nil {
			return err
		}
		if d.width = utf8.RuneCount(letters); d.maxColumns > 0 && d.width > d.maxColumns {
			return d.tooManyColumns()
		}
		for _, r := range string(letters) {
			d.columns = append(d.columns, cell.Name(string(r)))
		}
	case '[':
		for more := d.open(']'); more; {
			if d.maxColumns > 0 && d.width == d.maxColumns {
				return d.tooManyColumns()
			}
			if err := d.readColumn(); err != nil {
				return err
			}
			var err error
			if more, err = d.next(']'); err != nil {
				return err
			}
		}
	default:
		d.width = -1
		value, err := d.skip()
		if err != nil {
			return err
		}
		d.add([]any{fieldColumns}, value, "expected a list of column names, found %s", kind(value))
		return nil
	}
	if d.width == 0 {
		d.add([]any{fieldColumns}, nil, "no columns: expected at least one name")
		d.width = -1
	}
	d.checkNames()
	return nil
}

func (d *predictDecoder) tooManyColumns() error {
	return refuse(http.StatusRequestEntityTooLarge, "%s has more columns than the limit of %d", fieldColumns, d.maxColumns)
}

// readColumn reads one name. One that is no string keeps its place, so that the
// rows' width can still be checked.
func (d *predictDecoder) readColumn() error {
	at := d.width
	d.width++
	if d.peek() != '"' {
		value, err := d.skip()
		if err != nil {
			return err
		}
		d.add([]any{fieldColumns, at}, value, "expected a column name in double quotes, found %s", kind(value))
		return nil
	}
	name, err := d.text()
	if err != nil {
		return err
	}
	d.columns = append(d.columns, cell.Name(name))
	return nil
}

// checkNames refuses empty names and names that are the same once trimmed and
// lower-cased.
func (d *predictDecoder) checkNames() {
	if len(d.columns) != d.width {
		return // indices would not be the body's; the names are looked at next time
	}
	first := make(map[string]int, len(d.columns))
	for i, name := range d.columns {
		j, seen := first[name]
		switch {
		case name == "":
			d.add([]any{fieldColumns, i}, nil, "a column's name is empty")
		case seen:
			d.add([]any{fieldColumns, i}, nil, "the column name %q is already that of column %d (blanks and case do not count)", excerpt([]byte(name)), j)
		default:
			first[name] = i
		}
	}
}
