package wire

import (
	"bytes"
	"math"
	"math/big"
	"net/http"
	"slices"
	"strconv"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/prepare/table"
)

// readRows reads the value of X_pred_rows.
func (d *predictDecoder) readRows() error {
	d.rowsRead = true
	if d.peek() != '[' {
		value, err := d.skip()
		if err != nil {
			return err
		}
		d.add([]any{fieldRows}, value, "expected a list of rows, found %s", kind(value))
		return nil
	}
	for more := d.open(']'); more; {
		if d.maxRows > 0 && d.rows == d.maxRows {
			return refuse(http.StatusRequestEntityTooLarge, "more rows than the limit of %d", d.maxRows)
		}
		start := d.i
		if err := d.readRow(); err != nil {
			return err
		}
		if d.rows == 0 { // guess the number of rows from the first; a cell takes two bytes at least
			left := (len(d.b)-d.i)/max(d.i-start, 1) + 1
			d.cells = slices.Grow(d.cells, left*len(d.cells))
		}
		d.rows++
		var err error
		if more, err = d.next(']'); err != nil {
			return err
		}
	}
	if d.rows == 0 {
		d.add([]any{fieldRows}, nil, "no rows: expected at least one")
	}
	return nil
}

// readRow appends one row to the cells. What it has beyond the columns is only counted, so that a row takes no more memory than the
// columns allow; without columns, its texts are not kept.
func (d *predictDecoder) readRow() error {
	if d.peek() != '[' {
		value, err := d.skip()
		if err != nil {
			return err
		}
		d.add([]any{fieldRows, d.rows}, value, "expected a list of values, found %s", kind(value))
		return nil
	}
	start, n := d.i, 0
	for more := d.open(']'); more; n++ {
		var err error
		if n += d.readNumbers(n); d.width >= 0 && n >= d.width {
			_, err = d.skip()
		} else {
			err = d.readCell(n)
		}
		if err != nil {
			return err
		}
		if more, err = d.next(']'); err != nil {
			return err
		}
	}
	if d.width >= 0 && n != d.width {
		d.add([]any{fieldRows, d.rows}, d.b[start:d.i], "expected %d values, one per column, found %d", d.width, n)
	}
	return nil
}

// readNumbers appends the plain numbers that come next in a row, of which n values were read, and
// returns how many. It stops before the last value, before one that needs a closer
// look, and behind the last column. This is where a body's bytes are, so it does without the scanner's
// steps.
func (d *predictDecoder) readNumbers(n int) int {
	b, i, cells := d.b, d.i, d.cells
	end := math.MaxInt
	if d.width >= 0 {
		end = len(cells) + d.width - n
	}
	for len(cells) < end {
		for i < len(b) && b[i] == ' ' {
			i++
		}
		v, k := cell.Number(b[i:])
		if k == 0 || !(math.Abs(v) < exactWhole) || i+k >= len(b) || b[i+k] != ',' {
			break
		}
		cells = append(cells, v)
		i += k + 1
	}
	read := len(cells) - len(d.cells)
	d.i, d.cells = i, cells
	return read
}

// exactWhole is the first whole number beyond which a float64 does not hold all of them.
const exactWhole = 1 << 53

// readCell appends one value, that of column j, to the cells.
func (d *predictDecoder) readCell(j int) error {
	c := d.peek()
	start := d.i
	var v float64
	switch {
	case c == '"':
		text, err := d.quoted()
		if err != nil {
			return err
		}
		v = d.readText(j, bytes.TrimSpace(text))
	case c == 't' && d.literal("true"):
		v = 1
	case c == 'f' && d.literal("false"):
	case c == 'n' && d.literal("null"):
		v = math.NaN()
	default:
		var ok bool
		if v, ok = d.number(); !ok {
			value, err := d.skip()
			if err != nil {
				return err
			}
			d.addCell(j, start, kind(value))
		} else if !isExact(d.b[start:d.i], v) {
			d.addText(j, d.b[start:d.i])
		}
	}
	if math.IsInf(v, 0) {
		found := "an infinity"
		if bytes.ContainsAny(d.b[start:d.i], "0123456789") {
			found = "one too large for a float64"
		}
		d.addCell(j, start, found)
	}
	d.cells = append(d.cells, v)
	return nil
}

// readText is the value of a cell that is a string, without the blanks around it: NaN for a text, which is kept, and for a missing
// value. NaN always is one: JSON has no other number for it.
func (d *predictDecoder) readText(j int, text []byte) float64 {
	if d.missing.Is(text) || bytes.EqualFold(text, []byte("nan")) {
		return math.NaN()
	}
	v, ok := cell.Float(text)
	switch {
	case !ok:
		d.addText(j, text)
		return math.NaN()
	case !isExact(text, v):
		d.addText(j, text)
	}
	return v
}

// addText notes that the cell of column j is a text. Without columns the body is refused in the end, so its texts are not kept.
func (d *predictDecoder) addText(j int, text []byte) {
	if d.width >= 0 {
		d.texts.add(d.rows, j, text)
	}
}

// longestExact is longer than any float64 that a program writes, the largest one with all of its digits and some after its point
// included. A number of a million digits with an exponent would take an exact comparison seconds.
const longestExact = 400

// isExact reports whether a number is the one that its text writes, if it is so large that a whole number's last digits might be others.
// A text longer than longestExact counts as one that is not.
func isExact(text []byte, v float64) bool {
	if math.Abs(v) < exactWhole || math.IsInf(v, 0) || math.IsNaN(v) {
		return true
	}
	if len(text) > longestExact {
		return false
	}
	written, ok := new(big.Rat).SetString(string(text))
	shortest, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	return !ok || written.Cmp(shortest) == 0
}

func (d *predictDecoder) addCell(j, start int, found string) {
	name := ""
	if j < len(d.columns) {
		name = " for column " + excerpt([]byte(d.columns[j]))
	}
	d.add([]any{fieldRows, d.rows, j}, d.b[start:d.i], "expected a number, a text or null%s, found %s", name, found)
}

// EncodePredict appends the body of a predict request to dst. Numbers are
// written so that they read back as the same bits. JSON has no NaN: a missing
// value travels as the string "NaN", which DecodePredict and the Python package take
// for one. An infinity is a *NotFiniteError.
func EncodePredict(dst []byte, rows table.Rows) ([]byte, error) {
	dst = append(dst, `{"`+fieldColumns+`":[`...)
	for i, name := range rows.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
	}
	dst = append(dst, `],"`+fieldRows+`":[`...)
	for i := range rows.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		for j, v := range rows.X.RawRowView(i) {
			if j > 0 {
				dst = append(dst, ',')
			}
			if rows.Texts != nil {
				if text, is := rows.Text(i, j); is {
					dst = appendString(dst, text)
					continue
				}
			}
			switch {
			case math.IsNaN(v):
				dst = append(dst, `"NaN"`...)
			case math.IsInf(v, 0):
				return nil, &NotFiniteError{Row: i, Column: j, Value: v}
			default:
				dst = AppendFloat(dst, v)
			}
		}
		dst = append(dst, ']')
	}
	return append(dst, "]}"...), nil
}
