package wire

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ContentTypeFrame is the content type of the binary frame.
const ContentTypeFrame = "application/vnd.chimera.frame"

// ErrFrame is wrapped by every error about a frame that cannot be read.
var ErrFrame = errors.New("not a valid chimera frame")

// ErrDamaged is wrapped, beside ErrFrame, by the error about a frame that is not as
// it was sent: its checksum is another.
var ErrDamaged = errors.New("damaged")

// A frame is, numbers being little-endian:
//
//	 0  "CHMF"
//	 4  version, 16 bits, 1
//	 6  number of arrays, 16 bits
//	 8  length of the header, 32 bits
//	12  CRC-32C (Castagnoli) of all other bytes, 32 bits
//	16  header, JSON: {"meta": ..., "arrays": [{"name": "x", "dtype": "f8", "shape": [2, 3]}, ...]}
//	    the arrays' numbers in the header's order, each array padded with
//	    zeros to begin at a multiple of 8
//
// and nothing after the last array's padding.
const (
	frameMagic   = "CHMF"
	frameVersion = 1
	frameFixed   = 16
	frameSum     = 12 // where the checksum is
	frameAlign   = 8

	maxArrays = 1024
	maxDims   = 8
)

// The header as Encode writes it, piece by piece.
const (
	headerMeta   = `{"meta":`
	headerArrays = `,"arrays":[`
	headerName   = `{"name":"`
	headerType   = `","dtype":"`
	headerShape  = `","shape":[`
)

// layout is what the header says of one array.
type layout struct {
	Name  string `json:"name"`
	DType DType  `json:"dtype"`
	Shape []int  `json:"shape"`
}

// Encode appends a frame that holds meta, written by encoding/json, and the
// arrays to dst. An array whose shape does not fit its data, and a number too
// large for an array of type F4, are errors. NaN and infinities are kept.
func Encode(dst []byte, meta any, arrays ...Array) ([]byte, error) {
	parts, err := encode(dst, meta, arrays, math.MaxInt)
	if err != nil {
		return nil, err
	}
	return parts[0], nil
}

// EncodeParts is a frame in parts that belong one after the other. The first
// is appended to dst, and long arrays are left where they are: those parts
// are their memory, which may not change before the frame has been sent.
func EncodeParts(dst []byte, meta any, arrays ...Array) ([][]byte, error) {
	return encode(dst[:0], meta, arrays, longArray)
}

// Write writes a frame without a copy of its long arrays.
func Write(w io.Writer, meta any, arrays ...Array) error {
	parts, err := EncodeParts(nil, meta, arrays...)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// longArray is how many bytes of an array are more work to copy than to send
// as a part of its own.
const longArray = 16 << 10

// encode writes a frame in parts, of which the first follows what dst holds.
// Arrays of long bytes or more stay where they are.
func encode(dst []byte, meta any, arrays []Array, long int) ([][]byte, error) {
	size, err := checkArrays(arrays, long)
	if err != nil {
		return nil, err
	}
	start := len(dst)
	dst = append(dst, frameMagic...)
	dst = binary.LittleEndian.AppendUint16(dst, frameVersion)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(arrays)))
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0) // the places of the header's length and the checksum
	if dst, err = appendHeader(dst, meta, arrays); err != nil {
		return nil, err
	}
	length := len(dst) - start - frameFixed
	if length > math.MaxInt32 {
		return nil, fmt.Errorf("a frame's metadata of %d bytes is too large", length)
	}
	binary.LittleEndian.PutUint32(dst[start+8:], uint32(length))
	dst = slices.Grow(align(dst, start), size) // so that parts of it stay where they are
	parts, from := make([][]byte, 0, 1+2*len(arrays)), 0
	for _, a := range arrays {
		if a.stays(long) {
			numbers, _ := bytesOf(a.Data)
			parts = append(parts, dst[from:], numbers)
			from = len(dst)
			continue
		}
		if dst, err = appendNumbers(dst, a); err != nil {
			return nil, err
		}
		dst = align(dst, start)
	}
	if from == 0 || from < len(dst) {
		parts = append(parts, dst[from:])
	}
	first := parts[0][start:]
	sum := checksum(first)
	for _, p := range parts[1:] {
		sum = crc32.Update(sum, castagnoli, p)
	}
	binary.LittleEndian.PutUint32(first[frameSum:], sum)
	return parts, nil
}

// stays reports whether an array is sent from where it is.
func (a Array) stays(long int) bool { return sameOrder && a.DType != F4 && 8*len(a.Data) >= long }

// checkArrays refuses what no frame can hold, and returns how many bytes the
// arrays take that do not stay where they are.
func checkArrays(arrays []Array, long int) (size int, err error) {
	if len(arrays) > maxArrays {
		return 0, fmt.Errorf("a frame holds at most %d arrays, not %d", maxArrays, len(arrays))
	}
	for _, a := range arrays {
		width := a.DType.size()
		if width == 0 {
			return 0, fmt.Errorf("array %q: unknown dtype %q: want %q, %q or %q", a.Name, a.DType, F8, F4, I8)
		}
		if n, ok := elements(a.Shape, len(a.Data)); !ok || n != len(a.Data) || len(a.Shape) > maxDims {
			return 0, fmt.Errorf("array %q: shape %v does not fit %d numbers", a.Name, a.Shape, len(a.Data))
		}
		if !a.stays(long) {
			size += pad(width * len(a.Data))
		}
	}
	return size, nil
}

// appendHeader appends the JSON header.
func appendHeader(dst []byte, meta any, arrays []Array) ([]byte, error) {
	text, err := json.Marshal(meta)
	if err != nil {
		return nil, fmt.Errorf("cannot write a frame's header: %w", err)
	}
	dst = append(append(dst, headerMeta...), text...)
	dst = append(dst, headerArrays...)
	for i, a := range arrays {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, headerName[:len(headerName)-1]...)
		if dst, err = jsontext.AppendQuote(dst, strings.ToValidUTF8(a.Name, "\uFFFD")); err != nil {
			return nil, fmt.Errorf("cannot write a frame's header: %w", err)
		}
		dst = append(dst, headerType[1:]...)
		dst = append(dst, cmp.Or(a.DType, F8)...)
		dst = append(dst, headerShape...)
		for k, n := range a.Shape {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendInt(dst, int64(n), 10)
		}
		dst = append(dst, "]}"...)
	}
	return append(dst, "]}"...), nil
}

// appendNumbers appends the numbers of a; encode has made room for them.
func appendNumbers(dst []byte, a Array) ([]byte, error) {
	start := len(dst)
	dst = dst[:start+a.DType.size()*len(a.Data)]
	out := dst[start:]
	if a.DType != F4 {
		putNumbers(out, a.Data)
		return dst, nil
	}
	for i, v := range a.Data {
		if math.Abs(v) >= maxFloat32 && !math.IsInf(v, 0) {
			return nil, fmt.Errorf("array %q, number %d: %v is too large for dtype %q", a.Name, i, v, F4)
		}
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(float32(v)))
	}
	return dst, nil
}

// castagnoli is the polynomial of a frame's checksum, which amd64 and arm64
// have in hardware.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the CRC-32C of a frame without the checksum itself.
func checksum(frame []byte) uint32 {
	return crc32.Update(crc32.Checksum(frame[:frameSum], castagnoli), castagnoli, frame[frameFixed:])
}

// pad is n rounded up to a multiple of frameAlign.
func pad(n int) int { return (n + frameAlign - 1) / frameAlign * frameAlign }

// align appends zeros until what was appended since start is a multiple of
// frameAlign.
func align(dst []byte, start int) []byte {
	for (len(dst)-start)%frameAlign != 0 {
		dst = append(dst, 0)
	}
	return dst
}
