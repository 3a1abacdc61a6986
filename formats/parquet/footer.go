package parquet

import (
	"encoding/binary"
	"errors"
	"io"
)

// checkFooter refuses a file whose footer is longer than the file, or has a list that is longer than the footer: both would be
// made room for before they are read.
func checkFooter(in io.ReaderAt, size int64) error {
	const magic, ends = "PAR1", 8
	var end [ends]byte
	if size < int64(len(magic)+ends) {
		return io.ErrUnexpectedEOF
	}
	if _, err := in.ReadAt(end[:], size-ends); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != magic || length > size-int64(len(magic)+ends) {
		return errors.New("it does not end with a footer")
	}
	footer := make([]byte, length)
	if _, err := in.ReadAt(footer, size-ends-length); err != nil {
		return err
	}
	t := thrift{b: footer}
	t.structure(0)
	return t.err
}
