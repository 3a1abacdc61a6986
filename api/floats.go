package api

import "github.com/gochimera/chimera/internal/wire"

// Floats is a list of numbers in JSON, written as Python's repr writes floats:
// 10.5, 60.0, 1e-07, 1e+16. They read back as the same bits.
type Floats []float64

// MarshalJSON writes the list. NaN and infinities are an error, since JSON has
// no form for them.
func (f Floats) MarshalJSON() ([]byte, error) { return wire.AppendList(nil, f) }

// UnmarshalJSON reads a list of numbers, or of strings that hold one, which the
// Python package accepts too.
func (f *Floats) UnmarshalJSON(b []byte) error {
	values, err := wire.ReadList(b, *f)
	if err != nil {
		return err
	}
	*f = values
	return nil
}
