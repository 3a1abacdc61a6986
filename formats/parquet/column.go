package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/gochimera/chimera/internal/dataio"
)

// column makes a cell of a value that is not null; a text is appended to room.
type column func(v parquet.Value, room []byte) (dataio.Value, error)

// columnOf is how the values of a field become cells. The error says why they cannot.
func columnOf(field parquet.Field) (column, error) {
	switch {
	case !field.Leaf():
		return nil, errors.New("a column within a column: make columns of its own of its parts")
	case field.Repeated():
		return nil, errors.New("a column of lists: make columns of their elements")
	}
	t := field.Type()
	if logical := t.LogicalType(); logical != nil && logical.Value != nil {
		if c := logicalColumn(t.Kind(), t.Length(), logical.Value); c != nil {
			return c, nil
		}
	} else if c := plainColumn(t.Kind()); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("a column of type %s, which is no cell of a table: leave it out, or write it as numbers or texts", t)
}

// plainColumn is for a column of a physical type alone; a byte array is a text, as old programs write them.
func plainColumn(kind parquet.Kind) column {
	switch kind {
	case parquet.Boolean:
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			return text(strconv.AppendBool(room, v.Boolean())), nil
		}
	case parquet.Int32:
		return func(v parquet.Value, _ []byte) (dataio.Value, error) { return number(float64(v.Int32())), nil }
	case parquet.Int64:
		return func(v parquet.Value, room []byte) (dataio.Value, error) { return whole(v.Int64(), room), nil }
	case parquet.Float:
		return func(v parquet.Value, room []byte) (dataio.Value, error) { return float(float64(v.Float()), room), nil }
	case parquet.Double:
		return func(v parquet.Value, room []byte) (dataio.Value, error) { return float(v.Double(), room), nil }
	case parquet.ByteArray:
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			return text(append(room, v.ByteArray()...)), nil
		}
	default:
		return nil
	}
}

// logicalColumn is for a column whose values stand for something; nil if that is no cell.
func logicalColumn(kind parquet.Kind, length int, logical format.LogicalTypeValue) column {
	switch l := logical.(type) {
	case *format.StringType, *format.EnumType:
		return plainColumn(kind)
	case *format.NullType:
		return func(parquet.Value, []byte) (dataio.Value, error) { return dataio.Value{}, nil }
	case *format.IntType:
		if l.IsSigned {
			return plainColumn(kind)
		}
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			if kind == parquet.Int32 {
				return number(float64(v.Uint32())), nil
			}
			u := v.Uint64()
			if u > exact {
				return text(strconv.AppendUint(room, u, 10)), nil
			}
			return number(float64(u)), nil
		}
	case *format.DecimalType:
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			return decimal(unscaled(v, kind), l.Scale, room)
		}
	case *format.DateType:
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			return text(time.Unix(0, 0).UTC().AddDate(0, 0, int(v.Int32())).AppendFormat(room, time.DateOnly)), nil
		}
	case *format.TimestampType:
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			layout := "2006-01-02T15:04:05.999999999"
			if l.IsAdjustedToUTC {
				layout += "Z07:00"
			}
			return text(instant(v.Int64(), l.Unit).AppendFormat(room, layout)), nil
		}
	case *format.TimeType:
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			if kind == parquet.Int32 {
				return text(instant(int64(v.Int32()), l.Unit).AppendFormat(room, clock)), nil
			}
			return text(instant(v.Int64(), l.Unit).AppendFormat(room, clock)), nil
		}
	case *format.UUIDType:
		if length != 16 {
			return nil
		}
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			b := v.ByteArray()
			return text(fmt.Appendf(room, "%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])), nil
		}
	case *format.Float16Type:
		if length != 2 {
			return nil
		}
		return func(v parquet.Value, room []byte) (dataio.Value, error) {
			return float(half(binary.LittleEndian.Uint16(v.ByteArray())), room), nil
		}
	default:
		return nil
	}
}

// clock is the layout of a time without a date.
const clock = "15:04:05.999999999"

// exact is the largest whole number up to which a float64 holds all.
const exact = 1 << 53

func number(v float64) dataio.Value { return dataio.Value{Kind: dataio.NumberValue, Number: v} }
func text(b []byte) dataio.Value    { return dataio.Value{Kind: dataio.TextValue, Text: b} }

func whole(v int64, room []byte) dataio.Value {
	if v > exact || v < -exact {
		return text(strconv.AppendInt(room, v, 10))
	}
	return number(float64(v))
}

// float is a number; NaN is a missing one, and an infinity is for the reader to refuse.
func float(v float64, room []byte) dataio.Value {
	switch {
	case math.IsNaN(v):
		return dataio.Value{}
	case math.IsInf(v, 0):
		return text(strconv.AppendFloat(room, v, 'g', -1, 64))
	}
	return number(v)
}

// unscaled is the digits of a decimal: an integer, or bytes in two's complement, the highest first.
func unscaled(v parquet.Value, kind parquet.Kind) *big.Int {
	switch kind {
	case parquet.Int32:
		return big.NewInt(int64(v.Int32()))
	case parquet.Int64:
		return big.NewInt(v.Int64())
	default: // bytes
	}
	b := v.ByteArray()
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// maxScale is more digits than any program writes.
const maxScale = 1000

// decimal writes digits with a point before the last scale of them.
func decimal(digits *big.Int, scale int32, room []byte) (dataio.Value, error) {
	if scale < 0 || scale > maxScale || digits.BitLen() > 8*maxScale {
		return dataio.Value{}, fmt.Errorf("a decimal number of %d digits behind the point", scale)
	}
	if digits.Sign() < 0 {
		room = append(room, '-')
	}
	s := new(big.Int).Abs(digits).String()
	for len(s) <= int(scale) {
		s = "0" + s
	}
	room = append(room, s[:len(s)-int(scale)]...)
	if scale > 0 {
		room = append(append(room, '.'), s[len(s)-int(scale):]...)
	}
	return text(room), nil
}

// instant is a number of ticks since 1970.
func instant(ticks int64, unit format.TimeUnit) time.Time {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(ticks).UTC()
	case *format.MicroSeconds:
		return time.UnixMicro(ticks).UTC()
	default:
		return time.Unix(ticks/1e9, ticks%1e9).UTC()
	}
}

// half is the number that 16 bits hold, as IEEE 754-2008 has them.
func half(b uint16) float64 {
	sign, exponent, fraction := 1.0, int(b>>10&31), float64(b&1023)
	if b>>15 != 0 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
