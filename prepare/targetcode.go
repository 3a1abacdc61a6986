package prepare

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// targetCode makes the encoding by the target: for each group of categories the mean of the target, drawn to
// that of all rows the more, the fewer rows the group has and the more they differ (empirical Bayes: Micci-Barreca,
// A preprocessing scheme for high-cardinality categorical attributes, 2001, section 2; as scikit-learn's
// TargetEncoder with smooth="auto"). A class has an output of its own if there are more than two; of two classes, the
// second one's share is the mean.
func targetCode(q Question, c *PreparedColumn, from *sources, j int, groups map[learner.Label]int) *TargetCode {
	code := &TargetCode{}
	outputs := []int{1}
	if n := len(q.Classes); n > 2 || n == 1 {
		outputs = nil
		for k, class := range q.Classes {
			outputs = append(outputs, k)
			code.Outputs = append(code.Outputs, string(class))
		}
	}
	sums := make([]*targetSums, len(from.summaries))
	for i, s := range from.summaries {
		sums[i] = sumTargets(c, s, s.Columns[j].Categories, groups)
	}
	all := from.encode(sums, outputs, -1)
	code.Groups, code.Unknown = all.Groups, all.Unknown
	for fold := range Folds {
		code.Folds = append(code.Folds, from.encode(sums, outputs, fold))
	}
	return code
}

// targetSums are the targets of one source, by group and fold.
type targetSums struct {
	groups [][]TargetCell // of a group without rows: nil
	all    []TargetCell
}

func sumTargets(c *PreparedColumn, s *Summary, counted *Categories, groups map[learner.Label]int) *targetSums {
	lists := make([][][]TargetCell, c.groups())
	for i, label := range counted.Labels {
		if g, known := groups[label]; known {
			lists[g] = append(lists[g], counted.Targets[i])
		}
	}
	if fill := c.FillCategory; fill != nil && len(counted.Missing) > 0 {
		if g, known := groups[*fill]; known {
			lists[g] = append(lists[g], counted.Missing)
		}
	}
	t := &targetSums{groups: make([][]TargetCell, len(lists)), all: s.Targets}
	for g, list := range lists {
		t.groups[g] = mergeCells(list)
	}
	return t
}

// without adds up the cells of all folds but one; -1 leaves out none.
func without(cells []TargetCell, fold int) TargetCell {
	var t tally
	for k, c := range cells {
		if k != fold {
			t.add(c)
		}
	}
	return t.cell()
}

// encode makes the numbers for all rows, or for those of one fold from the other rows.
func (s *sources) encode(sums []*targetSums, outputs []int, fold int) FoldCode {
	code := FoldCode{Groups: make([][]float64, len(sums[0].groups)), Unknown: make([]float64, len(outputs))}
	all := make([]TargetCell, len(sums))
	for i := range sums {
		if all[i] = without(sums[i].all, fold); all[i].Rows == 0 {
			all[i] = without(sums[i].all, -1) // a fold that is all there is
		}
	}
	priors := make([][]prior, len(outputs)) // outputs x sources
	for k, output := range outputs {
		priors[k] = make([]prior, len(sums))
		var means []float64
		for i := range sums {
			if all[i].Rows > 0 {
				priors[k][i].mean, priors[k][i].variance = all[i].moments(output)
				means = append(means, priors[k][i].mean)
			}
		}
		code.Unknown[k] = s.of(means)
	}
	for g := range code.Groups {
		code.Groups[g] = make([]float64, len(outputs))
		cells := make([]TargetCell, len(sums))
		for i := range sums {
			cells[i] = without(sums[i].groups[g], fold)
		}
		for k, output := range outputs {
			var numbers []float64
			for i := range sums {
				if cells[i].Rows > 0 {
					numbers = append(numbers, priors[k][i].draw(cells[i], output))
				}
			}
			code.Groups[g][k] = code.Unknown[k]
			if len(numbers) > 0 {
				code.Groups[g][k] = s.of(numbers)
			}
		}
	}
	return code
}

// moments are the mean and the variance of an output: of the target itself, or of being of a class. The cell
// has rows.
func (c TargetCell) moments(output int) (mean, variance float64) {
	if c.Classes == nil {
		return exact.Mean(c.Rows, c.Sum), max(exact.Variance(c.Rows, c.Sum, c.Squares), 0)
	}
	n, k := float64(c.Rows), 0.0
	if output < len(c.Classes) {
		k = float64(c.Classes[output])
	}
	return k / n, k * (n - k) / (n * n)
}

// prior is the mean and the variance of all rows.
type prior struct{ mean, variance float64 }

// draw is the mean of a group, drawn to that of all rows by how much is known of it.
func (p prior) draw(group TargetCell, output int) float64 {
	mean, variance := group.moments(output)
	trust := p.variance * float64(group.Rows)
	if trust == 0 {
		return p.mean
	}
	trust /= trust + variance
	return trust*mean + (1-trust)*p.mean
}
