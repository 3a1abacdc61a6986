package snapshot

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Reader reads a snapshot field by field. Its first error sticks: from then on
// every field reads as zero, so a learner may read all fields and look at the
// error once, in Close. Nothing that a Reader returns aliases its input.
type Reader struct {
	rest    []byte
	version uint32
	err     error
}

// NewReader opens a snapshot after checking its frame, its checksum, that it is
// of the given kind and that its version is at most newest.
func NewReader(data []byte, kind string, newest uint32) (*Reader, error) {
	r := &Reader{}
	if len(data) < len(magic)+checksumSize || string(data[:len(magic)]) != magic {
		r.Failf("%d bytes that do not begin like a snapshot", len(data))
		return nil, r.err
	}
	body := data[:len(data)-checksumSize]
	if binary.LittleEndian.Uint32(data[len(body):]) != crc32.Checksum(body, castagnoli) {
		r.Failf("the checksum does not match: the data is damaged or cut short")
		return nil, r.err
	}
	r.rest = body[len(magic):]
	if got := r.String(); r.err == nil && got != kind {
		r.Failf("it holds a %q, not a %q", clip(got), kind)
	}
	r.version = r.Uint32()
	if r.err == nil && (r.version == 0 || r.version > newest) {
		r.Failf("%s version %d is unknown here (newest is %d): it was written by a newer program", kind, r.version, newest)
	}
	if r.err != nil {
		return nil, r.err
	}
	return r, nil
}

// clip keeps a name from a stranger's file from filling the log.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "..."
	}
	return s
}

// Version is the version the snapshot was written with, from 1.
func (r *Reader) Version() uint32 { return r.version }

// Err is the first error so far.
func (r *Reader) Err() error { return r.err }

// Failf makes the snapshot unreadable for a reason only the learner can see,
// such as an index out of range. The first error wins.
func (r *Reader) Failf(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", learner.ErrSnapshot, fmt.Sprintf(format, args...))
		r.rest = nil
	}
}

// Close returns the first error, which may be that bytes are left over.
func (r *Reader) Close() error {
	if r.err == nil && len(r.rest) > 0 {
		r.Failf("%d bytes are left over", len(r.rest))
	}
	return r.err
}

// take returns the next n bytes, aliasing the input, or nil after an error.
func (r *Reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.rest) {
		r.Failf("%d bytes are missing at the end", n-len(r.rest))
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// length reads a count of things that take at least size bytes each, and
// refuses one that the rest of the input cannot hold.
func (r *Reader) length(size int) int {
	n := r.Uint64()
	if r.err == nil && n > uint64(len(r.rest)/size) {
		r.Failf("a length of %d does not fit in the %d bytes left", n, len(r.rest))
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

// Bool reads one byte, 0 or 1.
func (r *Reader) Bool() bool {
	b := r.take(1)
	if b == nil {
		return false
	}
	if b[0] > 1 {
		r.Failf("%d is not a truth value", b[0])
		return false
	}
	return b[0] == 1
}

// Uint32 reads four bytes.
func (r *Reader) Uint32() uint32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

// Uint64 reads eight bytes.
func (r *Reader) Uint64() uint64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// Int reads eight bytes; a value that does not fit in this system's int is an error.
func (r *Reader) Int() int {
	v := int64(r.Uint64())
	if int64(int(v)) != v {
		r.Failf("%d does not fit in an int here", v)
		return 0
	}
	return int(v)
}

// Count reads an Int that must lie in [0, most]: a size that is not followed
// by that many bytes.
func (r *Reader) Count(most int) int {
	n := r.Int()
	if r.err == nil && (n < 0 || n > most) {
		r.Failf("a count of %d is not between 0 and %d", n, most)
	}
	if r.err != nil {
		return 0
	}
	return n
}

// Float reads eight bytes; it may be any float, NaN and infinities too.
func (r *Reader) Float() float64 { return math.Float64frombits(r.Uint64()) }

// String reads a length and the bytes.
func (r *Reader) String() string { return string(r.take(r.length(1))) }

// Bytes reads a length and the bytes.
func (r *Reader) Bytes() []byte { return append([]byte(nil), r.take(r.length(1))...) }

// Floats reads a length and the values; no values are nil.
func (r *Reader) Floats() []float64 {
	return slice(r, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
}

// FiniteFloats is Floats for values that are never NaN or infinite.
func (r *Reader) FiniteFloats() []float64 {
	values := r.Floats()
	if i := numeric.FirstNotFinite(values); i >= 0 {
		r.Failf("number %d is %v", i, values[i])
		return nil
	}
	return values
}

// Ints reads a length and the values; no values are nil.
func (r *Reader) Ints() []int {
	n := r.length(8)
	if n == 0 {
		return nil
	}
	values := make([]int, n)
	for i := range values {
		values[i] = r.Int()
	}
	return values
}

// Int32s reads a length and the values; no values are nil.
func (r *Reader) Int32s() []int32 {
	return slice(r, 4, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) })
}

func slice[T any](r *Reader, size int, value func([]byte) T) []T {
	n := r.length(size)
	b := r.take(n * size)
	if len(b) == 0 {
		return nil
	}
	values := make([]T, n)
	for i := range values {
		values[i] = value(b[i*size:])
	}
	return values
}

// Strings reads a length and the strings; no strings are nil.
func (r *Reader) Strings() []string {
	n := r.length(8) // each has a length of its own
	if n == 0 {
		return nil
	}
	values := make([]string, n)
	for i := range values {
		values[i] = r.String()
	}
	return values
}

// Schema reads what Writer.Schema wrote.
func (r *Reader) Schema() learner.Schema {
	var s learner.Schema
	if named := r.Bool(); named {
		s.Features = append([]string{}, r.Strings()...)
	} else if len(r.Strings()) > 0 {
		r.Failf("feature names where there should be none")
	}
	if classes := r.Bool(); classes {
		s.Classes = []learner.Label{}
	}
	for _, c := range r.Strings() {
		if s.Classes == nil {
			r.Failf("classes where there should be none")
			break
		}
		s.Classes = append(s.Classes, learner.Label(c))
	}
	return s
}
