package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// mostPage is the largest page that is read, in bytes as it is decoded; programs write pages of about a MiB.
const mostPage = 1 << 30

// The numbers of the fields of a page's head.
const (
	fieldDecoded = 2 // bytes as they are decoded
	fieldStored  = 3 // bytes as they lie in the file
)

// checkPages walks over the heads of all pages, and refuses a file in which one says that it is longer than its column, or
// has a value that is longer than itself: room would be made for either before it is read.
func checkPages(in io.ReaderAt, size int64, f *parquet.File) error {
	for g, group := range f.Metadata().RowGroups {
		for j, c := range group.Columns {
			at, length := c.MetaData.DataPageOffset, c.MetaData.TotalCompressedSize
			if d := c.MetaData.DictionaryPageOffset; d > 0 && d < at {
				at = d
			}
			if at < 0 || length < 0 || at > size-length {
				return fmt.Errorf("column %d of row group %d lies outside of the file", j, g)
			}
			if err := checkColumn(in, at, at+length); err != nil {
				return fmt.Errorf("column %d of row group %d: %w", j, g, err)
			}
		}
	}
	return nil
}

// checkColumn walks over the pages between two places of a file.
func checkColumn(in io.ReaderAt, at, end int64) error {
	buffer := make([]byte, 0, 4<<10)
	for at < end {
		t, err := pageHead(in, at, end, &buffer)
		if err != nil {
			return err
		}
		stored, decoded := t.integers[fieldStored], t.integers[fieldDecoded]
		at += int64(len(buffer)-len(t.b)) + stored
		if stored < 0 || decoded < 0 || at > end {
			return errDamaged
		}
		if decoded > mostPage {
			return fmt.Errorf("a page of %d MiB; write the file with smaller pages", decoded>>20)
		}
	}
	return nil
}

// pageHead reads the head of the page at a place, and more of the file if that is not enough, up to the end of the column.
func pageHead(in io.ReaderAt, at, end int64, buffer *[]byte) (thrift, error) {
	for size := int64(cap(*buffer)); ; size *= 4 {
		size = min(size, end-at)
		if int64(cap(*buffer)) < size {
			*buffer = make([]byte, size)
		}
		*buffer = (*buffer)[:size]
		if _, err := in.ReadAt(*buffer, at); err != nil && !errors.Is(err, io.EOF) {
			return thrift{}, err
		}
		t := thrift{b: *buffer, integers: map[int64]int64{}}
		t.structure(0)
		if t.err == nil || size == end-at {
			return t, t.err
		}
	}
}
