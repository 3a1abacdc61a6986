package endpoint

import (
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/wire"
)

// Array is a named array of numbers that is sent in a frame with its value.
type Array = wire.Array

// Vector makes an array from a vector, which is not copied.
func Vector(name string, v []float64) Array { return wire.Vector(name, v) }

// Dense makes an array from a matrix, rows x columns.
func Dense(name string, m *mat.Dense) Array { return wire.Dense(name, m) }

// Find returns the array with a name, or an error that lists the existing ones.
func Find(arrays []Array, name string) (Array, error) { return wire.Find(arrays, name) }
