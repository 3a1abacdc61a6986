package wire

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Received is a frame as it came from a connection, with the checksum of what
// came.
type Received struct {
	frame []byte
	sum   uint32
}

const (
	receiveFirst = 1 << 20   // bytes allocated on a sender's word; more once these have arrived
	receiveChunk = 256 << 10 // bytes that are summed while they are near the processor
)

// Receive reads a frame of length bytes from r into the memory of buf, or into
// new memory if that is too small. Memory grows with what has arrived, not
// with what was announced. The checksum is computed while bytes arrive; Decode
// verifies it.
func Receive(r io.Reader, length int64, buf []byte) (Received, error) {
	if length < 0 {
		return Received{}, fmt.Errorf("%w: its length is not known", ErrFrame)
	}
	buf = buf[:0]
	if length > int64(cap(buf)) {
		buf = make([]byte, 0, min(length, receiveFirst))
	}
	var sum uint32
	for int64(len(buf)) < length {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, min(length, 2*int64(cap(buf)))), buf...)
		}
		from := len(buf)
		to := int(min(length, int64(cap(buf)), int64(from+receiveChunk)))
		if from == 0 {
			to = int(min(length, frameFixed)) // the checksum's own bytes are among these
		}
		n, err := io.ReadFull(r, buf[from:to])
		buf = buf[:from+n]
		if err != nil {
			return Received{frame: buf}, fmt.Errorf("after %d of %d bytes: %w", len(buf), length, noEOF(err))
		}
		if from == 0 {
			sum = crc32.Checksum(buf[:min(to, frameSum)], castagnoli)
		} else {
			sum = crc32.Update(sum, castagnoli, buf[from:])
		}
	}
	return Received{frame: buf, sum: sum}, nil
}

// noEOF says that an end came too early.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ReceivedFrom is a frame that has been read already.
func ReceivedFrom(frame []byte) Received {
	if len(frame) < frameFixed {
		return Received{frame: frame}
	}
	return Received{frame, checksum(frame)}
}

// Len is how many bytes came.
func (r Received) Len() int { return len(r.frame) }

// Check says whether the frame is as it was sent, without decoding it. The error wraps ErrDamaged.
func (r Received) Check() error {
	err := checkSum(r.frame, func() uint32 { return r.sum })
	if err != nil && !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err) // too short, or its beginning is that of no frame
	}
	return err
}

// Memory is for another Receive, once nobody looks at this frame or its arrays
// any more.
func (r Received) Memory() []byte { return r.frame[:0] }

// Decode is like the function of that name, but the arrays may refer to the
// frame's own memory.
func (r Received) Decode(meta any) ([]Array, error) {
	return decode(r.frame, func() uint32 { return r.sum }, true, meta)
}
