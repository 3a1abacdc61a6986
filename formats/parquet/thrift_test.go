package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// field is the head of a field, whose number is so much larger than the last.
func field(distance, kind byte) byte { return distance<<4 | kind }

// A length that is larger than what is left is refused before anybody makes room for it.
func TestFooterThatClaimsTooMuch(t *testing.T) {
	huge := binary.AppendUvarint(nil, 1<<40)
	for name, footer := range map[string][]byte{
		"a list":           append([]byte{field(2, thriftList), 0xf0 | thriftStruct}, huge...),
		"a text":           append([]byte{field(1, thriftBinary)}, huge...),
		"a map":            append([]byte{field(1, thriftMap)}, huge...),
		"endless nesting":  bytes.Repeat([]byte{field(1, thriftStruct)}, 100),
		"no end":           {field(1, thriftI32)},
		"an unknown type":  {field(1, 14), 0},
		"a list in a list": {field(2, thriftList), 0x10 | thriftList, 0xf0 | thriftI32, 0xff, 0xff, 0x7f, 0},
	} {
		file := append([]byte("PAR1"), footer...)
		file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
		file = append(file, "PAR1"...)
		if err := checkFooter(bytes.NewReader(file), int64(len(file))); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPageThatClaimsTooMuch(t *testing.T) {
	zigzag := func(v int64) []byte { return binary.AppendVarint(nil, v) }
	head := func(decoded, stored int64, more ...byte) []byte {
		b := append([]byte{field(2, thriftI32)}, zigzag(decoded)...)
		b = append(append(b, field(1, thriftI32)), zigzag(stored)...)
		return append(append(b, more...), thriftStop)
	}
	if good := append(head(8, 3), "abc"...); checkColumn(bytes.NewReader(good), 0, int64(len(good))) != nil {
		t.Fatal("a page as it should be is refused")
	}
	for name, column := range map[string][]byte{
		"more bytes than the column has": append(head(8, 4), "abc"...),
		"fewer bytes than none":          append(head(8, -3), "abc"...),
		"a huge page":                    append(head(1<<31-1, 3), "abc"...),
		"a statistic longer than it all": append(head(8, 3, append([]byte{field(2, thriftBinary)}, binary.AppendUvarint(nil, 1<<31)...)...), "abc"...),
	} {
		if err := checkColumn(bytes.NewReader(column), 0, int64(len(column))); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
