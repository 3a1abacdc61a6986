package learnertest

import (
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var invarianceChecks = []check{
	{name: "subset_invariance", of: registry.Estimator, run: subsetInvariance},
	{name: "strided_input", of: registry.Estimator, run: stridedInput},
	{name: "row_ids", of: registry.Estimator, waived: nonDeterministic, run: rowIDs},
}

// subsetInvariance: a row's answer does not depend on the rows beside it, to
// the last bit, so that a master may split and join requests as it likes.
func subsetInvariance(k *trial) {
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		const n = 300 // more than one block of a blocked matrix product
		x := k.rows(n, width, len(t.train.Classes), 6).X
		all := k.ask(m, x).clone()
		same := func(rows []int, what string) bool {
			k.Helper()
			got := k.ask(m, rowsOf(x, rows...))
			for i, r := range rows {
				if d := all.row(r).differs(got.row(i)); d != "" {
					return k.check(false, "%s: %s: row %d of %d is answered differently: %s", t.name, what, r, n, d)
				}
			}
			return k.check(true, "")
		}
		for i := 0; i < n; i += 7 {
			if !same([]int{i}, "asked alone") {
				break
			}
		}
		same(upTo(n)[n-1:], "asked alone")
		same(upTo(n)[:3], "asked in threes")
		same(upTo(n)[100:167], "asked in part")
		backwards := upTo(n)
		slices.Reverse(backwards)
		same(backwards, "asked backwards")
		same([]int{5, 5, 5, 5, 5}, "asked five times")
	}
}

// stridedInput: a matrix may be a view into a larger one; what lies beside it
// is not data.
func stridedInput(k *trial) {
	for _, t := range k.tasks() {
		m := k.fitted(t.train)
		want := k.ask(m, t.test.X).clone()
		k.none(want.differs(k.ask(m, padded(t.test.X))), "%s: Predict on a view of a larger matrix", t.name)
		view := t.train
		view.X = padded(t.train.X)
		m = k.fitted(view)
		if k.subject.info.Traits.NonDeterministic {
			k.sensible(m, view, t.test.X, t.name+", fitted to a view of a larger matrix")
			continue
		}
		k.none(want.differs(k.ask(m, t.test.X)), "%s: Fit on a view of a larger matrix", t.name)
	}
}

// rowIDs: no row ids means 0, 1, 2, ...; no names means unnamed features.
func rowIDs(k *trial) {
	for _, t := range k.tasks() {
		counted, none := t.train, t.train
		counted.Rows = make([]uint64, t.train.Len())
		for i := range counted.Rows {
			counted.Rows[i] = uint64(i)
		}
		none.Rows = nil
		want := k.ask(k.fitted(counted), t.test.X).clone()
		k.none(want.differs(k.ask(k.fitted(none), t.test.X)), "%s: row ids left out", t.name)
		none.Schema = learner.Schema{Classes: t.train.Classes}
		k.none(want.differs(k.ask(k.fitted(none), t.test.X)), "%s: feature names left out", t.name)
	}
}
