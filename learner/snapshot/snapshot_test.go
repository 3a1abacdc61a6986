package snapshot_test

import (
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
)

type record struct {
	Flag    bool
	Small   uint32
	Large   uint64
	Int     int
	Float   float64
	Name    string
	Raw     []byte
	Floats  []float64
	Ints    []int
	Indices []int32
	Names   []string
	Schema  learner.Schema
}

func (v record) write() []byte {
	w := snapshot.NewWriter("test.record", 3)
	w.Bool(v.Flag)
	w.Uint32(v.Small)
	w.Uint64(v.Large)
	w.Int(v.Int)
	w.Float(v.Float)
	w.String(v.Name)
	w.Bytes(v.Raw)
	w.Floats(v.Floats)
	w.Ints(v.Ints)
	w.Int32s(v.Indices)
	w.Strings(v.Names)
	w.Schema(v.Schema)
	return w.Seal()
}

func read(data []byte) (record, error) {
	r, err := snapshot.NewReader(data, "test.record", 3)
	if err != nil {
		return record{}, err
	}
	v := record{
		Flag: r.Bool(), Small: r.Uint32(), Large: r.Uint64(), Int: r.Int(), Float: r.Float(), Name: r.String(), Raw: r.Bytes(),
		Floats: r.Floats(), Ints: r.Ints(), Indices: r.Int32s(), Names: r.Strings(), Schema: r.Schema(),
	}
	return v, r.Close()
}

var sample = record{
	Flag: true, Small: math.MaxUint32, Large: math.MaxUint64, Int: math.MinInt32, Float: math.Copysign(0, -1), Name: "größe", Raw: []byte{0, 255},
	Floats: []float64{1.5, math.Inf(-1), math.NaN()}, Ints: []int{-1, 0, 1}, Indices: []int32{math.MinInt32, 7}, Names: []string{"", "b"},
	Schema: learner.Schema{Features: []string{"x", "y"}, Classes: []learner.Label{"0", "1"}},
}

func TestRoundTrip(t *testing.T) {
	for name, want := range map[string]record{
		"filled":                sample,
		"zero":                  {},
		"empty lists in schema": {Schema: learner.Schema{Features: []string{}, Classes: []learner.Label{}}},
		"regression":            {Schema: learner.Schema{Features: []string{"x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(want.write())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("written (-), read (+):\n%s", diff)
			}
			if math.Signbit(got.Float) != math.Signbit(want.Float) {
				t.Error("the sign of zero is lost")
			}
		})
	}
}

func TestDamageIsNoticed(t *testing.T) {
	good := sample.write()
	try := func(what string, at int, data []byte) {
		t.Helper()
		if _, err := read(data); !errors.Is(err, learner.ErrSnapshot) {
			t.Errorf("%s %d: got error %v, want ErrSnapshot", what, at, err)
		}
	}
	for n := range good {
		try("cut to", n, good[:n])
	}
	for bit := range len(good) * 8 {
		bad := append([]byte(nil), good...)
		bad[bit/8] ^= 1 << (bit % 8)
		try("flipped bit", bit, bad)
	}
	try("garbage after", len(good), append(append([]byte(nil), good...), 0))
}

// TestHostileLengths gives every position a huge number under a valid
// checksum: no panic, and no more memory than a small multiple of the input.
func TestHostileLengths(t *testing.T) {
	good := sample.write()
	body := good[:len(good)-4]
	for at := 0; at+8 <= len(body); at++ {
		for _, fill := range []byte{0x00, 0x7f, 0xff} {
			bad := append([]byte(nil), body...)
			for i := range 8 {
				bad[at+i] = fill
			}
			bad = snapshot.Seal(bad)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := read(bad)
			runtime.ReadMemStats(&after)
			if err != nil && !errors.Is(err, learner.ErrSnapshot) {
				t.Fatalf("at %d: %v does not wrap ErrSnapshot", at, err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
				t.Fatalf("at %d: %d bytes allocated for an input of %d", at, used, len(bad))
			}
		}
	}
}

func TestOtherKindsAndVersions(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing":       nil,
		"other kind":    snapshot.NewWriter("test.other", 1).Seal(),
		"newer version": snapshot.NewWriter("test.record", 4).Seal(),
		"version zero":  snapshot.NewWriter("test.record", 0).Seal(),
		"no version":    snapshot.Seal([]byte("CHIMERA\x01")),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := snapshot.NewReader(data, "test.record", 3); !errors.Is(err, learner.ErrSnapshot) {
				t.Errorf("got %v, want ErrSnapshot", err)
			}
		})
	}
}

func TestLeftOverBytes(t *testing.T) {
	w := snapshot.NewWriter("test.record", 1)
	w.Int(1)
	r, err := snapshot.NewReader(w.Seal(), "test.record", 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Version() != 1 {
		t.Errorf("version %d, want 1", r.Version())
	}
	if err := r.Close(); !errors.Is(err, learner.ErrSnapshot) {
		t.Errorf("got %v, want ErrSnapshot", err)
	}
}

func TestValueChecks(t *testing.T) {
	for name, tc := range map[string]struct {
		write func(*snapshot.Writer)
		read  func(*snapshot.Reader)
	}{
		"count above its limit": {func(w *snapshot.Writer) { w.Int(9) }, func(r *snapshot.Reader) { r.Count(8) }},
		"negative count":        {func(w *snapshot.Writer) { w.Int(-1) }, func(r *snapshot.Reader) { r.Count(8) }},
		"NaN":                   {func(w *snapshot.Writer) { w.Floats([]float64{0, math.NaN()}) }, func(r *snapshot.Reader) { r.FiniteFloats() }},
		"the learner's reason":  {func(*snapshot.Writer) {}, func(r *snapshot.Reader) { r.Failf("node %d points backwards", 3) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := snapshot.NewWriter("test.record", 1)
			tc.write(w)
			r, err := snapshot.NewReader(w.Seal(), "test.record", 1)
			if err != nil {
				t.Fatal(err)
			}
			tc.read(r)
			if err := r.Err(); !errors.Is(err, learner.ErrSnapshot) {
				t.Errorf("got %v, want ErrSnapshot", err)
			}
			if got := r.Floats(); got != nil {
				t.Errorf("read %v after an error", got)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add(sample.write())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, data := range [][]byte{body, snapshot.Seal(body)} {
			if _, err := read(data); err != nil && !errors.Is(err, learner.ErrSnapshot) {
				t.Errorf("%v does not wrap ErrSnapshot", err)
			}
		}
	})
}
