package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"

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
// NaN and infinities are a *NotFiniteError. Long lists are written by several
// goroutines.
func AppendList(dst []byte, values []float64) ([]byte, error) {
	dst, err := inParts(append(dst, '['), len(values), 1, func(dst []byte, from, to int) ([]byte, error) {
		return appendValues(dst, values, from, to, -1)
	})
	if err != nil {
		return nil, err
	}
	return append(dst, ']'), nil
}

// leastPart is how many numbers are worth a goroutine: some hundred microseconds of work.
const leastPart = 8192

// inParts appends n values of so many numbers each, with commas between them: appendPart appends those from one to another. Several
// goroutines append a part each, and the parts are put together in order. Of several errors it is the first one's.
func inParts(dst []byte, n, each int, appendPart func(dst []byte, from, to int) ([]byte, error)) ([]byte, error) {
	count := min(runtime.GOMAXPROCS(0), n, n*each/leastPart)
	if count < 2 {
		return appendPart(dst, 0, n)
	}
	parts, errs := make([][]byte, count), make([]error, count)
	write := func(k int, into []byte) {
		parts[k], errs[k] = appendPart(into, k*n/count, (k+1)*n/count)
	}
	var others sync.WaitGroup
	for k := 1; k < count; k++ {
		others.Go(func() { write(k, append(make([]byte, 0, n*each/count*usualFloat), ',')) })
	}
	write(0, slices.Grow(dst, n*each*usualFloat))
	others.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	dst = parts[0]
	for _, part := range parts[1:] {
		dst = append(dst, part...)
	}
	return dst, nil
}

// usualFloat is how many bytes a number of many digits takes, with a comma.
const usualFloat = 20

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
	if m == nil || m.IsEmpty() {
		return append(dst, ']'), nil
	}
	rows, columns := m.Dims()
	dst, err := inParts(dst, rows, columns, func(dst []byte, from, to int) (_ []byte, err error) {
		for i := from; i < to; i++ {
			if i > from {
				dst = append(dst, ',')
			}
			if dst, err = appendValues(append(dst, '['), m.RawRowView(i), 0, columns, i); err != nil {
				return nil, err
			}
			dst = append(dst, ']')
		}
		return dst, nil
	})
	if err != nil {
		return nil, err
	}
	return append(dst, ']'), nil
}

// appendValues appends the values from one to another of a row, or of a list if row is -1, with commas between them.
func appendValues(dst []byte, values []float64, from, to, row int) ([]byte, error) {
	table := powers()
	for j, v := range values[from:to] {
		if j > 0 {
			dst = append(dst, ',')
		}
		if !numeric.IsFinite(v) {
			return nil, &NotFiniteError{Row: row, Column: from + j, Value: v}
		}
		dst = appendFloat(table, dst, v)
	}
	return dst, nil
}

// floatRoom is how many bytes putShortest may write; the longest text takes 24, with a sign.
const floatRoom = 40

// AppendFloat appends v, which must be finite, as Python's repr writes it: the
// shortest digits that read back as v, with an exponent below 1e-4 and from
// 1e16 on, and ".0" after a whole number.
func AppendFloat(dst []byte, v float64) []byte { return appendFloat(powers(), dst, v) }

func appendFloat(table *powerTable, dst []byte, v float64) []byte {
	if whole := int64(v); float64(whole) == v && whole > -1e15 && whole < 1e15 && (whole != 0 || !math.Signbit(v)) {
		if whole >= 0 && whole < 10 { // the usual class
			return append(dst, '0'+byte(whole), '.', '0')
		}
		dst = strconv.AppendInt(dst, whole, 10)
		return append(dst, ".0"...)
	}
	abs := math.Abs(v)
	if abs < smallestNormal { // also -0
		if v == 0 {
			return append(dst, "-0.0"...)
		}
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	dst = slices.Grow(dst, 1+floatRoom)
	n := len(dst)
	dst = append(dst, '-')
	n += int(math.Float64bits(v) >> 63) // it is written over if there is none
	return dst[:n+putShortest(table, (*[floatRoom]byte)(dst[n:n+floatRoom]), abs)]
}

// smallestNormal is the smallest number with all its digits.
const smallestNormal = 0x1p-1022

// putShortest writes v, which is positive and normal, and returns how long it is.
func putShortest(table *powerTable, out *[floatRoom]byte, v float64) int {
	s, exponent := shortest(table, v)
	exponent += 16 // of the first digit
	upper := s / 1e8
	first := upper / 1e8
	high, highZeros := eightDigits(upper - 1e8*first)
	low, zeros := eightDigits(s - 1e8*upper)
	if zeros == 8 {
		zeros += highZeros
	}
	digits := 17 - zeros
	if v < 1e-4 || v >= 1e16 {
		return putScientific(out, first, high, low, digits, exponent)
	}
	if exponent <= 0 {
		binary.LittleEndian.PutUint64(out[:], 0x30303030_30302e30) // 0.000000
		rest := 2 - exponent
		out[rest-1-int(bit(exponent == 0))] = '0' + byte(first) // before the point or behind it
		binary.LittleEndian.PutUint64(out[rest:], high)
		binary.LittleEndian.PutUint64(out[rest+8:], low)
		return rest - 1 + digits
	}
	point := exponent + 1
	var all [16 + 16]byte // of which 17 are digits
	all[0] = '0' + byte(first)
	binary.LittleEndian.PutUint64(all[1:], high)
	binary.LittleEndian.PutUint64(all[9:], low)
	*(*[16]byte)(out[:]) = [16]byte(all[:16])
	out[point] = '.'
	*(*[16]byte)(out[point+1:]) = [16]byte(all[point : point+16]) // as many bytes whatever there is, which is quicker
	return 1 + max(digits, point+1)
}

// putScientific is putShortest with an exponent.
func putScientific(out *[floatRoom]byte, first, high, low uint64, digits, exponent int) int {
	out[0], out[1] = '0'+byte(first), '.'
	binary.LittleEndian.PutUint64(out[2:], high)
	binary.LittleEndian.PutUint64(out[10:], low)
	n := digits + 1
	if digits == 1 {
		n = 1
	}
	out[n], out[n+1] = 'e', '+'
	if exponent < 0 {
		out[n+1], exponent = '-', -exponent
	}
	n += 2
	if exponent >= 100 {
		out[n], exponent = '0'+byte(exponent/100), exponent%100
		n++
	}
	out[n], out[n+1] = '0'+byte(exponent/10), '0'+byte(exponent%10)
	return n + 2
}

// appendString appends s as a JSON string. What is not valid UTF-8 becomes
// U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst, err := jsontext.AppendQuote(dst, s)
	_ = err // the only error is invalid UTF-8, which is replaced anyway
	return dst
}
