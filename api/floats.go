package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/internal/wire"
)

// Floats is a list of numbers in JSON, formatted as Python's repr formats floats: 10.5, 60.0, 1e-07,
// 1e+16. Decoding restores the same bits.
type Floats []float64

// MarshalJSON encodes the list. NaN and infinities are an error, because JSON cannot represent them.
func (f Floats) MarshalJSON() ([]byte, error) { return wire.AppendList(nil, f) }

// UnmarshalJSON decodes a list of numbers or of numeric strings, which the Python package accepts too.
func (f *Floats) UnmarshalJSON(b []byte) error {
	values, err := wire.ReadList(b, *f)
	if err != nil {
		return err
	}
	*f = values
	return nil
}

// Numbers are Floats of a request: the document says that they may be sent as text.
type Numbers Floats

// MarshalJSON encodes the list as that of Floats does.
func (n Numbers) MarshalJSON() ([]byte, error) { return Floats(n).MarshalJSON() }

// UnmarshalJSON decodes the list as that of Floats does.
func (n *Numbers) UnmarshalJSON(b []byte) error { return (*Floats)(n).UnmarshalJSON(b) }

// Schema documents what is decoded.
func (Numbers) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: oneOf(huma.TypeNumber, huma.TypeString)}
}
