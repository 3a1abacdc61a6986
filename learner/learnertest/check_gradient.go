package learnertest

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

var gradientChecks = []check{
	{name: "gradient_is_the_slope", of: registry.Differentiable, run: gradientIsTheSlope},
	{name: "gradient_adds_over_rows", of: registry.Differentiable, run: gradientAddsOverRows},
	{name: "gradient_weights", of: registry.Differentiable, run: gradientWeights},
	{name: "gradient_pure", of: registry.Differentiable, run: gradientPure},
	{name: "gradient_refused", of: registry.Differentiable, run: gradientRefused},
}

// at is the step at which gradients are asked for.
var at = learner.Step{Seed: 11, Epoch: 2, Index: 17}

// batch is a small weighted batch.
func (k *trial) batch(t task) learner.Dataset {
	d := t.train.Select(upTo(24))
	d.Weights = make([]float64, d.Len())
	for i := range d.Weights {
		d.Weights[i] = []float64{1, 2, 0.5, 1}[i%4]
	}
	if k.subject.info.Traits.WholeWeights {
		d.Weights = nil
	}
	return d
}

// gradient asks for a gradient, which must succeed. The space it is written
// to is not clean: Gradient writes, it does not add.
func (k *trial) gradient(m learner.Differentiable, d learner.Dataset) (g []float64, loss, weight float64) {
	k.Helper()
	g = slices.Repeat([]float64{123}, len(m.Parameters()))
	loss, weight, err := m.Gradient(context.Background(), at, d, g)
	k.must(err == nil, "Gradient: %v", err)
	return g, loss, weight
}

// points are parameter vectors to look at gradients from.
func (k *trial) points(m learner.Differentiable) [][]float64 {
	p := m.Parameters()
	return [][]float64{nearby(p, 0.05, 4), nearby(p, 0.3, 5), nearby(p, 1, 6)}
}

// Central differences are compared for at most this many parameters per point.
const slopesPerPoint = 120

// gradientIsTheSlope: the gradient equals central differences of the loss to
// 1e-6 relative at three points. A coordinate may be skipped where the loss
// has a kink; at most 1 % may.
func gradientIsTheSlope(k *trial) {
	compared, kinks := 0, 0
	for _, t := range k.tasks() {
		m, _ := k.differentiable(t.train.Schema)
		batch := k.batch(t)
		for _, p := range k.points(m) {
			loss := func(q []float64) float64 {
				k.Helper()
				k.must(m.SetParameters(q) == nil, "SetParameters is refused")
				_, sum, _ := k.gradient(m, batch)
				return sum
			}
			loss(p)
			g, _, _ := k.gradient(m, batch)
			c, s := k.slopes(t.name, loss, p, g, places(len(p)))
			compared, kinks = compared+c, kinks+s
		}
	}
	k.check(100*kinks <= compared, "%d of %d slopes are at kinks; at most 1 %% may be", kinks, compared)
}

// slopes compares g with central differences of f at p, in the given
// coordinates, and returns how many it compared and how many were kinks.
func (k *trial) slopes(what string, f func([]float64) float64, p, g []float64, coordinates []int) (compared, kinks int) {
	k.Helper()
	scale := 0.0
	for _, v := range g {
		scale = max(scale, math.Abs(v))
	}
	if len(coordinates) > slopesPerPoint {
		every := (len(coordinates) + slopesPerPoint - 1) / slopesPerPoint
		var some []int
		for i := 0; i < len(coordinates); i += every {
			some = append(some, coordinates[i])
		}
		coordinates = some
	}
	q := slices.Clone(p)
	middle := f(p)
	for _, i := range coordinates {
		side := func(h float64) float64 {
			q[i] = p[i] + h
			v := f(q)
			q[i] = p[i]
			return v
		}
		compared++
		closest := math.Inf(1)
		var bends [2]float64 // how much the slope differs to the left and to the right
		for n, h := range []float64{1e-5, 1e-6, 1e-4} {
			h *= max(1, math.Abs(p[i]))
			up, down := side(h), side(-h)
			slope := (up - down) / (2 * h)
			if n < 2 {
				bends[n] = math.Abs((up-middle)/h - (middle-down)/h)
			}
			// A slope of nearly nothing is only as exact as the loss is.
			unit := max(math.Abs(slope), math.Abs(g[i]), 0.01*scale, 1e-3)
			if miss := math.Abs(slope-g[i]) / unit; miss < closest {
				closest = miss
			}
			if closest <= 1e-6 {
				break
			}
		}
		if closest <= 1e-6 {
			continue
		}
		// Where the loss is smooth the bend shrinks tenfold with the step; at
		// a kink it stays.
		if bends[1] > 0.3*bends[0] && bends[0] > 1e-3*max(scale, 1e-3) {
			kinks++
			continue
		}
		k.check(false, "%s: parameter %d of %d: the gradient is %v, off from the slope by %.2g of it", what, i, len(p), g[i], closest)
		return compared, kinks
	}
	k.asserted += compared
	return compared, kinks
}

// gradientAddsOverRows: the gradient of a batch is the sum of its parts', so
// that workers with parts of the rows make up the whole.
func gradientAddsOverRows(k *trial) {
	for _, t := range k.tasks() {
		m, _ := k.differentiable(t.train.Schema)
		batch := k.batch(t)
		for _, p := range k.points(m) {
			k.must(m.SetParameters(p) == nil, "SetParameters is refused")
			whole, loss, weight := k.gradient(m, batch)
			sum := make([]float64, len(whole))
			var lossSum, weightSum float64
			for _, part := range [][]int{upTo(24)[:7], upTo(24)[7:8], upTo(24)[8:]} {
				g, l, w := k.gradient(m, batch.Select(part))
				for i := range sum {
					sum[i] += g[i]
				}
				lossSum, weightSum = lossSum+l, weightSum+w
			}
			k.none(apart(whole, sum, 1e-9), "%s: the gradient of a batch, then the sum over its parts", t.name)
			k.none(apart([]float64{loss}, []float64{lossSum}, 1e-9), "%s: the loss of a batch, then the sum over its parts", t.name)
			k.check(loss >= 0 || !k.subject.info.Traits.NonNegativeLoss, "%s: the loss is %v, against the trait non_negative_loss", t.name, loss)
			k.none(apart([]float64{weight}, []float64{weightSum}, 1e-12), "%s: the weight of a batch, then the sum over its parts", t.name)
		}
	}
}

// apart describes the first value of b that is further than rel from a's,
// relative to the largest of a; "" if none is.
func apart(a, b []float64, rel float64) string {
	scale := 0.0
	for _, v := range a {
		scale = max(scale, math.Abs(v))
	}
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= rel*max(scale, 1e-300)) {
			return bitsDiffer(a[i:i+1], b[i:i+1])
		}
	}
	return ""
}

// gradientWeights: a row's loss and gradient count by its weight.
func gradientWeights(k *trial) {
	for _, t := range k.tasks() {
		m, _ := k.differentiable(t.train.Schema)
		k.must(m.SetParameters(nearby(m.Parameters(), 0.3, 7)) == nil, "SetParameters is refused")
		plain := t.train.Select(upTo(6))
		heavy := plain
		heavy.Weights = []float64{3, 1, 0, 2, 1, 1}
		repeated := plain.Select([]int{0, 0, 0, 1, 3, 3, 4, 5})
		want, loss, weight := k.gradient(m, repeated)
		got, l, w := k.gradient(m, heavy)
		k.none(apart(want, got, 1e-9), "%s: the gradient of repeated rows, then of weighted ones", t.name)
		k.none(apart([]float64{loss}, []float64{l}, 1e-9), "%s: the loss of repeated rows, then of weighted ones", t.name)
		k.check(weight == 8 && w == 8, "%s: the weights of 8 rows sum to %v, as weights to %v", t.name, weight, w)
	}
}

// gradientPure: the gradient depends on the parameters, the step and the
// batch alone, and changes none of them.
func gradientPure(k *trial) {
	for _, t := range k.tasks() {
		m, _ := k.differentiable(t.train.Schema)
		p := nearby(m.Parameters(), 0.3, 8)
		k.must(m.SetParameters(p) == nil, "SetParameters is refused")
		batch := k.batch(t)
		given := cloneData(batch)
		want, loss, _ := k.gradient(m, given)
		k.none(dataDiffers(batch, given), "%s: Gradient changed its batch", t.name)
		k.none(bitsDiffer(p, m.Parameters()), "%s: Gradient changed the parameters", t.name)
		k.check(numeric.IsFinite(loss) && numeric.AllFinite(want), "%s: the loss %v or a gradient is not finite", t.name, loss)

		k.gradient(m, t.test)
		got, again, _ := k.gradient(m, given)
		k.none(bitsDiffer(want, got), "%s: the gradient after another batch's", t.name)
		k.check(again == loss, "%s: the loss was %v, after another batch's %v", t.name, loss, again)

		view := given
		view.X = padded(given.X)
		got, _, _ = k.gradient(m, view)
		k.none(bitsDiffer(want, got), "%s: the gradient on a view of a larger matrix", t.name)

		other := k.make(learner.Env{Seed: seed + 5, Procs: 3}).(learner.Differentiable)
		k.initialise(other, t.train.Schema)
		passed := slices.Clone(p)
		k.must(other.SetParameters(passed) == nil, "SetParameters is refused")
		clear(passed) // a worker receives the next parameters in the same memory
		got, _, _ = k.gradient(other, given)
		k.none(bitsDiffer(want, got), "%s: the gradient of a model with another seed and more threads, but the same parameters", t.name)
	}
}

// gradientRefused: a batch that is no data, a space of the wrong size, a model
// without parameters, a context that has ended.
func gradientRefused(k *trial) {
	t := k.main()
	_, _, err := k.model().(learner.Differentiable).Gradient(context.Background(), at, t.train, make([]float64, 3))
	k.check(err != nil, "Gradient before Init: no error")
	m, _ := k.differentiable(t.train.Schema)
	p := m.Parameters()
	k.must(m.SetParameters(p) == nil, "SetParameters is refused")
	for _, size := range []int{0, len(p) - 1, len(p) + 1} {
		_, _, err := m.Gradient(context.Background(), at, t.train, make([]float64, size))
		k.check(err != nil, "Gradient into %d values for %d parameters: no error", size, len(p))
	}
	narrow, missing, y := t.train, cloneData(t.train), withTarget(t.train, 3, math.NaN())
	narrow.X, narrow.Features = narrower(t.train.X), nil
	missing.X.Set(2, 1, math.Inf(1))
	for _, b := range []named{
		{"no rows", learner.Dataset{Schema: t.train.Schema}}, {"narrower rows", narrow}, {"an infinite value", missing}, {"a target of NaN", y},
	} {
		_, _, err := m.Gradient(context.Background(), at, b.data, make([]float64, len(p)))
		k.refused(err, "Gradient with "+b.what)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err = m.Gradient(ctx, at, t.train, make([]float64, len(p)))
	k.check(errors.Is(err, context.Canceled), "Gradient with a cancelled context: got error %v, want context.Canceled", err)
}
