package wire

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// sameOrder says whether numbers lie in this machine's memory as they do in a
// frame, byte for byte. Where they do not, and where memory is not aligned, numbers are
// converted one by one.
var sameOrder = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// bytesOf shows numbers as the bytes of a frame, without a copy; false if this
// machine keeps them otherwise.
func bytesOf(v []float64) ([]byte, bool) {
	if !sameOrder {
		return nil, false
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 8*len(v)), true
}

// numbersOf shows the first 8n bytes as numbers, without a copy; false if this
// machine keeps numbers otherwise, or at other addresses.
func numbersOf(b []byte, n int) ([]float64, bool) {
	p := unsafe.Pointer(unsafe.SliceData(b))
	if !sameOrder || uintptr(p)%unsafe.Alignof(float64(0)) != 0 || len(b) < 8*n {
		return nil, false
	}
	return unsafe.Slice((*float64)(p), n), true
}

// putNumbers writes numbers in a frame's order.
func putNumbers(out []byte, in []float64) {
	if b, ok := bytesOf(in); ok {
		copy(out, b)
		return
	}
	for i, v := range in {
		binary.LittleEndian.PutUint64(out[8*i:], math.Float64bits(v))
	}
}

// getNumbers reads numbers in a frame's order.
func getNumbers(out []float64, in []byte) {
	if b, ok := bytesOf(out); ok {
		copy(b, in)
		return
	}
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(in[8*i:]))
	}
}

// bitsOf shows whole numbers as float64s of the same bits, and wholeOf the other way round.
func bitsOf(v []int64) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}

func wholeOf(v []float64) []int64 {
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}
