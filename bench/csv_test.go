package bench_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// writeCSV is a data set as a CSV file: its features, then the target.
func writeCSV(d learner.Dataset) []byte {
	var b []byte
	for _, name := range d.Features {
		b = append(b, name...)
		b = append(b, ',')
	}
	b = append(b, "target"...)
	for i := range d.Len() {
		b = append(b, '\n')
		for _, v := range d.X.RawRowView(i) {
			b = strconv.AppendFloat(b, v, 'f', -1, 64)
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, d.Y[i], 'f', -1, 64)
	}
	return append(b, '\n')
}

// plainCSV reads the numbers of a CSV file by encoding/csv and strconv.
func plainCSV(path string) ([]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	if _, err := r.Read(); err != nil {
		return nil, err
	}
	var cells []float64
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return cells, nil
		}
		if err != nil {
			return nil, err
		}
		for _, text := range record {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, err
			}
			cells = append(cells, v)
		}
	}
}

// BenchmarkCSV reads a file of small integers (9 MB) and one of 17
// digits (190 MB).
func BenchmarkCSV(b *testing.B) {
	for _, shape := range []struct {
		name string
		data func(seed uint64) learner.Dataset
	}{{"diabetes", shapes.Diabetes}, {"heart", shapes.Heart}} {
		b.Run(shape.name, func(b *testing.B) {
			content := writeCSV(shape.data(1))
			path := filepath.Join(b.TempDir(), "X.csv")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				b.Fatal(err)
			}
			took := compare(b, "encoding/csv",
				func() error { _, err := dataio.ReadFeatures(b.Context(), path, dataio.Options{}); return err },
				func() error { _, err := plainCSV(path); return err })
			besidePeers(b, "csv_"+shape.name, took)
			b.ReportMetric(float64(len(content))/1e6, "MB")
		})
	}
}

// BenchmarkCSVBatches reads as a file larger than memory is read.
func BenchmarkCSVBatches(b *testing.B) {
	content := writeCSV(shapes.Diabetes(1))
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := dataio.NewReader(bytes.NewReader(content), "X.csv")
		for err == nil {
			_, err = r.ReadBatch(b.Context(), 1000)
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}
