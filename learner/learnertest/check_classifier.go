package learnertest

import (
	"math"
	"slices"

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
		k.distribution(k.ask(m, t.test.X), len(t.train.Classes), t.name)
		far := cloneData(t.test).X
		for _, scale := range []float64{1e3, 1e9} {
			far.Scale(scale, t.test.X)
			k.distribution(k.ask(m, far), len(t.train.Classes), t.name+", rows far away")
		}
		one := t.train.Select([]int{1})
		k.distribution(k.ask(k.fitted(one), t.test.X), len(t.train.Classes), t.name+", fitted to one row")
	}
}

// predictIsArgmax: the class predicted is the likeliest; among equals any.
func predictIsArgmax(k *trial) {
	for _, t := range k.tasks() {
		a := k.ask(k.fitted(t.train), t.test.X)
		rows, cols := a.proba.Dims()
		k.must(rows == len(a.predicted) && cols == len(t.train.Classes), "%s: PredictProba answers %d x %d", t.name, rows, cols)
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
