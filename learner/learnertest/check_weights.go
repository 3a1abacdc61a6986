package learnertest

import (
	"math"
	"slices"

	"github.com/gochimera/chimera/registry"
)

var weightChecks = []check{
	{name: "row_weights", of: registry.Estimator, waived: samplesRows, run: rowWeights},
	{name: "fractional_weights", of: registry.Estimator, waived: samplesRows, run: fractionalWeights},
	{name: "unit_weights", of: registry.Estimator, waived: nonDeterministic, run: unitWeights},
	{name: "zero_weights", of: registry.Estimator, run: zeroWeights},
	{name: "zero_weight_rows_absent", of: registry.Estimator, waived: samplesRows, run: zeroWeightRowsAbsent},
}

func samplesRows(s *subject) string {
	if s.info.Traits.SamplesRows {
		return "trait samples_rows"
	}
	return nonDeterministic(s)
}

// rowWeights: a weight of k is the row k times.
func rowWeights(k *trial) {
	for _, t := range k.tasks() {
		d := weighted(t.train)
		var rows []int
		for i, w := range d.Weights {
			for range int(w) {
				rows = append(rows, i)
			}
		}
		repeated := t.train.Select(rows)
		want := k.ask(k.fitted(repeated), t.test.X).clone()
		k.none(want.leaves(k.ask(k.fitted(d), t.test.X)), "%s: rows repeated, then weighted", t.name)
	}
}

// fractionalWeights: a row is the same as three of it whose weights add up to
// its own. Every second row is cut so, into parts that are nothing if they are
// rounded. With the trait such weights are refused instead.
func fractionalWeights(k *trial) {
	for _, t := range k.tasks() {
		var rows []int
		var weights []float64
		for i := range t.train.Len() {
			if i%2 == 0 {
				rows, weights = append(rows, i), append(weights, 1)
				continue
			}
			rows, weights = append(rows, i, i, i), append(weights, 0.375, 0.25, 0.375)
		}
		d := t.train.Select(rows)
		d.Weights = weights
		if k.subject.info.Traits.WholeWeights {
			k.refuses([]named{{"fractional weights", d}})
			continue
		}
		want := k.ask(k.fitted(t.train), t.test.X).clone()
		k.none(want.leaves(k.ask(k.fitted(d), t.test.X)), "%s: every second row cut into three", t.name)
	}
}

// unitWeights: no weights means a weight of 1 each, to the bit: multiplying
// by 1 is exact.
func unitWeights(k *trial) {
	for _, t := range k.tasks() {
		want := k.ask(k.fitted(t.train), t.test.X).clone()
		ones := t.train
		ones.Weights = slices.Repeat([]float64{1}, t.train.Len())
		k.none(want.differs(k.ask(k.fitted(ones), t.test.X)), "%s: no weights, then weights of 1", t.name)
	}
}

// zeroWeights: rows that weigh nothing teach nothing, whatever the learner
// draws at random.
func zeroWeights(k *trial) {
	t := k.main()
	d := cloneData(t.train)
	d.Weights = slices.Repeat([]float64{1}, d.Len())
	for i := range d.Len() {
		if d.Classes == nil && i%3 == 0 {
			d.Weights[i] = 0
			if d.Y != nil {
				d.Y[i] = 1e9
			}
		}
		if d.Classes != nil && d.Y[i] == 0 {
			d.Weights[i] = 0
		}
	}
	a := k.sensible(k.fitted(d), d, d.X, "some rows weigh 0")
	if d.Classes != nil {
		k.check(!slices.Contains(a.predicted, 0), "all rows of class 0 weigh 0, yet it is predicted")
	}
}

// zeroWeightRowsAbsent: leaving such rows out changes nothing, however far
// off they are.
func zeroWeightRowsAbsent(k *trial) {
	for _, t := range k.tasks() {
		d := cloneData(t.train)
		d.Weights = slices.Repeat([]float64{2}, d.Len())
		var kept []int
		for i := range d.Len() {
			if i%4 != 3 {
				kept = append(kept, i)
				continue
			}
			d.Weights[i] = 0
			for j, v := range d.X.RawRowView(i) {
				d.X.Set(i, j, 1000*math.Abs(v)+50)
			}
		}
		without := d.Select(kept)
		want := k.ask(k.fitted(without), t.test.X).clone()
		k.none(want.leaves(k.ask(k.fitted(d), t.test.X)), "%s: rows of weight 0 left out, then put back", t.name)
	}
}
