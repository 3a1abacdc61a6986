package dataio_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// placed fails unless err is an *Error that names the file and a place in it.
func placed(t *testing.T, err error, text []byte) {
	t.Helper()
	var e *dataio.Error
	if !errors.As(err, &e) || e.File != "f" || e.Reason == "" || e.Line < 0 || e.Line > bytes.Count(text, []byte("\n"))+bytes.Count(text, []byte("\r"))+1 {
		t.Fatalf("no such place: %v", err)
	}
}

func readMatrix(text []byte) (columns []string, x *mat.Dense, err error) {
	r, err := dataio.NewReader(bytes.NewReader(text), "f")
	if err != nil {
		return nil, nil, err
	}
	x, err = r.ReadBatch(context.Background(), math.MaxInt)
	return r.Columns(), x, err
}

// Features that were read come back with the same bits when they are written with encoding/csv, and in
// batches of one row as in one piece.
func FuzzFeatures(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "\ufeffa\r\n\"1\"\r\n", "a,B \n,NaN\n-0,1e308\n", "a,a\n1,2", "a\n\n1\n", "a;b\n1;2\n", "a\n1e999", "a,b\n\n", "\"a\nb\"\n+1", "a\n0x1\ntrue",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		columns, x, err := readMatrix(text)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			placed(t, err, text)
			return
		}
		var again bytes.Buffer
		w := csv.NewWriter(&again)
		rows, _ := x.Dims()
		records := [][]string{columns}
		for i := range rows {
			record := make([]string, len(columns))
			for j, v := range x.RawRowView(i) {
				record[j] = strconv.FormatFloat(v, 'g', -1, 64)
			}
			records = append(records, record)
		}
		if err := w.WriteAll(records); err != nil {
			t.Fatal(err)
		}
		columns2, x2, err := readMatrix(again.Bytes())
		if err != nil || strings.Join(columns, "\x00") != strings.Join(columns2, "\x00") || !sameCells(x, x2) {
			t.Fatalf("%q came back from %q as %q %v, %v", columns, again.Bytes(), columns2, x2, err)
		}
		one, err := dataio.NewReader(bytes.NewReader(text), "f")
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			row, err := one.ReadBatch(t.Context(), 1)
			if err != nil || !sameCells(row, x.Slice(i, i+1, 0, len(columns)).(*mat.Dense)) {
				t.Fatalf("row %d alone is %v, %v", i, row, err)
			}
		}
	})
}

// sameCells compares bits; one missing value is like another.
func sameCells(a, b *mat.Dense) bool {
	rows, columns := a.Dims()
	if r, c := b.Dims(); r != rows || c != columns {
		return false
	}
	for i := range rows {
		for j := range columns {
			v, w := a.At(i, j), b.At(i, j)
			if math.Float64bits(v) != math.Float64bits(w) && !(math.IsNaN(v) && math.IsNaN(w)) {
				return false
			}
		}
	}
	return true
}

// A target is as many labels, in their one form, or as many finite numbers as it has rows; numbers are
// labels too.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"y\n1\n1.0\n", "class\nno\n yes \n", "y\n\n", "y\nnan\n", "y\n\"a,b\"\n\"1\"\n", "y,z\n1,2\n", "\xff\n1", "y\n1e400\n", "y\n1_0\ntrue\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := dataio.NewTargetReader(bytes.NewReader(text), "f", dataio.Options{Delimiter: ",", Header: dataio.HeaderYes})
		if err != nil {
			placed(t, err, text)
			return
		}
		labels, err := r.ReadLabels(t.Context(), -1)
		if err != nil && !errors.Is(err, io.EOF) {
			placed(t, err, text)
		}
		for _, l := range labels {
			if l == "" || learner.NewLabel(string(l)) != l {
				t.Errorf("the label %q", l)
			}
		}
		r, err = dataio.NewTargetReader(bytes.NewReader(text), "f", dataio.Options{Delimiter: ",", Header: dataio.HeaderYes})
		if err != nil {
			t.Fatal(err)
		}
		numbers, numberErr := r.ReadNumbers(t.Context(), -1)
		if numberErr != nil {
			if !errors.Is(numberErr, io.EOF) {
				placed(t, numberErr, text)
			}
			return
		}
		if err != nil || len(numbers) != len(labels) {
			t.Fatalf("%d numbers, %d labels, %v", len(numbers), len(labels), err)
		}
		for i, v := range numbers {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("target %d is %v", i, v)
			}
			if n, ok := labels[i].Number(); ok && n != v {
				t.Errorf("target %d is the number %v and the label %s", i, v, labels[i])
			}
		}
	})
}
