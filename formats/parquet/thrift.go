package parquet

import (
	"encoding/binary"
	"errors"
)

// The types of Thrift's compact protocol.
const (
	thriftStop = iota
	thriftTrue
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// thrift walks through values in Thrift's compact protocol, in which a footer is written, and keeps none of them.
type thrift struct {
	b   []byte // what is left
	err error

	integers map[int64]int64 // of the outermost structure, by the numbers of their fields
}

var errDamaged = errors.New("its footer or the head of a page is damaged")

// thriftDepth is how deep a footer may nest: its own structures do so a few levels deep.
const thriftDepth = 32

func (t *thrift) fail() { t.b, t.err = nil, errDamaged }

// skip passes over n bytes.
func (t *thrift) skip(n uint64) {
	if n > uint64(len(t.b)) {
		t.fail()
		return
	}
	t.b = t.b[n:]
}

func (t *thrift) byte() byte {
	if len(t.b) == 0 {
		t.fail()
		return thriftStop
	}
	b := t.b[0]
	t.b = t.b[1:]
	return b
}

func (t *thrift) varint() uint64 {
	v, n := binary.Uvarint(t.b)
	if n <= 0 {
		t.fail()
		return 0
	}
	t.b = t.b[n:]
	return v
}

// integer is a signed number.
func (t *thrift) integer() int64 {
	v := t.varint()
	return int64(v>>1) ^ -int64(v&1)
}

// structure passes over the fields of a structure up to its end.
func (t *thrift) structure(depth int) {
	var number int64
	for t.err == nil {
		head := t.byte()
		kind := head & 0xf
		if kind == thriftStop {
			return
		}
		if distance := int64(head >> 4); distance > 0 {
			number += distance
		} else {
			number = t.integer()
		}
		switch {
		case kind == thriftTrue || kind == thriftFalse: // the type is the value
		case depth == 0 && t.integers != nil && (kind == thriftI32 || kind == thriftI64):
			t.integers[number] = t.integer()
		default:
			t.value(kind, depth+1)
		}
	}
}

// value passes over a value.
func (t *thrift) value(kind byte, depth int) {
	if depth > thriftDepth {
		t.fail()
		return
	}
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		t.skip(1)
	case thriftI16, thriftI32, thriftI64:
		t.varint()
	case thriftDouble:
		t.skip(8)
	case thriftBinary:
		t.skip(t.varint())
	case thriftList, thriftSet:
		head := t.byte()
		n := uint64(head >> 4)
		if n == 15 {
			n = t.varint()
		}
		t.elements(n, depth, head&0xf)
	case thriftMap:
		if n := t.varint(); n > 0 {
			kinds := t.byte()
			t.elements(n, depth, kinds>>4, kinds&0xf)
		}
	case thriftStruct:
		t.structure(depth)
	default:
		t.fail()
	}
}

// elements passes over n elements, each of which is a value of each kind, and takes at least a byte.
func (t *thrift) elements(n uint64, depth int, kinds ...byte) {
	if n > uint64(len(t.b)) {
		t.fail()
		return
	}
	for ; n > 0 && t.err == nil; n-- {
		for _, kind := range kinds {
			t.value(kind, depth+1)
		}
	}
}
