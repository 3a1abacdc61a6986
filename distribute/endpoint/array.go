package endpoint

import (
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/wire"
)

// Array is a named array of numbers that travels in a frame, beside its value.
type Array = wire.Array

// Vector makes an array of a vector, which is not copied.
func Vector(name string, v []float64) Array { return wire.Vector(name, v) }

// Dense makes an array of a matrix, rows x columns.
func Dense(name string, m *mat.Dense) Array { return wire.Dense(name, m) }

// Find returns the array with a name, or an error that lists those there are.
func Find(arrays []Array, name string) (Array, error) { return wire.Find(arrays, name) }
