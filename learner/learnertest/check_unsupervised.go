package learnertest

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
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
		_, got := one.transformed.Dims()
		k.check(got == want, "%s: Transform answers %d numbers for a row, and %d for each of several", t.name, got, want)
	}
}
