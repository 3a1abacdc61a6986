package learnertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// trial is one check of one learner: it makes models, asserts and counts.
type trial struct {
	reporter
	subject  *subject
	asserted int
	failed   bool
}

// seed is the seed of every model that a check does not seed otherwise.
const seed = 20

// check asserts cond and goes on if it does not hold.
func (k *trial) check(cond bool, format string, args ...any) bool {
	k.Helper()
	k.asserted++
	if !cond {
		k.failed = true
		k.Errorf(format, args...)
	}
	return cond
}

// must asserts cond and ends the check if it does not hold.
func (k *trial) must(cond bool, format string, args ...any) {
	k.Helper()
	if !k.check(cond, format, args...) {
		k.FailNow()
	}
}

// none asserts that diff, a description of a difference, is empty.
func (k *trial) none(diff, format string, args ...any) {
	k.Helper()
	k.check(diff == "", "%s: %s", fmt.Sprintf(format, args...), diff)
}

// refused asserts that err is a *learner.DataError.
func (k *trial) refused(err error, what string) {
	k.Helper()
	var data *learner.DataError
	k.check(errors.As(err, &data), "%s: got error %v, want a *learner.DataError", what, err)
}

// make makes an unfitted model.
func (k *trial) make(env learner.Env) learner.Estimator {
	k.Helper()
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	m, err := k.subject.registry.New(k.subject.name, k.subject.params, env)
	k.must(err == nil, "cannot make the learner: %v", err)
	return m
}

// model makes an unfitted model with the usual seed.
func (k *trial) model() learner.Estimator {
	k.Helper()
	return k.make(learner.Env{Seed: seed, Procs: 1})
}

// fit fits m, which must succeed, and returns it.
func (k *trial) fit(m learner.Estimator, d learner.Dataset) learner.Estimator {
	k.Helper()
	err := m.Fit(context.Background(), d)
	k.must(err == nil, "Fit on %d rows: %v", d.Len(), err)
	return m
}

// fitted is a new model fitted to d.
func (k *trial) fitted(d learner.Dataset) learner.Estimator {
	k.Helper()
	return k.fit(k.model(), d)
}

// ask predicts for x, which must succeed, in every way the learner can.
func (k *trial) ask(m learner.Estimator, x *mat.Dense) answers {
	k.Helper()
	a, err := askOf(m, x)
	k.must(err == nil, "%v", err)
	rows, _ := x.Dims()
	k.must(len(a.predicted) == rows, "Predict answers %d values for %d rows", len(a.predicted), rows)
	return a
}

// kept asserts that m still answers as it did.
func (k *trial) kept(m learner.Estimator, x *mat.Dense, before answers, what string) {
	k.Helper()
	k.none(before.differs(k.ask(m, x)), "the old model did not survive %s", what)
}

// sensible asserts that m's answers for x are possible ones for a model fitted
// to d: finite, a class of the schema, or not wildly outside the targets seen.
// A linear model may leave the range of the targets, so that range is not the
// limit; three times its width or the size of the values around it is, and 1
// more for a learner that approaches a constant target step by step.
func (k *trial) sensible(m learner.Estimator, d learner.Dataset, x *mat.Dense, what string) answers {
	k.Helper()
	a := k.ask(m, x)
	switch k.subject.info.Task {
	case learner.Classification:
		k.indices(a, len(d.Classes), what)
		return a
	case learner.Clustering:
		k.indices(a, m.(learner.Clusterer).Clusters(), what)
		return a
	case learner.Decomposition:
		k.components(a, what)
		return a
	case learner.Regression: // below
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i, y := range d.Y {
		if d.Weight(i) > 0 {
			low, high = min(low, y), max(high, y)
		}
	}
	margin := 1 + 3*max(high-low, math.Abs(low), math.Abs(high))
	for i, p := range a.predicted {
		if !(p >= low-margin && p <= high+margin) {
			k.check(false, "%s: row %d: Predict answers %v, the targets are %v to %v", what, i, p, low, high)
			return a
		}
	}
	k.asserted++
	return a
}

// indices asserts that the answers are indices of classes or clusters.
func (k *trial) indices(a answers, n int, what string) {
	k.Helper()
	for i, p := range a.predicted {
		if !(p == math.Trunc(p) && p >= 0 && p < float64(n)) {
			k.check(false, "%s: row %d: Predict answers %v, not an index from 0 to %d", what, i, p, n-1)
			return
		}
	}
	k.asserted++
	k.distribution(a, n, what)
}

// components asserts that a row's numbers are finite and that Predict answers the first of them.
func (k *trial) components(a answers, what string) {
	k.Helper()
	rows, cols := a.transformed.Dims()
	k.must(rows == len(a.predicted) && cols > 0, "%s: Transform answers %d x %d for %d rows", what, rows, cols, len(a.predicted))
	for i := range rows {
		row := a.transformed.RawRowView(i)
		if !numeric.AllFinite(row) || row[0] != a.predicted[i] {
			k.check(false, "%s: row %d: Transform answers %v, Predict %v", what, i, row, a.predicted[i])
			return
		}
	}
	k.asserted++
}

// distribution asserts that the probabilities in a, if there are any, are such.
func (k *trial) distribution(a answers, classes int, what string) {
	k.Helper()
	if a.proba == nil {
		return
	}
	rows, cols := a.proba.Dims()
	k.must(rows == len(a.predicted) && cols == classes, "%s: PredictProba answers %d x %d for %d rows and %d classes", what, rows, cols, len(a.predicted), classes)
	for i := range rows {
		var sum float64
		for j := range cols {
			p := a.proba.At(i, j)
			if !(p >= 0 && p <= 1) {
				k.check(false, "%s: row %d: the probability of class %d is %v", what, i, j, p)
				return
			}
			sum += p
		}
		if math.Abs(sum-1) > 1e-9 {
			k.check(false, "%s: row %d: the probabilities sum to %v", what, i, sum)
			return
		}
	}
	k.asserted++
}

// is reports whether the learner has a capability.
func (k *trial) is(c registry.Capability) bool { return k.subject.info.Has(c) }
