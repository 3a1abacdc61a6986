package models

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// verified reads a part, and compares it with what was stored.
type verified struct {
	io.ReadCloser
	part Part
	file string
	sum  sum
	read int64
}

func newVerified(r io.ReadCloser, part Part, file string) *verified {
	return &verified{ReadCloser: r, part: part, file: file}
}

// Read reads on. The last bytes are held to the checksum before io.EOF.
func (v *verified) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	_, _ = v.sum.Write(p[:n]) // never fails
	return n, v.check(n, err)
}

// check compares what is known after n more bytes were read.
func (v *verified) check(n int, err error) error {
	v.read += int64(n)
	switch {
	case v.read > v.part.Size:
		return &DamagedError{v.file, fmt.Errorf("it has more than the %d bytes that were stored", v.part.Size)}
	case !errors.Is(err, io.EOF):
		return err
	case v.read < v.part.Size:
		return &DamagedError{v.file, fmt.Errorf("it has %d bytes instead of the %d that were stored", v.read, v.part.Size)}
	case v.sum.text() != v.part.SHA256:
		return &DamagedError{v.file, errors.New("its checksum is not that of what was stored")}
	}
	return err
}

// Close closes the part.
func (v *verified) Close() error {
	v.sum.end()
	return v.ReadCloser.Close()
}

// whole reads all of it into memory, which grows with what is there and not with what is announced.
func (v *verified) whole() ([]byte, error) {
	text := make([]byte, 0, v.present()+bytes.MinRead) // so that the end is found without growing
	for {
		n, err := v.ReadCloser.Read(text[len(text):min(len(text)+blockSize, cap(text))])
		v.sum.add(text[len(text) : len(text)+n])
		text = text[:len(text)+n]
		switch err := v.check(n, err); {
		case errors.Is(err, io.EOF):
			return text, nil
		case err != nil:
			return nil, err
		}
		if len(text) == cap(text) {
			text = append(text, 0)[:len(text)]
		}
	}
}

// present is how many bytes there are, if what is read can tell; else 0.
func (v *verified) present() int64 {
	f, ok := v.ReadCloser.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return 0
	}
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return min(info.Size(), v.part.Size)
}
