package masters

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
)

func dense(rows ...[]float64) *mat.Dense {
	d := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		d.SetRow(i, r)
	}
	return d
}

func TestCombineProbabilities(t *testing.T) {
	members := []prediction{{proba: dense([]float64{0.6, 0.3, 0.1})}, {proba: dense([]float64{0.2, 0.8, 0})}, {proba: dense([]float64{0.4, 0.2, 0.4})}}
	weights := []float64{1, 1, 2}
	for _, tt := range []struct {
		combine config.Combine
		want    []float64
	}{
		{config.CombineMean, []float64{1.2 / 3, 1.3 / 3, 0.5 / 3}},
		{config.CombineWeighted, []float64{1.6 / 4, 1.5 / 4, 0.9 / 4}},
		{config.CombineMedian, []float64{0.4 / 0.8, 0.3 / 0.8, 0.1 / 0.8}},
		{config.CombineVote, []float64{2.0 / 3, 1.0 / 3, 0}}, // the third's tie goes to its first class
	} {
		t.Run(string(tt.combine), func(t *testing.T) {
			c, err := newCombiner(tt.combine)
			if err != nil {
				t.Fatal(err)
			}
			got := c.combine(members, weights).proba
			for k, want := range tt.want {
				if math.Abs(got.At(0, k)-want) > 1e-15 {
					t.Errorf("class %d: %v, want %v", k, got.At(0, k), want)
				}
			}
		})
	}
	t.Run("medians that are all 0 give way to the mean", func(t *testing.T) {
		c, _ := newCombiner(config.CombineMedian)
		got := c.combine([]prediction{{proba: dense([]float64{1, 0, 0})}, {proba: dense([]float64{0, 1, 0})}, {proba: dense([]float64{0, 0, 1})}}, nil).proba
		for k := range 3 {
			if math.Abs(got.At(0, k)-1.0/3) > 1e-15 {
				t.Errorf("class %d: %v", k, got.At(0, k))
			}
		}
	})
}

func TestCombineValues(t *testing.T) {
	huge := math.MaxFloat64
	for _, tt := range []struct {
		name    string
		combine config.Combine
		members []float64
		want    float64
	}{
		{"mean", config.CombineMean, []float64{1, 2, 6}, 3},
		{"weighted", config.CombineWeighted, []float64{1, 2, 6}, 3.75},
		{"median of an odd number", config.CombineMedian, []float64{6, 1, 2}, 2},
		{"median of an even number", config.CombineMedian, []float64{6, 1, 2, 4}, 3},
		{"median of huge values does not overflow", config.CombineMedian, []float64{huge, huge}, huge},
		{"mean of huge values does not overflow", config.CombineMean, []float64{huge, huge}, huge},
		{"one member", config.CombineMean, []float64{5}, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := newCombiner(tt.combine)
			if err != nil {
				t.Fatal(err)
			}
			var members []prediction
			for _, v := range tt.members {
				members = append(members, prediction{values: []float64{v}})
			}
			before := slices.Clone(tt.members)
			if got := c.combine(members, []float64{1, 1, 2, 1}).values[0]; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for i, m := range members {
				if m.values[0] != before[i] {
					t.Error("combining changed a member's values")
				}
			}
		})
	}
	vote, err := newCombiner(config.CombineVote)
	if err != nil {
		t.Fatal(err)
	}
	if vote.accepts(learner.Regression) == nil || vote.accepts(learner.Classification) != nil {
		t.Error("vote is for classification only")
	}
	if _, err := newCombiner("product"); err == nil {
		t.Error("an unknown way to combine is accepted")
	}
}
