package snapshot

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
)

const (
	magic        = "CHIMERA\x01" // the last byte is the version of the framing
	checksumSize = crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Writer builds a snapshot field by field. Make one with NewWriter; end with Seal.
type Writer struct{ buf []byte }

// NewWriter begins a snapshot of the given kind and version.
func NewWriter(kind string, version uint32) *Writer {
	w := &Writer{buf: []byte(magic)}
	w.String(kind)
	w.Uint32(version)
	return w
}

// Seal ends the snapshot with its checksum and returns it. The writer must not
// be used afterwards.
func (w *Writer) Seal() []byte { return Seal(w.buf) }

// Seal appends the checksum of body to body. It is for tests that damage a
// snapshot behind its checksum's back; learners use Writer.Seal.
func Seal(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, castagnoli))
}

// Bool writes one byte.
func (w *Writer) Bool(v bool) {
	var b byte
	if v {
		b = 1
	}
	w.buf = append(w.buf, b)
}

// Uint32 writes four bytes.
func (w *Writer) Uint32(v uint32) { w.buf = binary.LittleEndian.AppendUint32(w.buf, v) }

// Uint64 writes eight bytes.
func (w *Writer) Uint64(v uint64) { w.buf = binary.LittleEndian.AppendUint64(w.buf, v) }

// Int writes eight bytes.
func (w *Writer) Int(v int) { w.Uint64(uint64(int64(v))) }

// Float writes the eight bytes of v, every bit of a NaN included.
func (w *Writer) Float(v float64) { w.Uint64(math.Float64bits(v)) }

// String writes a length and the bytes.
func (w *Writer) String(s string) {
	w.Int(len(s))
	w.buf = append(w.buf, s...)
}

// Bytes writes a length and the bytes.
func (w *Writer) Bytes(b []byte) {
	w.Int(len(b))
	w.buf = append(w.buf, b...)
}

// reserve makes room for the length and the bytes of a list, and for the little that may follow the last one, so that a large snapshot is
// not copied again and again as it grows.
func (w *Writer) reserve(bytes int) { w.buf = slices.Grow(w.buf, bytes+64) }

// Floats writes a length and eight bytes per value.
func (w *Writer) Floats(values []float64) {
	w.reserve(8 * len(values))
	w.Int(len(values))
	for _, v := range values {
		w.Float(v)
	}
}

// Ints writes a length and eight bytes per value.
func (w *Writer) Ints(values []int) {
	w.reserve(8 * len(values))
	w.Int(len(values))
	for _, v := range values {
		w.Int(v)
	}
}

// Int32s writes a length and four bytes per value: for indices, of which there
// may be millions.
func (w *Writer) Int32s(values []int32) {
	w.reserve(4 * len(values))
	w.Int(len(values))
	for _, v := range values {
		w.Uint32(uint32(v))
	}
}

// Strings writes a length and the strings.
func (w *Writer) Strings(values []string) {
	w.Int(len(values))
	for _, s := range values {
		w.String(s)
	}
}

// Schema writes the feature names and the classes; a nil list is kept apart
// from an empty one.
func (w *Writer) Schema(s learner.Schema) {
	w.Bool(s.Features != nil)
	w.Strings(s.Features)
	w.Bool(s.Classes != nil)
	w.Int(len(s.Classes))
	for _, c := range s.Classes {
		w.String(string(c))
	}
}
