package master

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

func dense(rows ...[]float64) *mat.Dense {
	d := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		d.SetRow(i, r)
	}
	return d
}

func TestCombineProbabilities(t *testing.T) {
	members := []cluster.Output{{Proba: dense([]float64{0.6, 0.3, 0.1})}, {Proba: dense([]float64{0.2, 0.8, 0})}, {Proba: dense([]float64{0.4, 0.2, 0.4})}}
	weights := []float64{1, 1, 2}
	for _, tt := range []struct {
		combine aggregation.Combine
		want    []float64
	}{
		{aggregation.CombineMean, []float64{1.2 / 3, 1.3 / 3, 0.5 / 3}},
		{aggregation.CombineWeighted, []float64{1.6 / 4, 1.5 / 4, 0.9 / 4}},
		{aggregation.CombineMedian, []float64{0.4 / 0.8, 0.3 / 0.8, 0.1 / 0.8}},
		{aggregation.CombineVote, []float64{2.0 / 3, 1.0 / 3, 0}}, // the third's tie goes to its first class
	} {
		t.Run(string(tt.combine), func(t *testing.T) {
			c, err := newCombiner(tt.combine)
			if err != nil {
				t.Fatal(err)
			}
			got := c.combine(members, weights).Proba
			for k, want := range tt.want {
				if math.Abs(got.At(0, k)-want) > 1e-15 {
					t.Errorf("class %d: %v, want %v", k, got.At(0, k), want)
				}
			}
		})
	}
	t.Run("medians that are all 0 give way to the mean", func(t *testing.T) {
		c, _ := newCombiner(aggregation.CombineMedian)
		got := c.combine([]cluster.Output{{Proba: dense([]float64{1, 0, 0})}, {Proba: dense([]float64{0, 1, 0})}, {Proba: dense([]float64{0, 0, 1})}}, nil).Proba
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
		combine aggregation.Combine
		members []float64
		want    float64
	}{
		{"mean", aggregation.CombineMean, []float64{1, 2, 6}, 3},
		{"weighted", aggregation.CombineWeighted, []float64{1, 2, 6}, 3.75},
		{"median of an odd number", aggregation.CombineMedian, []float64{6, 1, 2}, 2},
		{"median of an even number", aggregation.CombineMedian, []float64{6, 1, 2, 4}, 3},
		{"median of huge values does not overflow", aggregation.CombineMedian, []float64{huge, huge}, huge},
		{"mean of huge values does not overflow", aggregation.CombineMean, []float64{huge, huge}, huge},
		{"one member", aggregation.CombineMean, []float64{5}, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := newCombiner(tt.combine)
			if err != nil {
				t.Fatal(err)
			}
			var members []cluster.Output
			for _, v := range tt.members {
				members = append(members, cluster.Output{Values: []float64{v}})
			}
			before := slices.Clone(tt.members)
			if got := c.combine(members, []float64{1, 1, 2, 1}).Values[0]; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for i, m := range members {
				if m.Values[0] != before[i] {
					t.Error("combining changed a member's values")
				}
			}
		})
	}
	vote, err := newCombiner(aggregation.CombineVote)
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
