package penalty_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/penalty"
)

// Two penalised blocks around one that is not.
var blocks = []learner.Block{
	{Name: "coef", Shape: []int{2, 2}, Penalised: true}, {Name: "intercept", Shape: []int{2}}, {Name: "more", Shape: []int{1}, Penalised: true},
}

var all = []penalty.Penalty{
	{Kind: penalty.None, Alpha: 3},
	{Kind: penalty.L2, Alpha: 0.5},
	{Kind: penalty.L1, Alpha: 0.5},
	{Kind: penalty.ElasticNet, Alpha: 2, L1Ratio: 0.25},
	{Kind: penalty.ElasticNet, Alpha: 2, L1Ratio: 1},
}

func TestValue(t *testing.T) {
	params := []float64{1, -2, 0, 3, 100, -100, 2} // sum of sizes 8, of squares 18
	for i, want := range []float64{0, 4.5, 4, 0.5*8 + 1.5*9, 16} {
		p := all[i]
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			if got := p.Value(params, blocks); math.Abs(got-want) > 1e-14 {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// AddGradient is the slope of what Value has beyond the absolute values.
func TestAddGradient(t *testing.T) {
	params := []float64{1, -2, 0, 3, 100, -100, 2}
	for _, p := range all {
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			smooth := func(q []float64) float64 {
				v := p.Value(q, blocks)
				half := make([]float64, len(q)) // Value(2q) - 2 Value(q) has the squares only
				for i := range q {
					half[i] = 2 * q[i]
				}
				return (p.Value(half, blocks) - 2*v) / 2
			}
			grad := slices.Repeat([]float64{7}, len(params))
			p.AddGradient(params, blocks, grad)
			const h = 1e-5
			for i := range params {
				up, down := slices.Clone(params), slices.Clone(params)
				up[i] += h
				down[i] -= h
				if want := 7 + (smooth(up)-smooth(down))/(2*h); math.Abs(grad[i]-want) > 1e-7 {
					t.Errorf("parameter %d: %v, slope %v", i, grad[i], want)
				}
			}
		})
	}
}

// Prox(w) is the minimum over z of (z-w)^2/2 + rate l1 |z|; a grid finds it.
func TestProx(t *testing.T) {
	const rate = 0.5
	for _, p := range all {
		l1 := p.Value([]float64{1, 0, 0, 0, 0, 0, 0}, blocks) - squares(p)
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			for w := -2.0; w <= 2; w += 0.125 {
				best, at := math.Inf(1), 0.0
				for z := -3.0; z <= 3; z += 0.015625 {
					if v := (z-w)*(z-w)/2 + rate*l1*math.Abs(z); v < best {
						best, at = v, z
					}
				}
				params := []float64{w, 0, -w, 0, w, w, w}
				p.Prox(params, blocks, rate)
				for i, want := range []float64{at, 0, -at, 0, w, w, at} {
					if math.Abs(params[i]-want) > 1e-12 {
						t.Errorf("w %v: parameter %d is %v, want %v", w, i, params[i], want)
					}
				}
			}
		})
	}
}

// squares is the factor of w^2 in p.
func squares(p penalty.Penalty) float64 {
	at := func(w float64) float64 { return p.Value([]float64{w, 0, 0, 0, 0, 0, 0}, blocks) }
	return at(2)/2 - at(1)
}

// On a scale a penalty is that of the parameters divided by it, feature by feature, and a step of an implicit
// one is the minimum of (z-w)^2/2 + rate penalty(z): nothing near is lower.
func TestScaleAndImplicit(t *testing.T) {
	const rate = 3 // far beyond what explicit steps could take
	params := []float64{1, -2, 0.1, 3, 100, -100, 2}
	for _, p := range all {
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			scaled := p
			scaled.Scale, scaled.Implicit = []float64{0.5, 4}, true
			if got, want := scaled.Value(params, blocks), p.Value([]float64{2, -0.5, 0.2, 0.75, 100, -100, 4}, blocks); math.Abs(got-want) > 1e-12 {
				t.Errorf("value %v, want %v", got, want)
			}
			cost := func(z []float64) float64 {
				sum := rate * scaled.Value(z, blocks)
				for i := range z {
					sum += (z[i] - params[i]) * (z[i] - params[i]) / 2
				}
				return sum
			}
			z := slices.Clone(params)
			scaled.Prox(z, blocks, rate)
			least := cost(z)
			for i := range z {
				for _, by := range []float64{-1e-4, 1e-4} {
					near := slices.Clone(z)
					if near[i] += by; cost(near) < least {
						t.Errorf("parameter %d: %v is lower than %v", i, near[i], z[i])
					}
				}
			}
			grad := make([]float64, len(z)) // of the first term of cost, per rate: with the penalty's it is 0 there
			for i := range z {
				grad[i] = (z[i] - params[i]) / rate
			}
			scaled.AddGradient(z, blocks, grad)
			scaled.Subgradient(z, blocks, grad)
			for i, g := range grad {
				if math.Abs(g) > 1e-12 {
					t.Errorf("parameter %d: the smallest subgradient is %v", i, g)
				}
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for _, p := range all {
		if err := p.Check(); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for want, p := range map[string]penalty.Penalty{
		"penalty":  {Kind: "L2"},
		"alpha":    {Kind: penalty.L1, Alpha: math.NaN()},
		"l1_ratio": {Kind: penalty.ElasticNet, L1Ratio: 1.5},
	} {
		var bad *learner.ParamError
		if err := p.Check(); !errors.As(err, &bad) || bad.Param != want {
			t.Errorf("%+v: got error %v, want one about %s", p, err, want)
		}
	}
}

// One proximal step on (w-3)^2/2 + |w| from w = 0.4, with rate 0.5.
func ExamplePenalty_Prox() {
	p := penalty.Penalty{Kind: penalty.L1, Alpha: 1}
	blocks := []learner.Block{{Name: "coef", Shape: []int{1}, Penalised: true}}
	w := []float64{0.4}
	w[0] -= 0.5 * (w[0] - 3)
	p.Prox(w, blocks, 0.5)
	fmt.Printf("%.2f\n", w[0])
	// Output: 1.20
}
