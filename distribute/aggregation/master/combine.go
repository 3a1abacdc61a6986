package master

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/masters/cluster"
)

// combiner combines several predictions, in member order.
type combiner struct {
	name     aggregation.Combine
	weighted bool
	values   func(column, weights []float64) float64
	proba    func(members []*mat.Dense, weights []float64) *mat.Dense
}

func newCombiner(name aggregation.Combine) (combiner, error) {
	switch name {
	case aggregation.CombineMean:
		return combiner{name: name, values: meanOf, proba: meanProba}, nil
	case aggregation.CombineMedian:
		return combiner{name: name, values: medianOf, proba: medianProba}, nil
	case aggregation.CombineVote:
		return combiner{name: name, proba: voteProba}, nil
	case aggregation.CombineWeighted:
		return combiner{name: name, weighted: true, values: meanOf, proba: meanProba}, nil
	default:
		return combiner{}, fmt.Errorf("aggregation.combine: unknown value %q; want mean, median, vote or weighted", name)
	}
}

// accepts returns an error if the combiner cannot be used for a task.
func (c combiner) accepts(task learner.Task) error {
	if task == learner.Regression && c.values == nil {
		return fmt.Errorf("aggregation.combine: %s counts labels, but these learners are for regression; use mean, median or weighted", c.name)
	}
	return nil
}

// combine combines the members' predictions; weights are those of the members, and are used only by a
// weighted combiner.
func (c combiner) combine(members []cluster.Output, weights []float64) cluster.Output {
	if !c.weighted {
		weights = nil
	}
	if members[0].Proba != nil {
		all := make([]*mat.Dense, len(members))
		for i, m := range members {
			all[i] = m.Proba
		}
		return cluster.Output{Proba: c.proba(all, weights)}
	}
	values := make([]float64, len(members[0].Values))
	column := make([]float64, len(members))
	for row := range values {
		for i, m := range members {
			column[i] = m.Values[row]
		}
		values[row] = c.values(column, weights)
	}
	return cluster.Output{Values: values}
}

// meanOf is the mean in member order, finite if the values are.
func meanOf(column, weights []float64) float64 { return numeric.Mean(column, weights) }

func medianOf(column, _ []float64) float64 { return numeric.Median(column) }

func meanProba(members []*mat.Dense, weights []float64) *mat.Dense {
	return cellwise(members, weights, meanOf)
}

// medianProba is the median for each class, normalised to a sum of one. If all medians of a row are 0,
// it is the mean.
func medianProba(members []*mat.Dense, _ []float64) *mat.Dense {
	out := cellwise(members, nil, medianOf)
	rows, classes := out.Dims()
	for i := range rows {
		row := out.RawRowView(i)
		var sum float64
		for _, p := range row {
			sum += p
		}
		for k := range classes {
			if sum > 0 {
				row[k] /= sum
				continue
			}
			for _, m := range members {
				row[k] += m.At(i, k) / float64(len(members))
			}
		}
	}
	return out
}

// voteProba is each class's share of the members' labels.
func voteProba(members []*mat.Dense, _ []float64) *mat.Dense {
	rows, classes := members[0].Dims()
	out := mat.NewDense(rows, classes, nil)
	for i := range rows {
		row := out.RawRowView(i)
		for _, m := range members {
			row[numeric.ArgMax(m.RawRowView(i))]++
		}
		for k := range row {
			row[k] /= float64(len(members))
		}
	}
	return out
}

func cellwise(members []*mat.Dense, weights []float64, f func(column, weights []float64) float64) *mat.Dense {
	rows, classes := members[0].Dims()
	out := mat.NewDense(rows, classes, nil)
	column := make([]float64, len(members))
	for i := range rows {
		row := out.RawRowView(i)
		for k := range row {
			for j, m := range members {
				column[j] = m.At(i, k)
			}
			row[k] = f(column, weights)
		}
	}
	return out
}
