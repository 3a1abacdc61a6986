package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decode reads a frame: the metadata into meta, a pointer, as encoding/json
// does, or nowhere if meta is nil; and the arrays, which are copies and do not
// refer to b. Errors wrap ErrFrame. A frame that is damaged, cut short or forged
// is an error, and takes no more memory than a small multiple of its own
// size.
func Decode(b []byte, meta any) ([]Array, error) {
	return decode(b, func() uint32 { return checksum(b) }, false, meta)
}

// decode reads a frame whose checksum is sum. In place, arrays lie in b if that
// is aligned as numbers are.
func decode(b []byte, sum func() uint32, inPlace bool, meta any) ([]Array, error) {
	head, err := checkFrame(b, sum)
	if err != nil {
		return nil, err
	}
	arrays, err := readHeader(head, int(binary.LittleEndian.Uint16(b[6:])), meta)
	if err != nil {
		return nil, err
	}
	body := b[frameFixed+pad(len(head)):]
	for i := range arrays {
		if body, err = readNumbers(&arrays[i], body, inPlace); err != nil {
			return nil, err
		}
	}
	if len(body) > 0 {
		return nil, fmt.Errorf("%w: %d bytes follow the last array", ErrFrame, len(body))
	}
	return arrays, nil
}

// readHeader reads the metadata, and what the header says of the arrays.
func readHeader(head []byte, count int, meta any) ([]Array, error) {
	arrays, usual := usualHeader(head, count, meta)
	if usual {
		return arrays, nil
	}
	h := headerDecoder{dec: jsontext.NewDecoder(bytes.NewBuffer(head)), count: count}
	if err := h.decode(meta); err != nil {
		return nil, fmt.Errorf("%w: its header: %w", ErrFrame, err)
	}
	return h.arrays, nil
}

// checkFrame checks the fixed part and the checksum and returns the header.
func checkFrame(b []byte, sum func() uint32) ([]byte, error) {
	if err := checkSum(b, sum); err != nil {
		return nil, err
	}
	if err := checkVersion(b); err != nil {
		return nil, err
	}
	length := uint64(binary.LittleEndian.Uint32(b[8:]))
	if padded := (length + frameAlign - 1) / frameAlign * frameAlign; padded > uint64(len(b)-frameFixed) {
		return nil, fmt.Errorf("%w: a header of %d bytes in a frame of %d", ErrFrame, length, len(b))
	}
	return b[frameFixed : frameFixed+length], nil
}

// checkVersion refuses a frame of another version.
func checkVersion(b []byte) error {
	if v := binary.LittleEndian.Uint16(b[4:]); v != frameVersion {
		return fmt.Errorf("%w: version %d, this program reads version %d", ErrFrame, v, frameVersion)
	}
	return nil
}

// checkSum checks that a frame is as it was sent.
func checkSum(b []byte, sum func() uint32) error {
	if len(b) < frameFixed {
		return fmt.Errorf("%w: %d bytes are too few", ErrFrame, len(b))
	}
	if string(b[:4]) != frameMagic {
		return fmt.Errorf("%w: it begins with %q", ErrFrame, b[:4])
	}
	if stored, sum := binary.LittleEndian.Uint32(b[frameSum:]), sum(); stored != sum {
		return fmt.Errorf("%w: %w: checksum %08x, expected %08x", ErrFrame, ErrDamaged, sum, stored)
	}
	return nil
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
func readNumbers(a *Array, body []byte, inPlace bool) (rest []byte, err error) {
	width := a.DType.size()
	if width == 0 || a.DType == "" {
		return nil, fmt.Errorf("%w: array %q has the unknown dtype %q", ErrFrame, a.Name, a.DType)
	}
	n, ok := elements(a.Shape, len(body)/width)
	if !ok || pad(n*width) > len(body) {
		return nil, fmt.Errorf("%w: array %q of shape %v does not fit the %d bytes that are left", ErrFrame, a.Name, a.Shape, len(body))
	}
	rest = body[pad(n*width):]
	if a.DType != F4 && inPlace {
		if a.Data, ok = numbersOf(body, n); ok {
			return rest, nil
		}
	}
	a.Data = make([]float64, n)
	if a.DType != F4 {
		getNumbers(a.Data, body)
		return rest, nil
	}
	for i := range a.Data {
		a.Data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:])))
	}
	return rest, nil
}
