package xgboost_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/export/xgboost"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// A tree becomes a booster, whose prediction is the probability of the second class.
func Example() {
	rows := learner.Dataset{
		Schema: learner.Schema{Features: []string{"length", "width"}, Classes: []learner.Label{"small", "large"}},
		X:      mat.NewDense(4, 2, []float64{1, 2, 2, 1, 8, 7, 9, 9}), Y: []float64{0, 0, 1, 1},
	}
	tree, err := registry.New("tree-classifier", nil, learner.Env{Seed: 1})
	if err == nil {
		err = tree.Fit(context.Background(), rows)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	m := &export.Model{Features: rows.Features, Classes: rows.Classes, Members: []export.Member{{Kind: "tree-classifier", Learner: tree}}}
	var file bytes.Buffer // of a program: os.Create("sizes.json")
	if err := xgboost.Write(&file, m, xgboost.Options{}); err != nil {
		fmt.Println(err)
		return
	}
	_, rest, _ := strings.Cut(file.String(), `"split_conditions":`)
	conditions, _, _ := strings.Cut(rest, "]")
	fmt.Println(conditions + "]") // the threshold, then what the leaves add to the middle between them
	// Output: [4.5000005E+00,-5E-01,5E-01]
}
