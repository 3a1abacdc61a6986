package bench_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/danielgtaylor/huma/v2/formats/cbor"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/wire"
)

// matrixBody is what nodes would send each other without a frame.
type matrixBody struct {
	Columns []string    `json:"columns"`
	Rows    [][]float64 `json:"rows"`
}

func newMatrixBody(x *mat.Dense) matrixBody {
	rows, columns := x.Dims()
	body := matrixBody{Columns: columnNames(columns)}
	for i := range rows {
		body.Rows = append(body.Rows, x.RawRowView(i))
	}
	return body
}

// BenchmarkFrame sends 10,000 x 34 numbers through the frame, there and back,
// against JSON, CBOR (as huma offers it) and a copy of the memory.
func BenchmarkFrame(b *testing.B) {
	x := longNumbers(10_000, 34)
	body := newMatrixBody(x)
	var frame []byte
	ours := func() (err error) {
		if frame, err = wire.Encode(frame[:0], body.Columns, wire.Dense("X", x)); err != nil {
			return err
		}
		var columns []string
		_, err = wire.Decode(frame, &columns)
		return err
	}
	b.Run("JSON", func(b *testing.B) {
		compare(b, "JSON", ours, func() error {
			text, err := json.Marshal(body)
			if err != nil {
				return err
			}
			return json.Unmarshal(text, &matrixBody{})
		})
	})
	b.Run("CBOR", func(b *testing.B) {
		var buf bytes.Buffer
		compare(b, "CBOR", ours, func() error {
			buf.Reset()
			if err := cbor.DefaultCBORFormat.Marshal(&buf, body); err != nil {
				return err
			}
			return cbor.DefaultCBORFormat.Unmarshal(buf.Bytes(), &matrixBody{})
		})
	})
	b.Run("copy", func(b *testing.B) {
		from := x.RawMatrix().Data
		buf := make([]float64, len(from))
		compare(b, "copy", ours, func() error {
			copy(buf, from)
			copy(make([]float64, len(buf)), buf)
			return nil
		})
	})
}

// BenchmarkSmallFrame is a step of a parameter server: a dozen weights.
func BenchmarkSmallFrame(b *testing.B) {
	weights := longNumbers(1, 12).RawMatrix().Data
	type step struct {
		FitID string `json:"fit_id"`
		Step  int    `json:"step"`
	}
	var frame []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if frame, err = wire.Encode(frame[:0], step{"a1b2", 7}, wire.Vector("parameters", weights)); err != nil {
			b.Fatal(err)
		}
		var s step
		if _, err = wire.Decode(frame, &s); err != nil {
			b.Fatal(err)
		}
	}
}
