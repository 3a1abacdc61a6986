package learnertest

import (
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Poor data is still data: a worker may hold one row, or one class.
var degenerateChecks = []check{
	{name: "one_row", of: registry.Estimator, run: oneRow},
	{name: "one_feature", of: registry.Estimator, run: oneFeature},
	{name: "one_class", of: registry.Estimator, waived: unsupervised, run: oneClass},
	{name: "absent_class", of: registry.Estimator, waived: classless, run: absentClass},
	{name: "constant_columns", of: registry.Estimator, run: constantColumns},
	{name: "duplicate_rows", of: registry.Estimator, run: duplicateRows},
	{name: "more_columns_than_rows", of: registry.Estimator, run: moreColumnsThanRows},
}

func classless(s *subject) string {
	if s.info.Task != learner.Classification {
		return string(s.info.Task)
	}
	return ""
}

func oneRow(k *trial) {
	for _, t := range k.tasks() {
		for _, row := range []int{0, 1} {
			d := t.train.Select([]int{row})
			a := k.sensible(k.fitted(d), d, d.X, t.name+", one row")
			if d.Classes != nil {
				k.check(a.predicted[0] == d.Y[0], "%s: fitted to one row of class %v, it predicts %v for that row", t.name, d.Y[0], a.predicted[0])
			}
			k.sensible(k.fitted(d), d, rowsOf(t.train.X, row, row), t.name+", one row asked twice")
		}
	}
}

func oneFeature(k *trial) {
	classes := len(k.main().train.Classes)
	d := k.rows(k.subject.rows, 1, min(classes, 2), 5)
	k.sensible(k.fitted(d), d, d.X, "one feature")
}

// oneClass: one class in the schema, one class among several in the rows, or
// one target. A classifier knows no other answer then.
func oneClass(k *trial) {
	for _, t := range k.tasks() {
		d := cloneData(t.train)
		if d.Classes == nil {
			one := -2.5
			if k.subject.counts {
				one = 3
			}
			fill(d.Y, one)
			k.sensible(k.fitted(d), d, d.X, "one target")
			fill(d.Y, 0)
			k.sensible(k.fitted(d), d, d.X, "all targets 0")
			continue
		}
		for c := range d.Classes {
			fill(d.Y, float64(c))
			a := k.sensible(k.fitted(d), d, d.X, t.name+", rows of one class")
			k.allPredict(a, float64(c), t.name+", rows of one class")
		}
		fill(d.Y, 0)
		d.Classes = d.Classes[:1]
		a := k.sensible(k.fitted(d), d, d.X, t.name+", a schema of one class")
		k.allPredict(a, 0, t.name+", a schema of one class")
	}
}

func (k *trial) allPredict(a answers, want float64, what string) {
	k.Helper()
	i := slices.IndexFunc(a.predicted, func(p float64) bool { return p != want })
	k.check(i < 0, "%s: a row is predicted as class %v, want %v", what, a.predicted[max(i, 0)], want)
}

// absentClass: a class of the schema that no row has keeps its place in the
// answers and is not predicted where there were rows.
func absentClass(k *trial) {
	d := cloneData(k.main().train)
	classes := len(d.Classes)
	for absent := range classes {
		var rows []int
		for i, y := range d.Y {
			if int(y) != absent {
				rows = append(rows, i)
			}
		}
		part := d.Select(rows)
		a := k.sensible(k.fitted(part), part, part.X, "a class without rows")
		k.check(!slices.Contains(a.predicted, float64(absent)), "class %d has no rows, yet it is predicted for one", absent)
		weighted := cloneData(d)
		weighted.Weights = make([]float64, d.Len())
		for _, i := range rows {
			weighted.Weights[i] = 1
		}
		a = k.sensible(k.fitted(weighted), weighted, part.X, "a class whose rows weigh 0")
		k.check(!slices.Contains(a.predicted, float64(absent)), "the rows of class %d weigh 0, yet it is predicted for one", absent)
	}
}

func constantColumns(k *trial) {
	for _, t := range k.tasks() {
		d := cloneData(t.train)
		for i := range d.Len() {
			d.X.Set(i, 1, 3)
			d.X.Set(i, 3, 0)
		}
		k.sensible(k.fitted(d), d, d.X, t.name+", two constant columns")

		for i := range d.Len() {
			fill(d.X.RawRowView(i), 1)
		}
		a := k.sensible(k.fitted(d), d, d.X, t.name+", all columns constant")
		for i := range a.predicted {
			if a.row(i).differs(a.row(0)) != "" {
				k.check(false, "%s, all columns constant: equal rows get different answers", t.name)
				break
			}
		}
	}
}

func duplicateRows(k *trial) {
	for _, t := range k.tasks() {
		var rows []int
		for i := range t.train.Len() {
			rows = append(rows, i, i, i)
		}
		d := t.train.Select(rows)
		k.sensible(k.fitted(d), d, t.test.X, t.name+", every row three times")

		same := t.train.Select(upTo(20)) // equal rows that disagree
		for i := range same.Len() {
			copy(same.X.RawRowView(i), t.train.X.RawRowView(0))
		}
		k.sensible(k.fitted(same), same, same.X, t.name+", equal rows with different targets")
	}
}

func moreColumnsThanRows(k *trial) {
	for _, t := range k.tasks() {
		narrow := t.train.Select(upTo(4))
		d := narrow
		d.X = mat.NewDense(4, 3*width, nil)
		d.Features = nil
		for copies := range 3 {
			d.X.Slice(0, 4, copies*width, (copies+1)*width).(*mat.Dense).Copy(narrow.X)
		}
		k.sensible(k.fitted(d), d, d.X, t.name+", more columns than rows, each three times")
	}
}
