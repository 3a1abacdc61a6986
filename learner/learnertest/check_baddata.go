package learnertest

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var badDataChecks = []check{
	{name: "empty_data", of: registry.Estimator, run: emptyData},
	{name: "wrong_width", of: registry.Estimator, run: wrongWidth},
	{name: "missing_values", of: registry.Estimator, run: missingValues},
	{name: "infinite_values", of: registry.Estimator, run: infiniteValues},
	{name: "bad_targets", of: registry.Estimator, waived: unsupervised, run: badTargets},
	{name: "bad_weights", of: registry.Estimator, run: badWeights},
	{name: "negative_values", of: registry.Estimator, waived: signed, run: negativeValues},
}

func signed(s *subject) string {
	if s.nonNegative {
		return ""
	}
	return "only with NonNegative"
}

// named is a bad data set and what is bad about it.
type named struct {
	what string
	data learner.Dataset
}

// refuses asserts that Fit is a DataError for each bad data set, that the old
// model is kept, and that one without an old model stays unfitted.
func (k *trial) refuses(bad []named) {
	k.Helper()
	t := k.main()
	m := k.fitted(t.train)
	before := k.ask(m, t.test.X).clone()
	for _, b := range bad {
		k.refused(m.Fit(context.Background(), b.data), "Fit with "+b.what)
		k.kept(m, t.test.X, before, "a Fit with "+b.what)
		fresh := k.model()
		k.refused(fresh.Fit(context.Background(), b.data), "a first Fit with "+b.what)
		_, err := fresh.Predict(context.Background(), t.test.X)
		k.check(err != nil, "a first Fit with %s failed, but the model predicts", b.what)
	}
}

// refusesRows asserts that Predict and PredictProba are DataErrors for x.
func (k *trial) refusesRows(x *mat.Dense, what string) {
	k.Helper()
	t := k.main()
	m := k.fitted(t.train)
	before := k.ask(m, t.test.X).clone()
	_, err := m.Predict(context.Background(), x)
	k.refused(err, "Predict with "+what)
	if c, ok := m.(learner.Classifier); ok {
		_, err := c.PredictProba(context.Background(), x)
		k.refused(err, "PredictProba with "+what)
	}
	k.kept(m, t.test.X, before, "a Predict with "+what)
}

func emptyData(k *trial) {
	schema := k.main().train.Schema
	k.refuses([]named{
		{"no X", learner.Dataset{Schema: schema}},
		{"an X of no rows", learner.Dataset{Schema: schema, X: &mat.Dense{}, Y: []float64{}}},
	})
	k.refusesRows(nil, "no X")
	k.refusesRows(&mat.Dense{}, "an X of no rows")
}

func wrongWidth(k *trial) {
	d := k.main().train
	features := cloneData(d)
	features.Features = append(features.Features, "one more")
	ids := cloneData(d)
	ids.Rows = ids.Rows[1:]
	bad := []named{{"more feature names than columns", features}, {"fewer row ids than rows", ids}}
	if k.subject.info.Task.Supervised() {
		shortY := cloneData(d)
		shortY.Y = shortY.Y[1:]
		longY := cloneData(d)
		longY.Y = append(longY.Y, 0)
		noY := cloneData(d)
		noY.Y = nil
		bad = append(bad, named{"fewer targets than rows", shortY}, named{"more targets than rows", longY}, named{"no targets", noY})
	}
	k.refuses(bad)
	k.refusesRows(narrower(d.X), "one column too few")
	k.refusesRows(wider(d.X), "one column too many")
}

// missingValues: NaN in X is refused, or, with the trait, is fine in both Fit
// and Predict, in a whole column too.
func missingValues(k *trial) {
	d := k.main().train
	last := d.Len() - 1
	if !k.subject.info.Traits.AllowsMissing {
		one := cloneData(d)
		one.X.Set(last, width-1, math.NaN())
		k.refuses([]named{{"a missing value in the last row", one}})
		k.refusesRows(withValue(d.X, 0, 0, math.NaN()), "a missing value in the first row")
		k.refusesRows(withValue(d.X, last, width-1, math.NaN()), "a missing value in the last row")
		return
	}
	some := cloneData(d)
	for i := range d.Len() {
		if i%7 == 0 {
			some.X.Set(i, i%width, math.NaN())
		}
	}
	column := cloneData(some)
	for i := range d.Len() {
		column.X.Set(i, 1, math.NaN())
	}
	for _, v := range []named{{"some values missing", some}, {"a column missing", column}} {
		m := k.fitted(v.data)
		k.sensible(m, v.data, v.data.X, v.what)
		k.sensible(m, v.data, d.X, v.what+" in training only")
	}
	k.sensible(k.fitted(d), d, column.X, "a column missing in prediction only")
}

func infiniteValues(k *trial) {
	d := k.main().train
	for _, v := range []float64{math.Inf(1), math.Inf(-1)} {
		bad := cloneData(d)
		bad.X.Set(d.Len()-1, width-1, v)
		what := fmt.Sprintf("%v in X", v)
		k.refuses([]named{{what, bad}})
		k.refusesRows(withValue(d.X, d.Len()-1, width-1, v), what)
	}
}

func badTargets(k *trial) {
	d := k.main().train
	last := d.Len() - 1
	bad := []named{
		{"a target of NaN", withTarget(d, last, math.NaN())},
		{"a target of +Inf", withTarget(d, last, math.Inf(1))},
		{"a target of -Inf", withTarget(d, last, math.Inf(-1))},
	}
	other := cloneData(d)
	if d.Classes == nil {
		other.Classes = []learner.Label{"ant", "bee"}
		for i := range other.Y {
			other.Y[i] = float64(i % 2)
		}
		bad = append(bad, named{"classes for a regressor", other})
	} else {
		other.Classes = nil
		bad = append(bad, named{"no list of classes", other},
			named{"a class index too large", withTarget(d, last, float64(len(d.Classes)))},
			named{"a negative class index", withTarget(d, last, -1)},
			named{"a fractional class index", withTarget(d, last, 0.5)})
	}
	k.refuses(bad)
}

func badWeights(k *trial) {
	d := k.main().train
	n := d.Len()
	var bad []named
	for _, v := range []struct {
		what    string
		weights []float64
	}{
		{"fewer weights than rows", slices.Repeat([]float64{1}, n-1)},
		{"more weights than rows", slices.Repeat([]float64{1}, n+1)},
		{"weights of 0 only", make([]float64, n)},
		{"a negative weight", append(slices.Repeat([]float64{1}, n-1), -1)},
		{"a weight of NaN", append(slices.Repeat([]float64{1}, n-1), math.NaN())},
		{"a weight of +Inf", append(slices.Repeat([]float64{1}, n-1), math.Inf(1))},
	} {
		b := cloneData(d)
		b.Weights = v.weights
		bad = append(bad, named{v.what, b})
	}
	k.refuses(bad)
}

// negativeValues holds a learner to what the option NonNegative says of it.
func negativeValues(k *trial) {
	d := k.main().train
	bad := cloneData(d)
	bad.X.Set(d.Len()-1, width-1, -1)
	k.refuses([]named{{"a negative value", bad}})
	k.refusesRows(withValue(d.X, d.Len()-1, width-1, -1), "a negative value")
}
