package wire_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// What Python 3 prints for repr of these.
func TestAppendFloatAsRepr(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{10.5, "10.5"}, {60, "60.0"}, {-3, "-3.0"}, {0, "0.0"}, {math.Copysign(0, -1), "-0.0"},
		{2.3645815355591234e+293, "2.3645815355591234e+293"}, {1e-7, "1e-07"}, {1.5e-7, "1.5e-07"},
		{1e15, "1000000000000000.0"}, {1e16, "1e+16"}, {9999999999999998, "9999999999999998.0"},
		{9007199254740993, "9007199254740992.0"}, {123456789012345680, "1.2345678901234568e+17"},
		{1e-4, "0.0001"}, {0.00012345, "0.00012345"}, {9.999999999999999e-5, "9.999999999999999e-05"},
		{1e22, "1e+22"}, {1e100, "1e+100"}, {-1e-100, "-1e-100"}, {5e-324, "5e-324"},
		{math.MaxFloat64, "1.7976931348623157e+308"}, {0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"},
		{math.MinInt64, "-9.223372036854776e+18"}, {-999999999999999, "-999999999999999.0"},
	} {
		if got := string(wire.AppendFloat(nil, c.v)); got != c.want {
			t.Errorf("AppendFloat(%x) = %s, Python has %s", math.Float64bits(c.v), got, c.want)
		}
	}
}

// Random bit patterns and random decimals, against python3 itself where it is installed.
func TestAppendFloatAsPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed; TestAppendFloatAsRepr holds fixed cases")
	}
	const n = 40_000
	r := learner.NewRand(1)
	values := make([]float64, 0, n)
	raw := make([]byte, 0, 8*n)
	for len(values) < n {
		v := math.Float64frombits(r.Uint64())
		switch len(values) % 4 {
		case 1:
			v = r.NormFloat64() * math.Pow(10, float64(r.IntN(50)-25))
		case 2:
			v = float64(r.Int64() >> r.IntN(63))
		case 3:
			v = float64(r.IntN(1e6)) / math.Pow(10, float64(r.IntN(12)))
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		values = append(values, v)
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
	}
	cmd := exec.CommandContext(t.Context(), python, "-c",
		"import struct, sys\nfor (v,) in struct.iter_unpack('<d', sys.stdin.buffer.read()): print(repr(v))")
	cmd.Stdin = strings.NewReader(string(raw))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != n {
		t.Fatalf("python3 answered %d lines for %d values", len(lines), n)
	}
	for i, v := range values {
		if got := string(wire.AppendFloat(nil, v)); got != lines[i] {
			t.Fatalf("AppendFloat(%x) = %s, Python has %s", math.Float64bits(v), got, lines[i])
		}
	}
}

// A few long rows are valid JSON however many processors write them.
func TestAppendMatrixOfLongRows(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	for _, rows := range []int{1, 2, 3, 7} {
		x := mat.NewDense(rows, 20000, nil)
		x.Apply(func(i, j int, _ float64) float64 { return float64(i) + 1/float64(j+1) }, x)
		text, err := wire.AppendMatrix(nil, x)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]float64
		if err := json.Unmarshal(text, &got); err != nil || len(got) != rows || len(got[rows-1]) != 20000 || got[rows-1][19999] != x.At(rows-1, 19999) {
			t.Errorf("%d rows: %v, %d rows were read", rows, err, len(got))
		}
	}
}
