package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/gochimera/chimera/internal/wire"
)

// A frame that passes by in any pieces is found whole if and only if Decode finds it so, with the same metadata.
func TestPassing(t *testing.T) {
	for name, arrays := range map[string][]wire.Array{
		"none": {}, "several": {wire.Vector("a", make([]float64, 700)), {Name: "b", Shape: []int{3, 1}, Data: []float64{1, 2, 3}, DType: wire.F4}},
	} {
		whole, err := wire.Encode(nil, stepMeta{"f", 3, []string{"x"}}, arrays...)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, frame []byte) {
			t.Helper()
			agrees(t, name+", "+what, frame)
		}
		check("whole", whole)
		check("longer", append(bytes.Clone(whole), 0))
		for cut := range whole {
			check("cut short", whole[:cut])
		}
		for i := range min(len(whole), 400) {
			flipped := bytes.Clone(whole)
			flipped[i] ^= 4
			check("flipped", flipped)
		}
	}
}

// agrees compares Passing with Decode.
func agrees(t *testing.T, what string, frame []byte) {
	t.Helper()
	var want, got, single stepMeta
	_, wrong := wire.Decode(frame, &want)
	var all, slow wire.Passing
	_, _ = all.Write(frame)
	if _, err := io.Copy(&slow, iotest.OneByteReader(bytes.NewReader(frame))); err != nil {
		t.Fatal(err)
	}
	err, other := all.Check(&got), slow.Check(&single)
	if (err == nil) != (wrong == nil) || (other == nil) != (wrong == nil) || err != nil && !errors.Is(err, wire.ErrFrame) {
		t.Errorf("%s: %v, byte by byte %v; Decode says %v", what, err, other, wrong)
	}
	if wrong == nil && (got.FitID != want.FitID || got.Step != want.Step || single.Step != want.Step) {
		t.Errorf("%s: %+v, %+v, want %+v", what, got, single, want)
	}
}
