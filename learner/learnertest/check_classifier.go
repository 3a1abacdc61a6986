package learnertest

import (
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var classifierChecks = []check{
	{name: "probabilities", of: registry.Classifier, run: probabilities},
	{name: "predict_is_argmax", of: registry.Classifier, run: predictIsArgmax},
}

// probabilities: rows x classes, in [0,1], each row summing to 1, for rows
// like those seen and for rows far away.
func probabilities(k *trial) {
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		outcomes := outcomesOf(m, t.train)
		k.distribution(k.ask(m, t.test.X), outcomes, t.name)
		far := cloneData(t.test).X
		for _, scale := range []float64{1e3, 1e9} {
			far.Scale(scale, t.test.X)
			k.distribution(k.ask(m, far), outcomes, t.name+", rows far away")
		}
		one := t.train.Select([]int{1})
		m = k.fitted(one)
		k.distribution(k.ask(m, t.test.X), outcomesOf(m, one), t.name+", fitted to one row")
	}
}

// outcomesOf is how many classes, or clusters, there are to be sure of.
func outcomesOf(m learner.Estimator, d learner.Dataset) int {
	if c, ok := m.(learner.Clusterer); ok {
		return c.Clusters()
	}
	return len(d.Classes)
}

// predictIsArgmax: the class predicted is the likeliest; among equals any.
func predictIsArgmax(k *trial) {
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		a := k.ask(m, t.test.X)
		rows, cols := a.proba.Dims()
		k.must(rows == len(a.predicted) && cols == outcomesOf(m, t.train), "%s: PredictProba answers %d x %d", t.name, rows, cols)
		for i, p := range a.predicted {
			k.must(p == math.Trunc(p) && p >= 0 && p < float64(cols), "%s: row %d: class %v is predicted", t.name, i, p)
			row := a.proba.RawRowView(i)
			if best := slices.Max(row); row[int(p)] < best-1e-12 {
				k.check(false, "%s: row %d: class %v is predicted with probability %v, another has %v", t.name, i, p, row[int(p)], best)
				break
			}
		}
		k.asserted++
	}
}
