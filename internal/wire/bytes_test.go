package wire

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// TestBytesAreKept: bytes of every kind and number come back from a frame, also those that are numbers of no value.
func TestBytesAreKept(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		for i := 6; i+1 < n; i += 16 { // NaN of both kinds
			b[i], b[i+1] = 0xf0|b[i]&8, 0x7f
		}
		frame, err := Encode(nil, n, Bytes("b", b))
		if err != nil {
			t.Fatal(err)
		}
		for name, decode := range map[string]func() ([]Array, error){
			"a copy":   func() ([]Array, error) { return Decode(frame, nil) },
			"in place": func() ([]Array, error) { return ReceivedFrom(frame).Decode(nil) },
		} {
			arrays, err := decode()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := arrays[0].Bytes(n); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%d bytes, %s: %x, want %x: %v", n, name, got, b, err)
			}
		}
	}
}

func TestOtherNumbersOfBytesAreRefused(t *testing.T) {
	a := Bytes("b", []byte{1, 2, 3, 4, 5, 6, 7, 8, 9})
	for _, n := range []int{-1, 0, 7, 8, 17, 1 << 62} {
		if _, err := a.Bytes(n); !errors.Is(err, ErrFrame) {
			t.Errorf("%d bytes of 9: %v", n, err)
		}
	}
	if b, err := a.Bytes(10); err != nil || b[9] != 0 { // a zero may be one of them, or fill up
		t.Errorf("%x, %v", b, err)
	}
	if _, err := Bytes("b", []byte{1, 2, 3}).Bytes(2); !errors.Is(err, ErrFrame) {
		t.Errorf("the third of two bytes is lost: %v", err)
	}
	if b, err := Bytes("b", nil).Bytes(0); err != nil || len(b) != 0 {
		t.Errorf("%x, %v", b, err)
	}
}
