package wire

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// DType is how the numbers of an array are written in a frame.
type DType string

// The types of numbers, little-endian: IEEE 754, and whole numbers in two's complement.
const (
	F8 DType = "f8" // float64, the zero value's meaning
	F4 DType = "f4" // float32: half the bytes, seven digits
	I8 DType = "i8" // int64: see Whole
)

// size is the number of bytes of one number; 0 for a type that does not exist.
func (t DType) size() int {
	switch t {
	case F8, I8, "":
		return 8
	case F4:
		return 4
	default:
		return 0
	}
}

// Array is a named block of numbers in a frame. In memory it is float64
// whatever its type in the frame is, but for whole numbers, whose bits are there.
type Array struct {
	Name  string
	Shape []int // row-major; the product is len(Data)
	Data  []float64
	DType DType // F8 if empty
}

// Vector is the array of one dimension that holds data. It shares data.
func Vector(name string, data []float64) Array {
	return Array{Name: name, Shape: []int{len(data)}, Data: data}
}

// Whole is the array of one dimension that holds whole numbers. It shares their memory.
func Whole(name string, numbers []int64) Array {
	return Array{Name: name, Shape: []int{len(numbers)}, Data: bitsOf(numbers), DType: I8}
}

// Whole are the whole numbers of an array of type I8, whose memory they share; of another type, it is an error.
func (a Array) Whole() ([]int64, error) {
	if a.DType != I8 {
		return nil, fmt.Errorf("%w: array %q is of dtype %q, expected %q", ErrFrame, a.Name, a.DType, I8)
	}
	return wholeOf(a.Data), nil
}

// Dense is the array rows x columns that holds x, which may be nil or empty. It
// shares x's memory if x has no gaps between its rows.
func Dense(name string, x *mat.Dense) Array {
	if x == nil || x.IsEmpty() {
		return Array{Name: name, Shape: []int{0, 0}}
	}
	raw := x.RawMatrix()
	if raw.Stride != raw.Cols && raw.Rows > 1 {
		raw = mat.DenseCopyOf(x).RawMatrix()
	}
	return Array{Name: name, Shape: []int{raw.Rows, raw.Cols}, Data: raw.Data[:raw.Rows*raw.Cols]}
}

// Matrix is the array as a rows x columns matrix that shares its numbers; it is
// an error if the array has not two dimensions. An array without numbers is an
// empty matrix.
func (a Array) Matrix() (*mat.Dense, error) {
	if len(a.Shape) != 2 {
		return nil, fmt.Errorf("%w: array %q has shape %v, expected rows x columns", ErrFrame, a.Name, a.Shape)
	}
	if len(a.Data) == 0 {
		return &mat.Dense{}, nil
	}
	return mat.NewDense(a.Shape[0], a.Shape[1], a.Data), nil
}

// Find returns the array of that name.
func Find(arrays []Array, name string) (Array, error) {
	i := slices.IndexFunc(arrays, func(a Array) bool { return a.Name == name })
	if i < 0 {
		return Array{}, fmt.Errorf("%w: it has no array %q", ErrFrame, name)
	}
	return arrays[i], nil
}

// elements is the product of a shape, and false if a dimension is negative or
// the product is more than limit.
func elements(shape []int, limit int) (n int, ok bool) {
	if slices.ContainsFunc(shape, func(d int) bool { return d < 0 }) {
		return 0, false
	}
	if slices.Contains(shape, 0) {
		return 0, true
	}
	n = 1
	for _, d := range shape {
		if n > limit/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// maxFloat32 is the smallest magnitude that rounds to an infinite float32: the
// largest float32 and half a step.
const maxFloat32 = math.MaxFloat32 + 1<<103
