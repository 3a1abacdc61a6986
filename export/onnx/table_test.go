package onnx_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/foreign"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// mixed reads a table of internal/testdata/mixed: its rows, and the targets as texts.
func mixed(t *testing.T, set, part string) (rows table.Rows, y []string) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "internal", "testdata", "mixed", set, part+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(f).ReadAll()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	header := lines[0]
	last := len(header) - 1
	rows = table.Rows{Columns: header[:last], X: mat.NewDense(len(lines)-1, last, nil), Texts: make([]*table.Texts, last)}
	for i, line := range lines[1:] {
		y = append(y, line[last])
		for j, cell := range line[:last] {
			v, err := strconv.ParseFloat(cell, 64)
			switch {
			case err == nil:
			case cell == "":
				v = math.NaN()
			default:
				v = math.NaN()
				setText(&rows, i, j, cell)
			}
			rows.X.Set(i, j, v)
		}
	}
	return rows, y
}

func setText(rows *table.Rows, i, j int, cell string) {
	n, _ := rows.X.Dims()
	if rows.Texts[j] == nil {
		rows.Texts[j] = &table.Texts{Codes: slices.Repeat([]int32{-1}, n)}
	}
	of := rows.Texts[j]
	k := slices.Index(of.Values, cell)
	if k < 0 {
		k = len(of.Values)
		of.Values = append(of.Values, cell)
	}
	of.Codes[i] = int32(k)
	rows.X.Set(i, j, math.NaN())
}

// textual lists the columns that have texts.
func textual(rows table.Rows) (names []string) {
	for j, name := range rows.Columns {
		if rows.TextsOf(j) != nil {
			names = append(names, name)
		}
	}
	return names
}

// targetsOf makes class indices of texts, or numbers.
func targetsOf(t *testing.T, texts []string, classes []learner.Label) []float64 {
	t.Helper()
	y := make([]float64, len(texts))
	for i, text := range texts {
		if classes != nil {
			y[i] = float64(slices.Index(classes, learner.NewLabel(text)))
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		y[i] = v
	}
	return y
}

func classesOf(texts []string) []learner.Label {
	var all []learner.Label
	for _, text := range texts {
		all = append(all, learner.NewLabel(text))
	}
	return learner.SortLabels(all)
}

// matrixInput is rows as the one input of a model whose columns are numbers.
func matrixInput(x *mat.Dense, float64s bool) []foreign.Tensor {
	rows, cols := x.Dims()
	in := foreign.Tensor{Name: "X", Shape: []int64{int64(rows), int64(cols)}}
	for i := range rows {
		for _, v := range x.RawRowView(i) {
			if float64s {
				in.Float64s = append(in.Float64s, v)
			} else {
				in.Float32s = append(in.Float32s, float32(v))
			}
		}
	}
	return []foreign.Tensor{in}
}

// columnInputs is rows as one input per column; categories are texts.
func columnInputs(rows table.Rows, categories []string) (in []foreign.Tensor) {
	n := rows.Len()
	for j, name := range rows.Columns {
		one := foreign.Tensor{Name: name, Shape: []int64{int64(n), 1}}
		for i := range n {
			if !slices.Contains(categories, name) {
				one.Float32s = append(one.Float32s, float32(rows.X.At(i, j)))
				continue
			}
			category, _ := rows.Category(i, j)
			one.Texts = append(one.Texts, string(category))
		}
		in = append(in, one)
	}
	return in
}
