package moments_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// random is n rows of four columns: unlike scales, a large offset, a constant.
func random(n int, seed uint64) learner.Dataset {
	rng := learner.NewRand(seed)
	d := learner.Dataset{X: mat.NewDense(n, 4, nil), Y: make([]float64, n), Weights: make([]float64, n)}
	for i := range n {
		d.X.SetRow(i, []float64{rng.NormFloat64(), 1e-6 * rng.NormFloat64(), 1e6 + rng.NormFloat64(), 0.1})
		d.Weights[i] = float64(rng.IntN(4)) / 2
	}
	return d
}

func of(t *testing.T, d learner.Dataset) moments.Moments {
	t.Helper()
	m, err := moments.FromDataset(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func near(a, b []float64, rel float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= rel*max(math.Abs(x), math.Abs(y)) })
}

// gonum's two-pass moments are the truth.
func TestFromDataset(t *testing.T) {
	d := random(1000, 1)
	m := of(t, d)
	for j := range 4 {
		mean, variance := stat.PopMeanVariance(mat.Col(nil, j, d.X), d.Weights)
		if math.Abs(m.Mean[j]-mean) > 1e-14*max(1, math.Abs(mean)) {
			t.Errorf("column %d: mean %v, want %v", j, m.Mean[j], mean)
		}
		if got := m.Variance()[j]; math.Abs(got-variance) > 1e-10*variance {
			t.Errorf("column %d: variance %v, want %v", j, got, variance)
		}
	}
	if m.Mean[3] != 0.1 || m.M2[3] != 0 {
		t.Errorf("the constant column has mean %v, sum of squares %v", m.Mean[3], m.M2[3])
	}
}

// However the rows are shared out, the merged moments are the whole's.
func TestMergeIsTheWhole(t *testing.T) {
	d := random(1000, 2)
	whole := of(t, d)
	for _, shards := range []int{1, 2, 3, 7, 32} {
		t.Run(fmt.Sprint(shards, " shards"), func(t *testing.T) {
			var merged moments.Moments
			for s := range shards {
				// Unequal shards: the first rows go to the first in bulk.
				var rows []int
				for i := range d.Len() {
					if (i*i/500)%shards == s {
						rows = append(rows, i)
					}
				}
				part := moments.Moments{}
				if len(rows) > 0 {
					part = of(t, d.Select(rows))
				}
				var err error
				if merged, err = moments.Merge(merged, part); err != nil {
					t.Fatal(err)
				}
			}
			if merged.Weight != whole.Weight || !near(merged.Mean, whole.Mean, 1e-13) || !near(merged.Variance(), whole.Variance(), 1e-10) {
				t.Errorf("got %v, want %v", merged, whole)
			}
			if merged.Mean[3] != 0.1 || merged.M2[3] != 0 {
				t.Errorf("the constant column has mean %v, sum of squares %v", merged.Mean[3], merged.M2[3])
			}
		})
	}
}

// The order of merging moves nothing but the last digits.
func TestMergeOrder(t *testing.T) {
	part := func(values ...float64) moments.Moments {
		return of(t, learner.Dataset{X: mat.NewDense(len(values), 1, values), Y: values})
	}
	parts := []moments.Moments{part(1, 3), part(5, 7), part(0, 8, 4, 4), {}}
	want := moments.Moments{Weight: 8, Mean: []float64{4}, M2: []float64{9 + 1 + 1 + 9 + 16 + 16}}
	for _, order := range [][]int{{0, 1, 2, 3}, {1, 0, 3, 2}, {3, 2, 1, 0}, {2, 3, 0, 1}} {
		var got moments.Moments
		for _, i := range order {
			var err error
			if got, err = moments.Merge(got, parts[i]); err != nil {
				t.Fatal(err)
			}
		}
		if got.Weight != want.Weight || !near(got.Mean, want.Mean, 1e-15) || !near(got.M2, want.M2, 1e-15) {
			t.Errorf("order %v: got %v, want %v", order, got, want)
		}
	}
}

func TestMergeKeepsItsInputs(t *testing.T) {
	a, b := of(t, random(50, 3)), of(t, random(70, 4))
	mean, m2 := slices.Clone(a.Mean), slices.Clone(b.M2)
	m, err := moments.Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	m.Mean[0], m.M2[0] = 99, 99
	alone, err := moments.Merge(a, moments.Moments{})
	if err != nil {
		t.Fatal(err)
	}
	alone.Mean[0] = 99
	if !slices.Equal(a.Mean, mean) || !slices.Equal(b.M2, m2) {
		t.Error("merging changed what it merged")
	}
}

func TestMergeRefuses(t *testing.T) {
	good := moments.Moments{Weight: 2, Mean: []float64{1}, M2: []float64{1}}
	for name, bad := range map[string]moments.Moments{
		"another width":     {Weight: 1, Mean: []float64{1, 2}, M2: []float64{0, 0}},
		"NaN":               {Weight: 1, Mean: []float64{math.NaN()}, M2: []float64{0}},
		"infinite squares":  {Weight: 1, Mean: []float64{0}, M2: []float64{math.Inf(1)}},
		"negative squares":  {Weight: 1, Mean: []float64{0}, M2: []float64{-1}},
		"a negative weight": {Weight: -1, Mean: []float64{0}, M2: []float64{0}},
		"no squares":        {Weight: 1, Mean: []float64{0}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := moments.Merge(good, bad); err == nil {
				t.Error("no error")
			}
			if _, err := moments.Merge(bad, good); err == nil {
				t.Error("no error the other way round")
			}
		})
	}
}

func TestWeightZeroDoesNotCount(t *testing.T) {
	d := learner.Dataset{X: mat.NewDense(3, 1, []float64{1e300, 2, 4}), Y: make([]float64, 3), Weights: []float64{0, 1, 1}}
	m := of(t, d)
	if m.Weight != 2 || m.Mean[0] != 3 || m.M2[0] != 2 {
		t.Errorf("got %v", m)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := moments.FromDataset(ctx, random(5, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}

func TestStandardize(t *testing.T) {
	d := random(1000, 5)
	s, err := of(t, d).Scaling()
	if err != nil {
		t.Fatal(err)
	}
	before := mat.DenseCopyOf(d.X)
	z, err := s.Standardize(d.X)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(before, d.X) {
		t.Error("Standardize changed its input")
	}
	for j := range 4 {
		mean, variance := stat.PopMeanVariance(mat.Col(nil, j, z), d.Weights)
		want := 1.0
		if j == 3 {
			want = 0
		}
		if math.Abs(mean) > 1e-8 || math.Abs(variance-want) > 1e-9 {
			t.Errorf("column %d: mean %v, variance %v", j, mean, variance)
		}
	}
	if s.Scale[3] != 1 {
		t.Errorf("the constant column has scale %v", s.Scale[3])
	}
	var bad *learner.DataError
	if _, err := s.Standardize(mat.NewDense(1, 3, nil)); !errors.As(err, &bad) {
		t.Errorf("three columns for a scaling of four: got error %v", err)
	}
}

// 0.1 + 0.2 and 0.3 differ by a rounding, which is no reason to blow the
// difference up to a variance of 1.
func TestRoundingIsNoVariance(t *testing.T) {
	a, b := 0.1, 0.2
	s, err := of(t, learner.Dataset{X: mat.NewDense(2, 1, []float64{a + b, 0.3}), Y: make([]float64, 2)}).Scaling()
	if err != nil {
		t.Fatal(err)
	}
	if s.Scale[0] != 1 {
		t.Errorf("scale %v", s.Scale[0])
	}
}

func TestScalingRefuses(t *testing.T) {
	if _, err := (moments.Moments{}).Scaling(); err == nil {
		t.Error("a scaling of no rows: no error")
	}
	var bad *learner.DataError
	m := of(t, learner.Dataset{X: mat.NewDense(2, 2, []float64{0, 1e200, 0, -1e200}), Y: make([]float64, 2)})
	if _, err := m.Scaling(); !errors.As(err, &bad) || bad.Column != 1 {
		t.Errorf("squares that overflow: got error %v", err)
	}
}
