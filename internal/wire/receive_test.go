package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gochimera/chimera/internal/wire"
)

// long are more numbers than are copied.
func long(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Sqrt(float64(i)) - 100
	}
	return v
}

// A frame in parts is the frame, and one that is received as it comes is the
// frame that was sent, whether or not this machine keeps numbers as a frame does.
func TestPartsAndReceive(t *testing.T) {
	cases := map[string][]wire.Array{
		"nothing": nil,
		"short":   {wire.Vector("a", []float64{1, 2, 3})},
		"long":    {wire.Vector("a", long(200_000))},
		"long after short": {wire.Vector("a", []float64{1}), {Name: "b", Shape: []int{3}, Data: []float64{1, 2, 3}, DType: wire.F4},
			wire.Vector("c", long(5000)), wire.Vector("d", []float64{4})},
		"two long": {wire.Vector("a", long(3000)), wire.Vector("b", long(4001)),
			{Name: "c", Shape: []int{4001}, Data: make([]float64, 4001), DType: wire.F4}},
	}
	check := func(t *testing.T, arrays []wire.Array) {
		t.Helper()
		whole, err := wire.Encode(nil, 7, arrays...)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := wire.EncodeParts([]byte("its memory is used again"), 7, arrays...)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.Join(parts, nil), whole) {
			t.Error("the parts are not the frame")
		}
		for _, r := range []io.Reader{bytes.NewReader(whole), iotest.HalfReader(bytes.NewReader(whole))} {
			got, err := wire.Receive(r, int64(len(whole)), make([]byte, 0, 100))
			if err != nil {
				t.Fatal(err)
			}
			var meta int
			decoded, err := got.Decode(&meta)
			if err != nil || meta != 7 || got.Len() != len(whole) {
				t.Fatalf("metadata %d, %d bytes of %d, %v", meta, got.Len(), len(whole), err)
			}
			same := func(a, b wire.Array) bool {
				return a.Name == b.Name && (a.DType == wire.F4) == (b.DType == wire.F4) && slices.Equal(a.Shape, b.Shape) && slices.Equal(a.Data, b.Data)
			}
			if !slices.EqualFunc(arrays, decoded, same) {
				t.Error("other arrays came than were sent")
			}
		}
	}
	for name, arrays := range cases {
		t.Run(name, func(t *testing.T) { check(t, arrays) })
		t.Run(name+", other order", func(t *testing.T) { wire.OtherOrder(t); check(t, arrays) })
	}
}

// Long arrays are sent from where they are and lie where they were received,
// in memory that is used again.
func TestNothingLongIsCopied(t *testing.T) {
	if !sameOrderHere() {
		t.Skip("this machine keeps numbers otherwise than a frame")
	}
	data := long(10_000)
	parts, err := wire.EncodeParts(nil, nil, wire.Vector("a", data))
	if err != nil || len(parts) != 2 || unsafe.Pointer(&parts[1][0]) != unsafe.Pointer(&data[0]) {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	frame := bytes.Join(parts, nil)
	memory := make([]byte, len(frame))
	for range 2 {
		got, err := wire.Receive(bytes.NewReader(frame), int64(len(frame)), memory)
		if err != nil {
			t.Fatal(err)
		}
		arrays, err := got.Decode(nil)
		if err != nil || unsafe.Pointer(&arrays[0].Data[0]) != unsafe.Pointer(&memory[len(frame)-80_000]) {
			t.Fatalf("the array is elsewhere, %v", err)
		}
		memory = got.Memory()
		memory = memory[:cap(memory)]
	}
}

func sameOrderHere() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}

// Memory that is not aligned as numbers are is no place for them.
func TestReceiveIntoMemoryAtAnyAddress(t *testing.T) {
	want := long(3000)
	frame, err := wire.Encode(nil, nil, wire.Vector("a", want))
	if err != nil {
		t.Fatal(err)
	}
	for shift := range 9 {
		got, err := wire.Receive(bytes.NewReader(frame), int64(len(frame)), make([]byte, len(frame)+shift)[shift:])
		if err != nil {
			t.Fatal(err)
		}
		arrays, err := got.Decode(nil)
		if err != nil || !slices.Equal(arrays[0].Data, want) {
			t.Errorf("shifted by %d: %v", shift, err)
		}
	}
}

func TestReceiveRefuses(t *testing.T) {
	frame, err := wire.Encode(nil, nil, wire.Vector("a", long(100)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range frame {
		damaged := slices.Clone(frame)
		damaged[i] ^= 4
		got, err := wire.Receive(bytes.NewReader(damaged), int64(len(frame)), nil)
		if err == nil {
			_, err = got.Decode(nil)
		}
		if !errors.Is(err, wire.ErrFrame) {
			t.Fatalf("byte %d damaged: %v", i, err)
		}
		if _, err := wire.Receive(bytes.NewReader(frame[:i]), int64(len(frame)), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut after %d bytes: %v", i, err)
		}
		got, err = wire.Receive(bytes.NewReader(frame), int64(i), nil)
		if err == nil {
			_, err = got.Decode(nil)
		}
		if !errors.Is(err, wire.ErrFrame) {
			t.Fatalf("%d bytes announced: %v", i, err)
		}
	}
	if _, err := wire.Receive(bytes.NewReader(frame), -1, nil); !errors.Is(err, wire.ErrFrame) {
		t.Errorf("no length: %v", err)
	}
	if _, err := wire.ReceivedFrom(frame).Decode(nil); err != nil {
		t.Error(err)
	}
	if _, err := wire.ReceivedFrom(frame[:15]).Decode(nil); !errors.Is(err, wire.ErrFrame) {
		t.Errorf("15 bytes: %v", err)
	}
}

// Who announces much and sends little gets little memory.
func TestReceiveTakesMemoryAsItComes(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := wire.Receive(bytes.NewReader(make([]byte, 1000)), 1<<40, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 2<<20 {
		t.Errorf("allocated %d bytes for 1000", got)
	}
}

// The quick way to read a header finds what the thorough one does.
func FuzzHeader(f *testing.F) {
	f.Add(`{"meta":{"step":1},"arrays":[{"name":"x","dtype":"f8","shape":[1,2]}]}`, 1)
	f.Add(`{"meta":",\"arrays\":[","arrays":[{"name":"x","dtype":"f4","shape":[]},{"name":"","dtype":"f8","shape":[0]}]}`, 2)
	f.Add(`{"meta":"a,"arrays":[]}`, 0)
	f.Add(`{"meta":1,"arrays":[],"arrays":[]}`, 0)
	f.Add(`{"meta":1,"arrays":[{"name":"x","dtype":"f8","shape":[01]}]}`, 1)
	f.Add(`{"meta":1,"arrays":[{"name":"\n","dtype":"f8","shape":[99999999999999999999]}]}`, 1)
	f.Fuzz(func(t *testing.T, head string, count int) {
		if count < 0 || count > 1<<16-1 {
			return
		}
		var quick, thorough any
		got, ok := wire.UsualHeader(head, count, &quick)
		if !ok {
			return
		}
		want, err := wire.AnyHeader(head, count, &thorough)
		if err != nil {
			if bytes.Contains([]byte(err.Error()), []byte("duplicate")) || bytes.Contains([]byte(err.Error()), []byte("UTF-8")) {
				return // within the metadata, where encoding/json takes the last and mends
			}
			t.Fatalf("%q: %v", head, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(thorough, quick); diff != "" {
			t.Error(diff)
		}
	})
}
