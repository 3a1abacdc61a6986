package wire

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// Passing checks a frame that is written to it piece by piece, on its way to somewhere else. It keeps the
// header, and no numbers. The zero value is ready.
type Passing struct {
	head []byte // the fixed part and the header
	sum  uint32
	size int64
}

// Write takes the next piece; it never fails.
func (p *Passing) Write(b []byte) (int, error) {
	rest := b
	for len(rest) > 0 {
		missing := p.missing()
		if missing == 0 {
			p.sum = crc32.Update(p.sum, castagnoli, rest)
			break
		}
		n := min(missing, len(rest))
		p.head = append(p.head, rest[:n]...)
		rest = rest[n:]
		if len(p.head) == frameFixed { // all of the checksum has come
			p.sum = crc32.Checksum(p.head[:frameSum], castagnoli)
		} else if len(p.head) > frameFixed {
			p.sum = crc32.Update(p.sum, castagnoli, p.head[len(p.head)-n:])
		}
	}
	p.size += int64(len(b))
	return len(b), nil
}

// missing is how many bytes of the fixed part, or else of the header, are still to come.
func (p *Passing) missing() int {
	if len(p.head) < frameFixed {
		return frameFixed - len(p.head)
	}
	return int(uint64(binary.LittleEndian.Uint32(p.head[8:]))) + frameFixed - len(p.head)
}

// Check says, when all of the frame has passed, whether it was whole, and reads the metadata into meta, as
// Decode does. Errors wrap ErrFrame.
func (p *Passing) Check(meta any) error {
	if err := checkSum(p.head, func() uint32 { return p.sum }); err != nil {
		return err
	}
	if err := checkVersion(p.head); err != nil {
		return err
	}
	if p.missing() > 0 {
		return fmt.Errorf("%w: %d bytes are fewer than its header has", ErrFrame, p.size)
	}
	head := p.head[frameFixed:]
	arrays, err := readHeader(head, int(binary.LittleEndian.Uint16(p.head[6:])), meta)
	if err != nil {
		return err
	}
	want := int64(frameFixed + pad(len(head)))
	for _, a := range arrays {
		width, most := a.DType.size(), int(min(p.size, math.MaxInt/8))
		n, ok := elements(a.Shape, most)
		if width == 0 || a.DType == "" || !ok {
			return fmt.Errorf("%w: array %q of dtype %q and shape %v in %d bytes", ErrFrame, a.Name, a.DType, a.Shape, p.size)
		}
		if want += int64(pad(width * n)); want > p.size {
			break // before it grows beyond any number
		}
	}
	if want != p.size {
		return fmt.Errorf("%w: it has %d bytes, which is not what its arrays take", ErrFrame, p.size)
	}
	return nil
}
