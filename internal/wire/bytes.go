package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Bytes is an array that carries bytes: eight to a number in their order, the
// last one filled up with zeros. How many they are is told beside it. It
// shares no memory with b.
func Bytes(name string, b []byte) Array {
	data := make([]float64, pad(len(b))/8)
	whole := len(b) / 8
	getNumbers(data[:whole], b[:8*whole])
	if whole < len(data) {
		var last [8]byte
		copy(last[:], b[8*whole:])
		getNumbers(data[whole:], last[:])
	}
	return Vector(name, data)
}

// Bytes are the n bytes that the array carries. They share its memory where
// that is possible.
func (a Array) Bytes(n int) ([]byte, error) {
	if n < 0 || n > 8*len(a.Data) || pad(n) != 8*len(a.Data) || a.DType == F4 {
		return nil, fmt.Errorf("%w: array %q, of %d numbers, does not carry %d bytes", ErrFrame, a.Name, len(a.Data), n)
	}
	b, ok := bytesOf(a.Data)
	if !ok {
		b = make([]byte, 0, 8*len(a.Data))
		for _, v := range a.Data {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
	}
	if slices.ContainsFunc(b[n:], func(c byte) bool { return c != 0 }) {
		return nil, fmt.Errorf("%w: array %q carries more than %d bytes", ErrFrame, a.Name, n)
	}
	return b[:n:n], nil
}
