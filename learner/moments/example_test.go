package moments_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// Two workers sum up their own rows; a master merges what they found.
func ExampleMerge() {
	shard := func(values ...float64) moments.Moments {
		m, err := moments.FromDataset(context.Background(), learner.Dataset{X: mat.NewDense(len(values), 1, values), Y: values})
		if err != nil {
			panic(err)
		}
		return m
	}
	all, err := moments.Merge(shard(1, 3), shard(5, 7))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(all.Weight, all.Mean, all.Variance())
	// Output: 4 [4] [5]
}

// Coefficients learned on the standard scale are reported on the data's.
func ExampleScaling_Fold() {
	s := moments.Scaling{Mean: []float64{10, 0}, Scale: []float64{2, 1}}
	blocks := []learner.Block{{Name: "coef", Shape: []int{1, 2}}, {Name: "intercept", Shape: []int{1}}}
	params, err := s.Fold([]float64{6, 5, 1}, blocks)
	fmt.Println(params, err)
	// Output: [3 5 -29] <nil>
}
