package wire_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/gochimera/chimera/internal/wire"
)

type stepMeta struct {
	FitID string   `json:"fit_id"`
	Step  int      `json:"step"`
	Names []string `json:"names,omitempty"`
}

// Whole numbers arrive as they are, also those whose bits are those of no number.
func TestWholeNumbers(t *testing.T) {
	want := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 0x7ff0000000000001, -0x000fffffffffffff, 1 << 53, 1<<53 + 1}
	b, err := wire.Encode(nil, 7, wire.Whole("n", want), wire.Vector("x", []float64{1}), wire.Whole("none", nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, decode := range map[string]func() ([]wire.Array, error){
		"copied": func() ([]wire.Array, error) { return wire.Decode(b, nil) }, "in place": func() ([]wire.Array, error) { return wire.ReceivedFrom(b).Decode(nil) },
	} {
		arrays, err := decode()
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := arrays[0].Whole()
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v %v, want %v", name, got, err, want)
		}
		if none, err := arrays[2].Whole(); err != nil || len(none) != 0 {
			t.Errorf("%s: %v %v, want none", name, none, err)
		}
		if _, err := arrays[1].Whole(); !errors.Is(err, wire.ErrFrame) {
			t.Errorf("%s: numbers were taken for whole ones: %v", name, err)
		}
	}
}

func TestFrameRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name   string
		meta   stepMeta
		arrays []wire.Array
	}{
		{"no arrays", stepMeta{FitID: "a"}, []wire.Array{}},
		{"vector", stepMeta{"a", 3, []string{"é", "b"}}, []wire.Array{wire.Vector("w", []float64{1, -2.5, math.Pi})}},
		{"empty vector", stepMeta{}, []wire.Array{wire.Vector("w", []float64{})}},
		{"five rows of no columns", stepMeta{}, []wire.Array{{Name: "w", Shape: []int{5, 0}, Data: []float64{}}}},
		{"one number without a dimension", stepMeta{}, []wire.Array{{Name: "w", Shape: []int{}, Data: []float64{7}}}},
		{"matrix and vector", stepMeta{}, []wire.Array{wire.Dense("x", mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})), wire.Vector("y", []float64{0, 1})}},
		{"not finite", stepMeta{}, []wire.Array{wire.Vector("x", []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)})}},
		{"float32, odd number", stepMeta{}, []wire.Array{
			{Name: "a", Shape: []int{3}, Data: []float64{0.5, -1, math.MaxFloat32}, DType: wire.F4},
			{Name: "b", Shape: []int{1, 1}, Data: []float64{math.Inf(1)}, DType: wire.F4},
			wire.Vector("c", []float64{math.Pi}),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			prefix := []byte("kept ") // Encode appends, at any offset
			b, err := wire.Encode(prefix, c.meta, c.arrays...)
			if err != nil {
				t.Fatal(err)
			}
			frame, ok := strings.CutPrefix(string(b), string(prefix))
			if !ok {
				t.Fatal("what was in dst is gone")
			}
			var meta stepMeta
			raw := []byte(frame)
			arrays, err := wire.Decode(raw, &meta)
			if err != nil {
				t.Fatal(err)
			}
			clear(raw) // the arrays may not refer to it
			if diff := cmp.Diff(c.meta, meta); diff != "" {
				t.Error(diff)
			}
			for i := range c.arrays {
				if c.arrays[i].DType == "" {
					c.arrays[i].DType = wire.F8
				}
			}
			bits := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
			if diff := cmp.Diff(c.arrays, arrays, bits); diff != "" {
				t.Error(diff)
			}
			if _, err := wire.Decode([]byte(frame), nil); err != nil {
				t.Errorf("without metadata: %v", err)
			}
		})
	}
}

// A frame written by hand from the format's description.
func TestFrameLayout(t *testing.T) {
	head := `{"meta":7,"arrays":[{"name":"x","dtype":"f4","shape":[1]},{"name":"y","dtype":"f8","shape":[2]}]}`
	want := []byte("CHMF\x01\x00\x02\x00")
	want = binary.LittleEndian.AppendUint32(want, uint32(len(head)))
	want = append(append(want, 0, 0, 0, 0), head...)
	for len(want)%8 != 0 {
		want = append(want, 0)
	}
	want = binary.LittleEndian.AppendUint32(want, math.Float32bits(0.1))
	want = append(want, 0, 0, 0, 0)
	for _, v := range []float64{1, math.Pi} {
		want = binary.LittleEndian.AppendUint64(want, math.Float64bits(v))
	}
	seal(want)
	got, err := wire.Encode(nil, 7, wire.Array{Name: "x", Shape: []int{1}, Data: []float64{0.1}, DType: wire.F4}, wire.Vector("y", []float64{1, math.Pi}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var meta int
	arrays, err := wire.Decode(want, &meta)
	if err != nil || meta != 7 {
		t.Fatalf("metadata %d, error %v", meta, err)
	}
	if got, want := arrays[0].Data[0], float64(float32(0.1)); got != want {
		t.Errorf("a float32 came back as %v, want %v", got, want)
	}
}

// seal writes the checksum of a frame made by hand.
func seal(frame []byte) {
	all := append(append([]byte{}, frame[:12]...), frame[16:]...)
	binary.LittleEndian.PutUint32(frame[12:], crc32.Checksum(all, crc32.MakeTable(crc32.Castagnoli)))
}

// madeUp is a frame with any header and a right checksum.
func madeUp(count uint16, head string, numbers ...float64) []byte {
	b := binary.LittleEndian.AppendUint16([]byte("CHMF\x01\x00"), count)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	b = append(append(b, 0, 0, 0, 0), head...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	for _, v := range numbers {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	seal(b)
	return b
}

func TestFrameRefuses(t *testing.T) {
	good := madeUp(1, `{"meta":null,"arrays":[{"name":"x","dtype":"f8","shape":[2]}]}`, 1, 2)
	if _, err := wire.Decode(good, nil); err != nil {
		t.Fatal(err)
	}
	longer := append(append([]byte{}, good...), make([]byte, 8)...)
	seal(longer)
	version := append([]byte{}, good...)
	version[4] = 2
	seal(version)
	length := append([]byte{}, good...)
	binary.LittleEndian.PutUint32(length[8:], math.MaxUint32)
	seal(length)
	for _, c := range []struct {
		name  string
		frame []byte
		want  string
	}{
		{"nothing", nil, "0 bytes are too few"},
		{"JSON", []byte(`{"X_pred_columns": []}`), "it begins with"},
		{"another version", version, "version 2, this program reads version 1"},
		{"header longer than the frame", length, "a header of 4294967295 bytes"},
		{"bytes after the arrays", longer, "8 bytes follow"},
		{"header no JSON", madeUp(0, `{"meta"`), "header"},
		{"header a list", madeUp(0, `[]`), "expected"},
		{"more after the header", madeUp(0, `{"meta":{},"arrays":[]} {}`), "more than one value"},
		{"no arrays where one is announced", madeUp(1, `{"meta":null}`, 1), "it lists 0 arrays and announces 1"},
		{"more arrays than announced", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[]},{"name":"y","dtype":"f8","shape":[]}]}`, 1, 2), "more than the 1"},
		{"list of arrays twice", madeUp(1, `{"arrays":[{"dtype":"f8","shape":[]}],"arrays":[{"dtype":"f8","shape":[]}]}`, 1), "duplicate"},
		{"too many arrays", madeUp(1025, `{"arrays":[]}`), "at most 1024"},
		{"array a number", madeUp(1, `{"arrays":[1]}`), "expected"},
		{"unknown dtype", madeUp(1, `{"arrays":[{"name":"x","dtype":"i2","shape":[1]}]}`, 1), `unknown dtype "i2"`},
		{"no dtype", madeUp(1, `{"arrays":[{"name":"x","shape":[1]}]}`, 1), "unknown dtype"},
		{"shape larger than the frame", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[3]}]}`, 1, 2), "does not fit"},
		{"shape smaller than the frame", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[1]}]}`, 1, 2), "8 bytes follow"},
		{"shape that overflows", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[4294967296,4294967296]}]}`, 1), "does not fit"},
		{"shape beyond an int", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[99999999999999999999]}]}`, 1), "header"},
		{"negative shape", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[-1,-1]}]}`, 1), "does not fit"},
		{"too many dimensions", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[1,1,1,1,1,1,1,1,1]}]}`, 1), "9 dimensions"},
		{"metadata of another type", madeUp(0, `{"meta":{"step":"three"},"arrays":[]}`), "header"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var meta stepMeta
			_, err := wire.Decode(c.frame, &meta)
			if !errors.Is(err, wire.ErrFrame) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrFrame with %q", err, c.want)
			}
		})
	}
	for i := range good {
		for bit := range 8 {
			damaged := append([]byte{}, good...)
			damaged[i] ^= 1 << bit
			if _, err := wire.Decode(damaged, nil); !errors.Is(err, wire.ErrFrame) {
				t.Fatalf("bit %d of byte %d flipped: got %v, want ErrFrame", bit, i, err)
			}
		}
		if _, err := wire.Decode(good[:i], nil); !errors.Is(err, wire.ErrFrame) {
			t.Fatalf("cut after %d bytes: got %v, want ErrFrame", i, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	one := []float64{1}
	for _, c := range []struct {
		name   string
		meta   any
		arrays []wire.Array
	}{
		{"metadata that JSON cannot hold", math.NaN(), nil},
		{"shape too large", nil, []wire.Array{{Name: "x", Shape: []int{2}, Data: one}}},
		{"shape too small", nil, []wire.Array{{Name: "x", Shape: []int{0}, Data: one}}},
		{"negative shape", nil, []wire.Array{{Name: "x", Shape: []int{-1, -1}, Data: one}}},
		{"too many dimensions", nil, []wire.Array{{Name: "x", Shape: []int{1, 1, 1, 1, 1, 1, 1, 1, 1}, Data: one}}},
		{"unknown dtype", nil, []wire.Array{{Name: "x", Shape: []int{1}, Data: one, DType: "f2"}}},
		{"too large for float32", nil, []wire.Array{{Name: "x", Shape: []int{1}, Data: []float64{3.5e38}, DType: wire.F4}}},
		{"rounds to an infinite float32", nil, []wire.Array{{Name: "x", Shape: []int{1}, Data: []float64{-(math.MaxFloat32 + 0x1p103)}, DType: wire.F4}}},
		{"too many arrays", nil, make([]wire.Array, 1025)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if b, err := wire.Encode(nil, c.meta, c.arrays...); err == nil {
				t.Errorf("got %d bytes, want an error", len(b))
			}
		})
	}
	almost := wire.Array{Name: "x", Shape: []int{1}, Data: []float64{math.Nextafter(math.MaxFloat32+0x1p103, 0)}, DType: wire.F4}
	if _, err := wire.Encode(nil, nil, almost); err != nil {
		t.Errorf("the largest number that rounds to a finite float32: %v", err)
	}
}

func TestArrayMatrix(t *testing.T) {
	part := mat.NewDense(3, 3, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}).Slice(0, 2, 1, 3).(*mat.Dense)
	b, err := wire.Encode(nil, nil, wire.Dense("part", part), wire.Dense("none", nil), wire.Vector("v", []float64{1}))
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := wire.Decode(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		want *mat.Dense // nil: an error
	}{
		{"part", mat.NewDense(2, 2, []float64{2, 3, 5, 6})}, {"none", &mat.Dense{}}, {"v", nil}, {"missing", nil},
	} {
		a, err := wire.Find(arrays, c.name)
		var x *mat.Dense
		if err == nil {
			x, err = a.Matrix()
		}
		if c.want == nil {
			if !errors.Is(err, wire.ErrFrame) {
				t.Errorf("%s: got %v, want ErrFrame", c.name, err)
			}
			continue
		}
		if err != nil || !mat.Equal(x, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, x, err, c.want)
		}
	}
}

// A frame that claims much takes little memory.
func TestDecodeAllocatesWithinTheInput(t *testing.T) {
	tiny := strings.TrimSuffix(strings.Repeat(`{},`, 1<<20), ",")
	ones := strings.TrimSuffix(strings.Repeat(`1,`, 1<<20), ",")
	for _, c := range []struct {
		name  string
		frame []byte
	}{
		{"a list of tiny arrays", madeUp(1024, `{"arrays":[`+tiny+`]}`)},
		{"a shape of a million dimensions", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[`+ones+`]}]}`)},
		{"a huge shape", madeUp(1, `{"arrays":[{"name":"x","dtype":"f8","shape":[1000000000]}]}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, err := wire.Decode(c.frame, nil); !errors.Is(err, wire.ErrFrame) {
				t.Fatalf("got %v, want ErrFrame", err)
			}
			runtime.ReadMemStats(&after)
			if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(20*len(c.frame)+64<<10); got > limit {
				t.Errorf("allocated %d bytes for a frame of %d", got, len(c.frame))
			}
		})
	}
}

func TestFrameRoundTripAny(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var arrays []wire.Array
		for range rapid.IntRange(0, 4).Draw(t, "arrays") {
			a := wire.Array{Name: rapid.String().Draw(t, "name"), DType: rapid.SampledFrom([]wire.DType{wire.F8, wire.F4}).Draw(t, "dtype")}
			if a.DType == wire.F4 {
				for _, v := range rapid.SliceOf(rapid.Float32()).Draw(t, "data") {
					a.Data = append(a.Data, float64(v))
				}
			} else {
				a.Data = rapid.SliceOf(rapid.Float64()).Draw(t, "data")
			}
			a.Shape = []int{1, len(a.Data)}
			arrays = append(arrays, a)
		}
		b, err := wire.Encode(nil, nil, arrays...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.Decode(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(arrays, got, cmpopts.EquateEmpty(), cmpopts.EquateNaNs(), cmp.Comparer(func(a, b string) bool {
			return strings.ToValidUTF8(a, "\uFFFD") == strings.ToValidUTF8(b, "\uFFFD")
		})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzDecodeFrame(f *testing.F) {
	f.Add(uint16(1), `{"meta":{"step":1},"arrays":[{"name":"x","dtype":"f8","shape":[1,2]}]}`, []byte("12345678abcdefgh"))
	f.Add(uint16(2), `{"meta":null,"arrays":[{"name":"x","dtype":"f4","shape":[1]},{"dtype":"f8","shape":[0,9]}]}`, []byte("12345678"))
	f.Add(uint16(0), ``, []byte{})
	f.Fuzz(func(t *testing.T, count uint16, head string, numbers []byte) {
		b := madeUp(count, head)
		b = append(b, numbers...)
		seal(b) // else no mutation gets past the checksum
		var meta stepMeta
		arrays, err := wire.Decode(b, &meta)
		if err != nil {
			if !errors.Is(err, wire.ErrFrame) {
				t.Fatalf("%v does not wrap ErrFrame", err)
			}
			return
		}
		again, err := wire.Encode(nil, meta, arrays...)
		if err != nil {
			t.Fatalf("what was decoded does not encode: %v", err)
		}
		if _, err := wire.Decode(again, nil); err != nil {
			t.Fatalf("what was encoded does not decode: %v", err)
		}
	})
}
