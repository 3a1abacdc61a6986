package layertest

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/learner/numeric"
)

// Run holds a layer to the contract of mlp.Layer: its spec makes sense; Init
// depends on the seed alone; Forward and Backward fill what they should and
// change nothing else; a row's values depend on that row alone, to the last bit; Backward
// adds; and both gradients equal central differences to 1e-6 relative, in
// training and at parameters away from the initial ones.
func Run(tb testing.TB, l mlp.Layer) {
	tb.Helper()
	c := &check{TB: tb, layer: l, spec: l.Spec()}
	if !c.describes() {
		return
	}
	c.params = noise(c.spec.Parameters(), 1)
	initial := c.init(5)
	for i := range c.params {
		c.params[i] = initial[i] + 0.3*c.params[i]
	}
	c.x = mat.NewDense(rows, c.spec.In, noise(rows*c.spec.In, 2))
	c.dOut = mat.NewDense(rows, c.spec.Out, noise(rows*c.spec.Out, 3))
	for _, step := range []func() bool{c.begins, c.fills, c.adds, c.rowsAlone, c.parameterGradient, c.inputGradient} {
		if !step() {
			return // what comes next would only say it again
		}
	}
}

// rows is how many rows a layer is tried on.
const rows = 7

// check is one layer with something to try it on.
type check struct {
	testing.TB
	layer   mlp.Layer
	spec    mlp.Spec
	params  []float64
	x, dOut *mat.Dense
}

// noise is n numbers from the normal distribution; the same arguments give the
// same ones.
func noise(n int, stream uint64) []float64 {
	rng := learner.NewRand(learner.Seed(stream, "layertest"))
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

// ids are the row ids of the rows of x.
var ids = []uint64{100, 103, 106, 7, 1 << 40, 0, 101}

// nans is a matrix that nobody has written to.
func nans(r, c int) *mat.Dense {
	return mat.NewDense(r, c, slices.Repeat([]float64{math.NaN()}, r*c))
}

// pass prepares a pass of the given rows of x.
func (c *check) pass(x *mat.Dense, rowIDs []uint64, train bool) *mlp.Pass {
	n, _ := x.Dims()
	p := &mlp.Pass{Train: train, Seed: 11, Procs: 1, X: x, Out: nans(n, c.spec.Out)}
	if train {
		p.Rows = rowIDs
	}
	return p
}

// backward goes back with dOut, and returns the gradient by the parameters.
func (c *check) backward(p *mlp.Pass, dOut *mat.Dense) (grad []float64) {
	n, _ := p.X.Dims()
	p.DOut, p.DX = dOut, nans(n, c.spec.In)
	grad = make([]float64, len(c.params))
	c.layer.Backward(p, c.params, grad)
	return grad
}

func (c *check) fail(format string, args ...any) bool {
	c.Helper()
	c.Errorf("layer "+c.spec.Name+": "+format, args...)
	return false
}

func (c *check) describes() bool {
	c.Helper()
	s := c.spec
	if s.Name == "" || s.In < 1 || s.Out < 1 || !(s.Cost >= 0) {
		return c.fail("the spec has name %q, %d inputs, %d outputs, cost %v", s.Name, s.In, s.Out, s.Cost)
	}
	names := map[string]bool{}
	for _, b := range s.Blocks {
		if b.Name == "" || names[b.Name] || len(b.Shape) == 0 || slices.Min(b.Shape) < 1 {
			return c.fail("block %q of shape %v: a block has a name of its own and sizes of at least 1", b.Name, b.Shape)
		}
		names[b.Name] = true
	}
	return true
}

func (c *check) init(seed uint64) []float64 {
	p := make([]float64, c.spec.Parameters())
	c.layer.Init(seed, p)
	return p
}

func (c *check) begins() bool {
	c.Helper()
	for _, seed := range []uint64{0, 5} {
		first, second := c.init(seed), c.init(seed)
		if !slices.Equal(first, second) {
			return c.fail("Init with seed %d twice: other parameters", seed)
		}
		if i := numeric.FirstNotFinite(first); i >= 0 {
			return c.fail("Init with seed %d: parameter %d is %v", seed, i, first[i])
		}
	}
	return true
}

// fills: every element of Out and DX is written, all else is left alone, and
// DX may be nil.
func (c *check) fills() bool {
	c.Helper()
	params, x, dOut := slices.Clone(c.params), mat.DenseCopyOf(c.x), mat.DenseCopyOf(c.dOut)
	for _, train := range []bool{false, true} {
		p := c.pass(c.x, ids, train)
		c.layer.Forward(p, c.params)
		if i := slices.IndexFunc(p.Out.RawMatrix().Data, math.IsNaN); i >= 0 {
			return c.fail("Forward left element %d of Out as it was, or made it NaN", i)
		}
		if !train {
			continue
		}
		out := mat.DenseCopyOf(p.Out)
		grad := c.backward(p, c.dOut)
		if i := slices.IndexFunc(p.DX.RawMatrix().Data, math.IsNaN); i >= 0 {
			return c.fail("Backward left element %d of DX as it was, or made it NaN", i)
		}
		if !mat.Equal(out, p.Out) {
			return c.fail("Backward changed Out")
		}
		p.DX = nil
		again := make([]float64, len(grad))
		c.layer.Backward(p, c.params, again)
		if !slices.Equal(grad, again) {
			return c.fail("Backward without DX: another gradient by the parameters")
		}
	}
	if !slices.Equal(params, c.params) {
		return c.fail("the parameters were changed")
	}
	if !mat.Equal(x, c.x) || !mat.Equal(dOut, c.dOut) {
		return c.fail("X or DOut was changed")
	}
	return true
}

// adds: Backward adds to the gradient that is there.
func (c *check) adds() bool {
	c.Helper()
	p := c.pass(c.x, ids, true)
	c.layer.Forward(p, c.params)
	grad := c.backward(p, c.dOut)
	twice := slices.Clone(grad)
	c.layer.Backward(p, c.params, twice)
	for i, g := range grad {
		if math.Abs(twice[i]-2*g) > 1e-12*max(1, math.Abs(g)) {
			return c.fail("Backward must add to the gradient: parameter %d has %v after one pass, %v after two", i, g, twice[i])
		}
	}
	return true
}

// rowsAlone: a row by itself is computed as among the others.
func (c *check) rowsAlone() bool {
	c.Helper()
	for _, train := range []bool{false, true} {
		whole := c.pass(c.x, ids, train)
		c.layer.Forward(whole, c.params)
		if train {
			c.backward(whole, c.dOut)
		}
		for i := range rows {
			part := c.pass(c.x.Slice(i, i+1, 0, c.spec.In).(*mat.Dense), ids[i:i+1], train)
			c.layer.Forward(part, c.params)
			if !slices.Equal(part.Out.RawRowView(0), whole.Out.RawRowView(i)) {
				return c.fail("row %d alone has the output %v, among others %v", i, part.Out.RawRowView(0), whole.Out.RawRowView(i))
			}
			if !train {
				continue
			}
			c.backward(part, c.dOut.Slice(i, i+1, 0, c.spec.Out).(*mat.Dense))
			if !slices.Equal(part.DX.RawRowView(0), whole.DX.RawRowView(i)) {
				return c.fail("row %d alone has the gradient by the input %v, among others %v", i, part.DX.RawRowView(0), whole.DX.RawRowView(i))
			}
		}
	}
	return true
}

// value is the sum of the outputs, each times its element of dOut: what
// Backward differentiates.
func (c *check) value(x *mat.Dense, params []float64) float64 {
	p := c.pass(x, ids, true)
	c.layer.Forward(p, params)
	var sum float64
	for i, v := range p.Out.RawMatrix().Data {
		sum += v * c.dOut.RawMatrix().Data[i]
	}
	return sum
}

func (c *check) gradients() (byParams, byInput []float64) {
	p := c.pass(c.x, ids, true)
	c.layer.Forward(p, c.params)
	byParams = c.backward(p, c.dOut)
	return byParams, p.DX.RawMatrix().Data
}

func (c *check) parameterGradient() bool {
	c.Helper()
	byParams, _ := c.gradients()
	return c.slopes("parameter", c.params, byParams, func(q []float64) float64 { return c.value(c.x, q) })
}

func (c *check) inputGradient() bool {
	c.Helper()
	_, byInput := c.gradients()
	return c.slopes("input", c.x.RawMatrix().Data, byInput, func(q []float64) float64 {
		return c.value(mat.NewDense(rows, c.spec.In, q), c.params)
	})
}

// slopes compares a gradient with central differences of f at p.
func (c *check) slopes(what string, p, gradient []float64, f func([]float64) float64) bool {
	c.Helper()
	scale := 0.0
	for _, g := range gradient {
		scale = max(scale, math.Abs(g))
	}
	q := slices.Clone(p)
	for i, g := range gradient {
		miss, slope := math.Inf(1), 0.0
		for _, h := range []float64{1e-5, 1e-4, 1e-6} {
			q[i] = p[i] + h
			up := f(q)
			q[i] = p[i] - h
			down := f(q)
			q[i] = p[i]
			s := (up - down) / (2 * h)
			// A slope of nearly nothing is only as exact as the values are.
			if m := math.Abs(s-g) / max(math.Abs(s), math.Abs(g), 0.01*scale, 1e-3); m < miss {
				miss, slope = m, s
			}
		}
		if !(miss <= 1e-6) {
			return c.fail("the gradient by %s %d is %v, the slope is %v", what, i, g, slope)
		}
	}
	return true
}
