package learnertest

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// What learners of tasks without targets answer.
var unsupervisedChecks = []check{
	{name: "targets_are_not_looked_at", of: registry.Estimator, waived: supervised, run: targetsAreNotLookedAt},
	{name: "clusters", of: registry.Clusters, run: clusters},
	{name: "transform", of: registry.Transformer, run: transform},
}

// unsupervised waives what is about targets.
func unsupervised(s *subject) string {
	if s.info.Task.Supervised() {
		return ""
	}
	return "no targets"
}

func supervised(s *subject) string {
	if s.info.Task.Supervised() {
		return "it learns targets"
	}
	return nonDeterministic(s)
}

// targetsAreNotLookedAt: where there is nothing to learn of targets, they change no bit, whatever they are.
func targetsAreNotLookedAt(k *trial) {
	t := k.main()
	want := k.ask(k.fitted(t.train), t.test.X).clone()
	labelled := k.labelled(k.subject.rows, width, groups, 1)
	k.none(want.differs(k.ask(k.fitted(labelled), t.test.X)), "rows with classes beside them")
	numbers := cloneData(t.train)
	numbers.Y = slices.Repeat([]float64{math.NaN(), 1e300, -2}, numbers.Len()/3+1)[:numbers.Len()]
	k.none(want.differs(k.ask(k.fitted(numbers), t.test.X)), "rows with numbers beside them")
}

// clusters: their number is 0 before Fit, and then one of which Predict answers the indices, for rows far away too.
func clusters(k *trial) {
	k.check(k.model().(learner.Clusterer).Clusters() == 0, "clusters before Fit")
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		n := m.(learner.Clusterer).Clusters()
		k.check(n > 0, "%s: %d clusters after Fit", t.name, n)
		k.indices(k.ask(m, t.test.X), n, t.name)
		var far mat.Dense
		far.Scale(1e9, t.test.X)
		k.indices(k.ask(m, &far), n, t.name+", rows far away")
		k.check(n <= t.train.Len(), "%s: %d clusters of %d rows", t.name, n, t.train.Len())
		if d, ok := m.(learner.Denser); ok {
			density, err := d.LogDensity(context.Background(), &far)
			k.check(err == nil && len(density) == t.test.Len() && numeric.AllFinite(density), "%s: the density of rows far away is %v, %v", t.name, density, err)
		}
		if c, ok := m.(learner.Centered); ok {
			rows, cols := c.Centers().Dims()
			_, features := t.train.X.Dims()
			k.check(rows == n && cols == features, "%s: centers are %d x %d, of %d clusters and %d features", t.name, rows, cols, n, features)
			weights := c.ClusterWeights()
			k.check(len(weights) == n && slices.Min(weights) >= 0, "%s: the weights of %d clusters are %v", t.name, n, weights)
			k.check(math.Abs(floats.Sum(weights)-totalWeight(t.train)) <= 1e-6*totalWeight(t.train), "%s: the weights %v are not those of all rows", t.name, weights)
		}
	}
}

// transform: rows x outputs finite numbers, as many for any rows, of which Predict answers the first.
func transform(k *trial) {
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		a := k.ask(m, t.test.X)
		k.components(a, t.name)
		one := k.ask(m, rowsOf(t.test.X, 0))
		_, want := a.transformed.Dims()
		k.back(m, t, a.transformed)
		_, got := one.transformed.Dims()
		k.check(got == want, "%s: Transform answers %d numbers for a row, and %d for each of several", t.name, got, want)
	}
}

// back: what an Inverter makes of components has the same components again, and shares of the variance are shares.
func (k *trial) back(m learner.Estimator, t task, z *mat.Dense) {
	if v, ok := m.(learner.VarianceExplainer); ok {
		_, outputs := z.Dims()
		ratios := v.ExplainedVarianceRatio()
		k.check(len(ratios) == outputs && slices.Min(ratios) >= 0 && floats.Sum(ratios) <= 1+1e-9, "%s: the explained variance is %v", t.name, ratios)
	}
	inverter, ok := m.(learner.Inverter)
	if !ok {
		return
	}
	x, err := inverter.InverseTransform(context.Background(), z)
	k.must(err == nil, "%s: InverseTransform: %v", t.name, err)
	again := k.ask(m, x)
	k.check(mat.EqualApprox(again.transformed, z, 1e-6), "%s: rows that InverseTransform makes have other components", t.name)
}

// totalWeight is the weight of all rows.
func totalWeight(d learner.Dataset) float64 {
	var sum float64
	for i := range d.Len() {
		sum += d.Weight(i)
	}
	return sum
}
