package wire

import (
	"fmt"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/learner/numeric"
)

// NotFiniteError says that a number has no form in JSON.
type NotFiniteError struct {
	Row    int // -1 in a list
	Column int // index in the row or list
	Value  float64
}

// Error names the place and the value.
func (e *NotFiniteError) Error() string {
	place := fmt.Sprintf("value %d", e.Column)
	if e.Row >= 0 {
		place = fmt.Sprintf("row %d, column %d", e.Row, e.Column)
	}
	return fmt.Sprintf("%s is %v, which JSON cannot hold", place, e.Value)
}

// AppendList appends numbers to dst as a list in JSON, each written as Python's
// repr writes floats: 10.5, 60.0, 1e-07, 1e+16. They read back as the same bits.
// NaN and infinities are a *NotFiniteError.
func AppendList(dst []byte, values []float64) ([]byte, error) { return appendRow(dst, values, -1) }

// ReadList reads a list of numbers in JSON, or of strings that hold one, which
// the Python package accepts too. It uses the memory of into, which may be nil;
// the list that it returns is never nil.
func ReadList(b []byte, into []float64) ([]float64, error) {
	s := scanner{b: b}
	if s.peek() != '[' {
		return nil, fmt.Errorf("expected a list of numbers, found %q", excerpt(b))
	}
	values := into[:0]
	for more := s.open(']'); more; {
		v, err := s.float(len(values))
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if more, err = s.next(']'); err != nil {
			return nil, err
		}
	}
	if s.peek(); s.i < len(b) {
		return nil, s.broken("the end of the list")
	}
	if values == nil {
		values = []float64{}
	}
	return values, nil
}

// float reads the i-th element of a list of numbers.
func (s *scanner) float(i int) (float64, error) {
	if c := s.peek(); c == '"' {
		text, err := s.text()
		if err != nil {
			return 0, err
		}
		if v, ok := cell.Value([]byte(text)); ok {
			return v, nil
		}
		return 0, fmt.Errorf("value %d: expected a number, found the string %q", i, excerpt([]byte(text)))
	}
	if v, ok := s.number(); ok {
		return v, nil
	}
	value, err := s.skip()
	if err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("value %d: expected a number, found %s", i, kind(value))
}

// AppendMatrix appends the rows to dst as a list in JSON of lists, each written
// as AppendList writes it. NaN and infinities are a *NotFiniteError. A nil or
// empty matrix is an empty list.
func AppendMatrix(dst []byte, m *mat.Dense) ([]byte, error) {
	dst = append(dst, '[')
	if m != nil && !m.IsEmpty() {
		rows, _ := m.Dims()
		for i := range rows {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = appendRow(dst, m.RawRowView(i), i); err != nil {
				return nil, err
			}
		}
	}
	return append(dst, ']'), nil
}

func appendRow(dst []byte, values []float64, row int) ([]byte, error) {
	dst = append(dst, '[')
	for j, v := range values {
		if j > 0 {
			dst = append(dst, ',')
		}
		if !numeric.IsFinite(v) {
			return nil, &NotFiniteError{Row: row, Column: j, Value: v}
		}
		dst = AppendFloat(dst, v)
	}
	return append(dst, ']'), nil
}

// AppendFloat appends v, which must be finite, as Python's repr writes it: the
// shortest digits that read back as v, with an exponent below 1e-4 and from
// 1e16 on, and ".0" after a whole number.
func AppendFloat(dst []byte, v float64) []byte {
	if whole := int64(v); float64(whole) == v && whole > -1e15 && whole < 1e15 && (whole != 0 || !math.Signbit(v)) {
		dst = strconv.AppendInt(dst, whole, 10)
		return append(dst, ".0"...)
	}
	if abs := math.Abs(v); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'f', -1, 64)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// appendString appends s as a JSON string. What is not valid UTF-8 becomes
// U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst, err := jsontext.AppendQuote(dst, s)
	_ = err // the only error is invalid UTF-8, which is replaced anyway
	return dst
}
