package master

import (
	"slices"
	"testing"

	"github.com/gochimera/chimera/distribute/parameterserver"
)

func TestReducers(t *testing.T) {
	vectors := [][]float64{{2, 10}, {4, -1e9}, {60, 20}, {-1e9, 30}, {8, 40}}
	ones := []float64{1, 1, 1, 1, 1}
	for _, tt := range []struct {
		name     string
		trim     int
		vectors  [][]float64
		divisors []float64
		weights  []float64
		want     []float64
	}{
		{parameterserver.AggregateMean, 0, vectors[:1], []float64{2}, ones[:1], []float64{1, 5}},
		{parameterserver.AggregateMean, 0, [][]float64{{2}, {30}}, []float64{2, 3}, []float64{3, 1}, []float64{3.25}},
		{parameterserver.AggregateMedian, 0, vectors, ones, ones, []float64{4, 20}},
		{parameterserver.AggregateMedian, 0, [][]float64{{2}, {30}}, []float64{2, 3}, []float64{3, 1}, []float64{5.5}},
		{parameterserver.AggregateTrimmedMean, 1, vectors, ones, ones, []float64{14. / 3, 20}},
		{parameterserver.AggregateTrimmedMean, 2, vectors[:2], ones, ones, []float64{3, -5e8 + 5}}, // too few to trim: the median
	} {
		into := make([]float64, len(tt.want))
		newReducer(parameterserver.Settings{Aggregation: tt.name, Trim: tt.trim})(tt.vectors, tt.divisors, tt.weights, into)
		for i := range into {
			if d := into[i] - tt.want[i]; d > 1e-9 || d < -1e-9 {
				t.Errorf("%s, trim %d: %v, want %v", tt.name, tt.trim, into, tt.want)
				break
			}
		}
	}
	if !slices.Equal(vectors[0], []float64{2, 10}) {
		t.Error("a reducer changed its input")
	}
}
