package onnx_test

import (
	"bytes"
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/export/onnx"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Two workers have fitted a learner each. Written as ONNX they are one model, which answers the mean of their probabilities.
func Example() {
	rows := learner.Dataset{
		Schema: learner.Schema{Features: []string{"length", "width"}, Classes: []learner.Label{"small", "large"}},
		X:      mat.NewDense(4, 2, []float64{1, 2, 2, 1, 8, 7, 9, 9}), Y: []float64{0, 0, 1, 1},
	}
	m := &export.Model{Name: "sizes", Features: rows.Features, Classes: rows.Classes}
	for i, kind := range []string{"tree-classifier", "logistic-regression"} {
		l, err := registry.New(kind, nil, learner.Env{Seed: 1})
		if err == nil {
			err = l.Fit(context.Background(), rows)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		m.Members = append(m.Members, export.Member{Name: fmt.Sprint("worker", i+1), Kind: kind, Learner: l})
	}
	var file bytes.Buffer // of a program: os.Create("sizes.onnx")
	if err := onnx.Write(&file, m, onnx.Options{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("written:", file.Len() > 0)
	// Output: written: true
}
