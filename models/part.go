package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// verified reads a part, and compares it with what was stored.
type verified struct {
	io.ReadCloser
	part Part
	file string
	sum  hash.Hash
	read int64
}

func newVerified(r io.ReadCloser, part Part, file string) *verified {
	return &verified{ReadCloser: r, part: part, file: file, sum: sha256.New()}
}

// Read reads on. The last bytes are held to the checksum before io.EOF.
func (v *verified) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	v.read += int64(n)
	v.sum.Write(p[:n])
	switch {
	case v.read > v.part.Size:
		return n, &DamagedError{v.file, fmt.Errorf("it has more than the %d bytes that were stored", v.part.Size)}
	case !errors.Is(err, io.EOF):
		return n, err
	case v.read < v.part.Size:
		return n, &DamagedError{v.file, fmt.Errorf("it has %d bytes instead of the %d that were stored", v.read, v.part.Size)}
	case hex.EncodeToString(v.sum.Sum(nil)) != v.part.SHA256:
		return n, &DamagedError{v.file, errors.New("its checksum is not that of what was stored")}
	}
	return n, err
}
