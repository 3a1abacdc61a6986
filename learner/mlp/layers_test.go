package mlp_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/learner/mlp/layertest"
	"github.com/gochimera/chimera/learner/numeric"
)

// must is for layers whose arguments are right.
func must(t *testing.T, l mlp.Layer, err error) mlp.Layer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLayers(t *testing.T) {
	layers := map[string]mlp.Layer{
		"dense":       mlp.Dense{In: 5, Out: 3},
		"dense he":    mlp.Dense{In: 3, Out: 17, Start: mlp.He},
		"layer norm":  mlp.LayerNorm{Size: 6},
		"one to norm": mlp.LayerNorm{Size: 1},
	}
	for _, name := range []string{mlp.ReLU, mlp.Tanh, mlp.Logistic, mlp.GELU, mlp.Identity} {
		l, err := mlp.NewActivation(name, 9)
		layers[name] = must(t, l, err)
	}
	for _, rate := range []float64{0, 0.4} {
		l, err := mlp.NewDropout(rate, 9)
		layers[fmt.Sprintf("dropout %v", rate)] = must(t, l, err)
	}
	for name, l := range layers {
		t.Run(name, func(t *testing.T) { layertest.Run(t, l) })
	}
}

// forward sends one row through a layer.
func forward(l mlp.Layer, params, x []float64) []float64 {
	s := l.Spec()
	p := &mlp.Pass{X: mat.NewDense(1, s.In, x), Out: mat.NewDense(1, s.Out, nil)}
	l.Forward(p, params)
	return p.Out.RawRowView(0)
}

func near(a, b []float64, tolerance float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= tolerance })
}

func TestActivationValues(t *testing.T) {
	x := []float64{-2, -1, 0, 1, 2}
	for name, want := range map[string][]float64{
		mlp.ReLU:     {0, 0, 0, 1, 2},
		mlp.Tanh:     {-0.964027580075817, -0.761594155955765, 0, 0.761594155955765, 0.964027580075817},
		mlp.Logistic: {0.119202922022118, 0.268941421369995, 0.5, 0.731058578630005, 0.880797077977882},
		// x times the table of the normal distribution: 0.977249868, 0.841344746
		mlp.GELU:     {-0.0455002638963584, -0.158655253931457, 0, 0.841344746068543, 1.95449973610364},
		mlp.Identity: {-2, -1, 0, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := mlp.NewActivation(name, len(x))
			if got := forward(must(t, l, err), nil, x); !near(got, want, 1e-14) {
				t.Errorf("%v of %v, want %v", got, x, want)
			}
			far := forward(l, nil, []float64{-1e300, -800, 0, 800, 1e300})
			if !numeric.AllFinite(far) {
				t.Errorf("far away: %v", far)
			}
		})
	}
	if _, err := mlp.NewActivation("swish", 3); err == nil {
		t.Error("an unknown activation: no error")
	}
}

// TestDenseByHand: (1, 2) times ((1, 2, 3), (4, 5, 6)), plus (0.5, 0, -0.5).
func TestDenseByHand(t *testing.T) {
	got := forward(mlp.Dense{In: 2, Out: 3}, []float64{1, 2, 3, 4, 5, 6, 0.5, 0, -0.5}, []float64{1, 2})
	if want := []float64{9.5, 12, 14.5}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestInitialisation: coefficients and intercepts fill the range that the
// authors name.
func TestInitialisation(t *testing.T) {
	for _, tc := range []struct {
		start mlp.Initialisation
		bound float64
	}{{"", math.Sqrt(6.0 / 300)}, {mlp.Glorot, math.Sqrt(6.0 / 300)}, {mlp.He, math.Sqrt(6.0 / 100)}, {mlp.GlorotLogistic, math.Sqrt(2.0 / 300)}} {
		t.Run(string(tc.start), func(t *testing.T) {
			l := mlp.Dense{In: 100, Out: 200, Start: tc.start}
			p := make([]float64, l.Spec().Parameters())
			l.Init(3, p)
			coef, intercept := p[:20000], p[20000:]
			var sum, squares float64
			for _, v := range coef {
				sum, squares = sum+v, squares+v*v
			}
			low, high := slices.Min(coef), slices.Max(coef)
			// Of 20,000 uniform numbers the largest is within 0.1 % of the bound but once
			// in 2e4; the mean has a standard deviation of bound / sqrt(3 n).
			if low < -tc.bound || high > tc.bound || -low < 0.999*tc.bound || high < 0.999*tc.bound {
				t.Errorf("coefficients from %v to %v, want +-%v", low, high, tc.bound)
			}
			if mean := sum / 20000; math.Abs(mean) > 4*tc.bound/math.Sqrt(60000) {
				t.Errorf("the mean is %v", mean)
			}
			if variance := squares / 20000; math.Abs(variance/(tc.bound*tc.bound/3)-1) > 0.03 {
				t.Errorf("the variance is %v, want %v", variance, tc.bound*tc.bound/3)
			}
			// Of 200 the largest is within 5 % of the bound but once in 3e4.
			if low, high := slices.Min(intercept), slices.Max(intercept); low < -tc.bound || high > tc.bound || -low < 0.95*tc.bound || high < 0.95*tc.bound {
				t.Errorf("intercepts from %v to %v, want +-%v", low, high, tc.bound)
			}
		})
	}
}

// TestLayerNormByHand: (1, 2, 3, 6) has mean 3 and variance 3.5.
func TestLayerNormByHand(t *testing.T) {
	d := math.Sqrt(3.5 + 1e-5)
	got := forward(mlp.LayerNorm{Size: 4}, []float64{1, 1, 2, 1, 0, 0, 0, 10}, []float64{1, 2, 3, 6})
	if want := []float64{-2 / d, -1 / d, 0, 10 + 3/d}; !near(got, want, 1e-14) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := forward(mlp.LayerNorm{Size: 2}, []float64{1, 1, 5, 6}, []float64{7, 7}); !slices.Equal(got, []float64{5, 6}) {
		t.Errorf("a constant row gives %v, want the bias", got)
	}
}

// dropped is which units of some rows a dropout layer leaves out.
func dropped(l mlp.Layer, seed uint64, ids []uint64) [][]bool {
	size := l.Spec().In
	ones := slices.Repeat([]float64{1}, len(ids)*size)
	p := &mlp.Pass{Train: true, Seed: seed, Rows: ids, X: mat.NewDense(len(ids), size, ones), Out: mat.NewDense(len(ids), size, nil)}
	l.Forward(p, nil)
	all := make([][]bool, len(ids))
	for i := range ids {
		for _, v := range p.Out.RawRowView(i) {
			all[i] = append(all[i], v == 0)
		}
	}
	return all
}

func TestDropout(t *testing.T) {
	const rate, size, count = 0.3, 50, 400
	l, err := mlp.NewDropout(rate, size)
	l = must(t, l, err)
	ids := make([]uint64, count)
	for i := range ids {
		ids[i] = uint64(i * i)
	}
	all := dropped(l, 1, ids)

	t.Run("share", func(t *testing.T) {
		n := 0
		for _, row := range all {
			for _, d := range row {
				if d {
					n++
				}
			}
		}
		share, deviation := float64(n)/(size*count), math.Sqrt(rate*(1-rate)/(size*count))
		if math.Abs(share-rate) > 4*deviation {
			t.Errorf("%v of the values are dropped, want %v +- %v", share, rate, 4*deviation)
		}
	})
	t.Run("independent", func(t *testing.T) {
		// Neighbours along a row, along a column and from seed to seed agree by
		// chance, in a share of rate^2 + (1-rate)^2.
		next := dropped(l, 2, ids)
		for name, other := range map[string]func(i, j int) bool{
			"unit": func(i, j int) bool { return all[i][(j+1)%size] },
			"row":  func(i, j int) bool { return all[(i+1)%count][j] },
			"seed": func(i, j int) bool { return next[i][j] },
		} {
			n := 0
			for i := range all {
				for j := range all[i] {
					if all[i][j] == other(i, j) {
						n++
					}
				}
			}
			want := rate*rate + (1-rate)*(1-rate)
			share, deviation := float64(n)/(size*count), math.Sqrt(want*(1-want)/(size*count))
			if math.Abs(share-want) > 4*deviation {
				t.Errorf("next %s: %v agree, want %v +- %v", name, share, want, 4*deviation)
			}
		}
	})
	t.Run("batch does not matter", func(t *testing.T) {
		some := dropped(l, 1, []uint64{ids[30], ids[7], ids[30]})
		if !slices.Equal(some[0], all[30]) || !slices.Equal(some[1], all[7]) || !slices.Equal(some[2], all[30]) {
			t.Error("a row drops other units in another batch")
		}
	})
	t.Run("scale", func(t *testing.T) {
		x := mat.NewDense(1, size, slices.Repeat([]float64{2}, size))
		p := &mlp.Pass{Train: true, Rows: []uint64{4}, X: x, Out: mat.NewDense(1, size, nil)}
		l.Forward(p, nil)
		for j, v := range p.Out.RawRowView(0) {
			if v != 0 && math.Abs(v-2/(1-rate)) > 1e-15 {
				t.Errorf("unit %d: 2 becomes %v, want 0 or %v", j, v, 2/(1-rate))
			}
		}
	})
	t.Run("prediction", func(t *testing.T) {
		x := []float64{3, -1}
		two, err := mlp.NewDropout(rate, 2)
		if got := forward(must(t, two, err), nil, x); !slices.Equal(got, x) {
			t.Errorf("%v becomes %v, want no change", x, got)
		}
	})
	for _, bad := range []float64{-0.1, 1, math.NaN()} {
		if _, err := mlp.NewDropout(bad, 2); err == nil {
			t.Errorf("a rate of %v: no error", bad)
		}
	}
}

func TestUniform(t *testing.T) {
	p := &mlp.Pass{Seed: 3, Rows: []uint64{5, 6}}
	if p.Uniform(0, 1) != p.Uniform(0, 1) || p.Uniform(0, 1) == p.Uniform(1, 1) || p.Uniform(0, 1) == p.Uniform(0, 2) {
		t.Error("Uniform is a function of the seed, the row's id and the unit, and of each")
	}
	var mean float64
	for unit := range 10000 {
		u := p.Uniform(0, unit)
		if !(u >= 0 && u < 1) {
			t.Fatalf("%v is not in [0, 1)", u)
		}
		mean += u / 10000
	}
	if math.Abs(mean-0.5) > 4/math.Sqrt(12*10000) {
		t.Errorf("the mean is %v, want 0.5", mean)
	}
}
