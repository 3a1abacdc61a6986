package numeric_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner/numeric"
)

var (
	nan      = math.NaN()
	infinite = math.Inf(1)
)

func TestIsFinite(t *testing.T) {
	for _, v := range []float64{0, math.Copysign(0, -1), 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64} {
		if !numeric.IsFinite(v) {
			t.Errorf("%v is finite", v)
		}
	}
	for _, v := range []float64{nan, infinite, -infinite, math.Float64frombits(0xfff0000000000001)} {
		if numeric.IsFinite(v) {
			t.Errorf("%v is not finite", v)
		}
	}
}

func TestFiniteChecks(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []float64
		first  int
		sum    bool
	}{
		{"none", nil, -1, true},
		{"finite", []float64{1, -2, 3}, -1, true},
		{"NaN at the end", []float64{1, 2, nan}, 2, false},
		{"NaN first of two", []float64{0, nan, infinite}, 1, false},
		{"infinite", []float64{-infinite}, 0, false},
		{"both infinities, whose sum is NaN", []float64{infinite, -infinite}, 0, false},
		{"finite, but the sum overflows", []float64{math.MaxFloat64, math.MaxFloat64}, -1, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := numeric.FirstNotFinite(tc.values); got != tc.first {
				t.Errorf("the first is %d, want %d", got, tc.first)
			}
			if got := numeric.AllFinite(tc.values); got != (tc.first < 0) {
				t.Errorf("AllFinite is %t", got)
			}
			if got := numeric.FiniteSum(tc.values); got != tc.sum {
				t.Errorf("FiniteSum is %t", got)
			}
		})
	}
}

func TestArgMax(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []float64
		want   int
	}{
		{"one", []float64{-3}, 0},
		{"last", []float64{1, 2, 3}, 2},
		{"the first of equals", []float64{1, 3, 3, 2}, 1},
		{"zeros of both signs are equal", []float64{math.Copysign(0, -1), 0}, 0},
		{"all equal", []float64{-infinite, -infinite}, 0},
		{"infinite", []float64{1, infinite, infinite}, 1},
		{"NaN is passed over", []float64{nan, 1, nan, 2}, 3},
		{"only NaN", []float64{nan, nan}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := numeric.ArgMax(tc.values); got != tc.want {
				t.Errorf("ArgMax(%v) is %d, want %d", tc.values, got, tc.want)
			}
		})
	}
}

func TestNoValues(t *testing.T) {
	for name, call := range map[string]func(){
		"ArgMax":        func() { numeric.ArgMax(nil) },
		"Softmax":       func() { numeric.Softmax(nil) },
		"SoftmaxLogSum": func() { numeric.SoftmaxLogSum(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

// Softmax is held to values known in closed form, and to not overflowing.
func TestSoftmax(t *testing.T) {
	for _, tc := range []struct {
		name   string
		scores []float64
		want   []float64
		logSum float64
	}{
		{"one", []float64{7}, []float64{1}, 7},
		{"equal", []float64{2, 2}, []float64{0.5, 0.5}, 2 + math.Ln2},
		{"odds of 3", []float64{0, math.Log(3)}, []float64{0.25, 0.75}, math.Log(4)},
		{"large", []float64{1e300, 1e300, -1e300}, []float64{0.5, 0.5, 0}, 1e300},
		{"exp would overflow", []float64{1000, 1000 - math.Log(3)}, []float64{0.75, 0.25}, 1000 + math.Log(4.0/3)},
		{"exp would vanish", []float64{-1000, -1000}, []float64{0.5, 0.5}, -1000 + math.Ln2},
		{"impossible", []float64{-infinite, 0}, []float64{0, 1}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			plain, logged := slices.Clone(tc.scores), slices.Clone(tc.scores)
			numeric.Softmax(plain)
			logSum := numeric.SoftmaxLogSum(logged)
			if !floats.EqualApprox(plain, tc.want, 1e-13) {
				t.Errorf("probabilities %v, want %v", plain, tc.want)
			}
			if !floats.Equal(plain, logged) {
				t.Errorf("Softmax gives %v, SoftmaxLogSum %v", plain, logged)
			}
			if math.Abs(logSum-tc.logSum) > 1e-15*max(1, math.Abs(tc.logSum)) {
				t.Errorf("the logarithm of the sum is %v, want %v", logSum, tc.logSum)
			}
		})
	}
}

func TestExponentials(t *testing.T) {
	scores := []float64{math.Log(2), 0, -infinite}
	if sum := numeric.Exponentials(scores, math.Log(2)); math.Abs(sum-1.5) > 1e-15 || !floats.EqualApprox(scores, []float64{1, 0.5, 0}, 1e-15) {
		t.Errorf("%v, which sum to %v", scores, sum)
	}
}

func TestVotes(t *testing.T) {
	got, err := numeric.Votes([]float64{2, 0, 1}, 3)
	if want := mat.NewDense(3, 3, []float64{0, 0, 1, 1, 0, 0, 0, 1, 0}); err != nil || !mat.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if none, err := numeric.Votes(nil, 3); err != nil || !none.IsEmpty() {
		t.Errorf("no rows: %v, %v", none, err)
	}
	for _, class := range []float64{-1, 3, 0.5, nan, infinite, -infinite} {
		t.Run(fmt.Sprint(class), func(t *testing.T) {
			if votes, err := numeric.Votes([]float64{0, class}, 3); err == nil {
				t.Errorf("no error, but %v", votes)
			}
		})
	}
	if _, err := numeric.Votes([]float64{0}, 0); err == nil {
		t.Error("no classes: no error")
	}
}

func TestMedian(t *testing.T) {
	const huge = math.MaxFloat64
	for _, tc := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7}, {[]float64{6, 1, 2}, 2}, {[]float64{6, 1, 2, 4}, 3}, {[]float64{huge, huge}, huge}, {[]float64{-infinite, 1, infinite}, 1},
	} {
		if got := numeric.Median(slices.Clone(tc.values)); got != tc.want {
			t.Errorf("%v: %v, want %v", tc.values, got, tc.want)
		}
	}
}
