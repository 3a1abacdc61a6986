package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ContentTypeFrame is the content type of the binary frame.
const ContentTypeFrame = "application/vnd.chimera.frame"

// ErrFrame is wrapped by every error about a frame that cannot be read.
var ErrFrame = errors.New("not a valid chimera frame")

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
	frameAlign   = 8

	maxArrays = 1024
	maxDims   = 8
)

// header is the JSON part of a frame.
type header struct {
	Meta   any      `json:"meta"`
	Arrays []layout `json:"arrays"`
}

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
	head, size, err := encodeHeader(meta, arrays)
	if err != nil {
		return nil, err
	}
	start := len(dst)
	dst = slices.Grow(dst, frameFixed+pad(len(head))+size)
	dst = append(dst, frameMagic...)
	dst = binary.LittleEndian.AppendUint16(dst, frameVersion)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(arrays)))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(head)))
	dst = append(dst, 0, 0, 0, 0) // the checksum's place
	dst = append(dst, head...)
	dst = align(dst, start)
	for _, a := range arrays {
		if dst, err = appendNumbers(dst, a); err != nil {
			return nil, err
		}
		dst = align(dst, start)
	}
	frame := dst[start:]
	binary.LittleEndian.PutUint32(frame[12:], checksum(frame))
	return dst, nil
}

// encodeHeader returns the JSON header and how many bytes the arrays take.
func encodeHeader(meta any, arrays []Array) (head []byte, size int, err error) {
	if len(arrays) > maxArrays {
		return nil, 0, fmt.Errorf("a frame holds at most %d arrays, not %d", maxArrays, len(arrays))
	}
	layouts := make([]layout, len(arrays))
	for i, a := range arrays {
		width := a.DType.size()
		if width == 0 {
			return nil, 0, fmt.Errorf("array %q: unknown dtype %q: want %q or %q", a.Name, a.DType, F8, F4)
		}
		if n, ok := elements(a.Shape, len(a.Data)); !ok || n != len(a.Data) || len(a.Shape) > maxDims {
			return nil, 0, fmt.Errorf("array %q: shape %v does not fit %d numbers", a.Name, a.Shape, len(a.Data))
		}
		layouts[i] = layout{Name: a.Name, DType: F8, Shape: a.Shape}
		if a.DType == F4 {
			layouts[i].DType = F4
		}
		size += pad(width * len(a.Data))
	}
	if head, err = json.Marshal(header{Meta: meta, Arrays: layouts}); err != nil {
		return nil, 0, fmt.Errorf("cannot write a frame's header: %w", err)
	}
	if len(head) > math.MaxInt32 {
		return nil, 0, fmt.Errorf("a frame's metadata of %d bytes is too large", len(head))
	}
	return head, size, nil
}

// appendNumbers appends the numbers of a; Encode has made room for them. Four
// at a time the compiler keeps up with the memory.
func appendNumbers(dst []byte, a Array) ([]byte, error) {
	start := len(dst)
	dst = dst[:start+a.DType.size()*len(a.Data)]
	out, in := dst[start:], a.Data
	if a.DType != F4 {
		for ; len(in) >= 4 && len(out) >= 32; in, out = in[4:], out[32:] {
			binary.LittleEndian.PutUint64(out[0:8], math.Float64bits(in[0]))
			binary.LittleEndian.PutUint64(out[8:16], math.Float64bits(in[1]))
			binary.LittleEndian.PutUint64(out[16:24], math.Float64bits(in[2]))
			binary.LittleEndian.PutUint64(out[24:32], math.Float64bits(in[3]))
		}
		for i, v := range in {
			binary.LittleEndian.PutUint64(out[8*i:], math.Float64bits(v))
		}
		return dst, nil
	}
	for i, v := range in {
		if math.Abs(v) >= maxFloat32 && !math.IsInf(v, 0) {
			return nil, fmt.Errorf("array %q, number %d: %v is too large for dtype %q", a.Name, i, v, F4)
		}
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(float32(v)))
	}
	return dst, nil
}

// Decode reads a frame: the metadata into meta, a pointer, as encoding/json
// does, or nowhere if meta is nil; and the arrays, which are copies and do not
// refer to b. Errors wrap ErrFrame. A frame that is damaged, cut short or made
// up is an error, and takes no more memory than a small multiple of its own
// size.
func Decode(b []byte, meta any) ([]Array, error) {
	head, err := checkFrame(b)
	if err != nil {
		return nil, err
	}
	h := headerDecoder{dec: jsontext.NewDecoder(bytes.NewBuffer(head)), count: int(binary.LittleEndian.Uint16(b[6:]))}
	if err := h.decode(meta); err != nil {
		return nil, fmt.Errorf("%w: its header: %w", ErrFrame, err)
	}
	body := b[frameFixed+pad(len(head)):]
	for i := range h.arrays {
		if body, err = readNumbers(&h.arrays[i], body); err != nil {
			return nil, err
		}
	}
	if len(body) > 0 {
		return nil, fmt.Errorf("%w: %d bytes follow the last array", ErrFrame, len(body))
	}
	return h.arrays, nil
}

// checkFrame checks the fixed part and the checksum and returns the header.
func checkFrame(b []byte) ([]byte, error) {
	if len(b) < frameFixed {
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrFrame, len(b))
	}
	if string(b[:4]) != frameMagic {
		return nil, fmt.Errorf("%w: it begins with %q", ErrFrame, b[:4])
	}
	if v := binary.LittleEndian.Uint16(b[4:]); v != frameVersion {
		return nil, fmt.Errorf("%w: version %d, this program reads version %d", ErrFrame, v, frameVersion)
	}
	length := uint64(binary.LittleEndian.Uint32(b[8:]))
	if padded := (length + frameAlign - 1) / frameAlign * frameAlign; padded > uint64(len(b)-frameFixed) {
		return nil, fmt.Errorf("%w: a header of %d bytes in a frame of %d", ErrFrame, length, len(b))
	}
	if stored, sum := binary.LittleEndian.Uint32(b[12:]), checksum(b); stored != sum {
		return nil, fmt.Errorf("%w: damaged: checksum %08x, expected %08x", ErrFrame, sum, stored)
	}
	return b[frameFixed : frameFixed+length], nil
}

// headerDecoder reads the JSON header in one pass.
type headerDecoder struct {
	dec    *jsontext.Decoder
	count  int // of arrays, as the fixed part announces
	arrays []Array
}

func (h *headerDecoder) decode(meta any) error {
	if h.count > maxArrays {
		return fmt.Errorf("%d arrays, at most %d are allowed", h.count, maxArrays)
	}
	if err := h.expect('{'); err != nil {
		return err
	}
	for h.dec.PeekKind() == '"' {
		key, err := h.dec.ReadToken()
		if err != nil {
			return err
		}
		switch key.String() {
		case "meta":
			err = h.readMeta(meta)
		case "arrays":
			err = h.readLayouts()
		default:
			err = h.dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	if err := h.expect('}'); err != nil {
		return err
	}
	if _, err := h.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("it holds more than one value")
	}
	if len(h.arrays) != h.count {
		return fmt.Errorf("it lists %d arrays and announces %d", len(h.arrays), h.count)
	}
	return nil
}

func (h *headerDecoder) expect(want jsontext.Kind) error {
	token, err := h.dec.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != want {
		return fmt.Errorf("expected %v, found %v", want, token.Kind())
	}
	return nil
}

func (h *headerDecoder) readMeta(meta any) error {
	value, err := h.dec.ReadValue()
	if err != nil || meta == nil {
		return err
	}
	return json.Unmarshal(value, meta)
}

// readLayouts reads the list of arrays one by one, so that a long list of tiny
// ones is refused before it is in memory.
func (h *headerDecoder) readLayouts() error {
	if err := h.expect('['); err != nil {
		return err
	}
	h.arrays = make([]Array, 0, h.count)
	for h.dec.PeekKind() == '{' {
		if len(h.arrays) == h.count {
			return fmt.Errorf("it lists more than the %d arrays it announces", h.count)
		}
		var l layout
		if err := jsonv2.UnmarshalDecode(h.dec, &l); err != nil {
			return err
		}
		if len(l.Shape) > maxDims {
			return fmt.Errorf("array %q has %d dimensions, at most %d are allowed", l.Name, len(l.Shape), maxDims)
		}
		h.arrays = append(h.arrays, Array{Name: l.Name, Shape: l.Shape, DType: l.DType})
	}
	return h.expect(']')
}

// readNumbers fills a with its numbers from the beginning of body and returns
// what follows them.
func readNumbers(a *Array, body []byte) (rest []byte, err error) {
	width := a.DType.size()
	if width == 0 || a.DType == "" {
		return nil, fmt.Errorf("%w: array %q has the unknown dtype %q", ErrFrame, a.Name, a.DType)
	}
	n, ok := elements(a.Shape, len(body)/width)
	if !ok || pad(n*width) > len(body) {
		return nil, fmt.Errorf("%w: array %q of shape %v does not fit the %d bytes that are left", ErrFrame, a.Name, a.Shape, len(body))
	}
	rest = body[pad(n*width):]
	a.Data = make([]float64, n)
	if a.DType == F4 {
		for i := range a.Data {
			a.Data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:])))
		}
		return rest, nil
	}
	out := a.Data
	for ; len(out) >= 4 && len(body) >= 32; out, body = out[4:], body[32:] {
		out[0] = math.Float64frombits(binary.LittleEndian.Uint64(body[0:8]))
		out[1] = math.Float64frombits(binary.LittleEndian.Uint64(body[8:16]))
		out[2] = math.Float64frombits(binary.LittleEndian.Uint64(body[16:24]))
		out[3] = math.Float64frombits(binary.LittleEndian.Uint64(body[24:32]))
	}
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(body[8*i:]))
	}
	return rest, nil
}

// checksum is the CRC-32C of a frame without the checksum itself. It is made in
// hardware on amd64 and arm64.
func checksum(frame []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // made once, by the library
	return crc32.Update(crc32.Checksum(frame[:12], table), table, frame[frameFixed:])
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
