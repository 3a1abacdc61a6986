package wire

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// OtherOrder makes this machine one whose numbers lie otherwise in memory than
// in a frame, until the test ends.
func OtherOrder(t *testing.T) {
	t.Helper()
	old := sameOrder
	sameOrder = false
	t.Cleanup(func() { sameOrder = old })
}

// UsualHeader and AnyHeader read a header in the two ways there are.
func UsualHeader(head string, count int, meta any) ([]Array, bool) {
	return usualHeader([]byte(head), count, meta)
}

func AnyHeader(head string, count int, meta any) ([]Array, error) {
	h := headerDecoder{dec: jsontext.NewDecoder(bytes.NewBufferString(head)), count: count}
	err := h.decode(meta)
	return h.arrays, err
}
