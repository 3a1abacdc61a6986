package onnx

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protocol buffer in the making. The numbers of fields are those of onnx.proto.
type message []byte

func (m *message) text(field protowire.Number, s string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), s)
}

func (m *message) message(field protowire.Number, of message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), of)
}

func (m *message) number(field protowire.Number, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

// elem is the type of a tensor's elements.
type elem int64

// The types, as in TensorProto.DataType.
const (
	float32s elem = 1
	int64s   elem = 7
	stringsT elem = 8
	float64s elem = 11
)

// tensor is a TensorProto.
func tensor(name string, of elem, dims []int64, fill func(*message)) message {
	var t message
	for _, d := range dims {
		t.number(1, d)
	}
	t.number(2, int64(of))
	if name != "" {
		t.text(8, name)
	}
	fill(&t)
	return t
}

func doubles(name string, dims []int64, values []float64) message {
	return tensor(name, float64s, dims, func(t *message) {
		raw := make([]byte, 0, 8*len(values))
		for _, v := range values {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
		t.message(9, raw)
	})
}

func integers(name string, dims []int64, values []int64) message {
	return tensor(name, int64s, dims, func(t *message) {
		raw := make([]byte, 0, 8*len(values))
		for _, v := range values {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
		}
		t.message(9, raw)
	})
}

func texts(name string, values []string) message {
	return tensor(name, stringsT, []int64{int64(len(values))}, func(t *message) {
		for _, v := range values {
			t.text(6, v)
		}
	})
}

// attribute is one AttributeProto of a node.
type attribute message

// The types, as in AttributeProto.AttributeType.
const (
	attrInt     = 2
	attrString  = 3
	attrTensor  = 4
	attrInts    = 7
	attrStrings = 8
)

func attributeOf(name string, kind int64, fill func(*message)) attribute {
	var a message
	a.text(1, name)
	fill(&a)
	a.number(20, kind)
	return attribute(a)
}

func intAttr(name string, v int64) attribute {
	return attributeOf(name, attrInt, func(a *message) { a.number(3, v) })
}

func stringAttr(name, v string) attribute {
	return attributeOf(name, attrString, func(a *message) { a.text(4, v) })
}

func tensorAttr(name string, t message) attribute {
	return attributeOf(name, attrTensor, func(a *message) { a.message(5, t) })
}

func intsAttr(name string, values []int64) attribute {
	return attributeOf(name, attrInts, func(a *message) {
		for _, v := range values {
			a.number(8, v)
		}
	})
}

func stringsAttr(name string, values []string) attribute {
	return attributeOf(name, attrStrings, func(a *message) {
		for _, v := range values {
			a.text(9, v)
		}
	})
}

// valueInfo is a ValueInfoProto: the name and the type of an input or an output. A dimension of 0 is the number of rows.
func valueInfo(name string, of elem, dims []int64) message {
	var shape message
	for _, d := range dims {
		var dim message
		if d == 0 {
			dim.text(2, "rows")
		} else {
			dim.number(1, d)
		}
		shape.message(1, dim)
	}
	var tensorType, typ, v message
	tensorType.number(1, int64(of))
	tensorType.message(2, shape)
	typ.message(1, tensorType)
	v.text(1, name)
	v.message(2, typ)
	return v
}
