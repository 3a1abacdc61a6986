package prepare

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// merge is the summary of the rows of all summaries, which answer the same plans.
func merge(q Question, plans []plan, summaries []*Summary) *Summary {
	if len(summaries) == 1 {
		return summaries[0]
	}
	all := &Summary{Columns: make([]ColumnSummary, len(plans))}
	parts := make([]ColumnSummary, len(summaries))
	var targets [][]TargetCell
	for _, s := range summaries {
		all.Rows += s.Rows
		targets = append(targets, s.Targets)
	}
	all.Targets = mergeCells(targets)
	all.Landmarks = mergeLandmarks(q, plans, summaries)
	for j := range plans {
		for i, s := range summaries {
			parts[i] = s.Columns[j]
		}
		all.Columns[j] = mergeColumn(&plans[j], parts)
	}
	return all
}

func mergeColumn(p *plan, parts []ColumnSummary) ColumnSummary {
	all := ColumnSummary{Name: p.name}
	var sum, squares exact.Sum
	var values []*Values
	for _, c := range parts {
		all.Missing += c.Missing
		sum.AddExpansion(c.Sum)
		squares.AddExpansion(c.Squares)
		if c.Values != nil {
			values = append(values, c.Values)
		}
		if e := c.Extremes; e != nil {
			if all.Extremes == nil {
				all.Extremes = &Extremes{e.Min, e.Max}
			}
			all.Extremes.Min = min(all.Extremes.Min, e.Min)
			all.Extremes.Max = max(all.Extremes.Max, e.Max)
		}
	}
	all.Sum, all.Squares = sum.Expansion(), squares.Expansion()
	if len(values) > 0 {
		all.Values = mergeValues(values)
	}
	if p.kind == Categorical {
		all.Categories = mergeCategories(p, parts)
	}
	return all
}

// mergeCategories counts the categories of all parts. If there are too many, it says that and no more.
func mergeCategories(p *plan, parts []ColumnSummary) *Categories {
	counts := map[learner.Label]int{}
	targets := map[learner.Label][][]TargetCell{}
	var missing [][]TargetCell
	for _, part := range parts {
		c := part.Categories
		if c.Over {
			return &Categories{Over: true}
		}
		missing = append(missing, c.Missing)
		for i, label := range c.Labels {
			counts[label] += c.Counts[i]
			if p.target() {
				targets[label] = append(targets[label], c.Targets[i])
			}
		}
		if len(counts) > p.most() {
			return &Categories{Over: true}
		}
	}
	all := &Categories{Labels: make([]learner.Label, 0, len(counts))}
	for label := range counts {
		all.Labels = append(all.Labels, label)
	}
	all.Labels = learner.SortLabels(all.Labels)
	all.Counts = make([]int, len(all.Labels))
	for i, label := range all.Labels {
		all.Counts[i] = counts[label]
		if p.target() {
			all.Targets = append(all.Targets, mergeCells(targets[label]))
		}
	}
	if p.target() {
		all.Missing = mergeCells(missing)
	}
	return all
}

// mergeCells adds up lists of cells, fold by fold; nil if there are none.
func mergeCells(lists [][]TargetCell) []TargetCell {
	var all []tally
	for _, cells := range lists {
		if all == nil && len(cells) > 0 {
			all = make([]tally, len(cells))
		}
		for k, c := range cells {
			all[k].add(c)
		}
	}
	if all == nil {
		return nil
	}
	return cellsOfTallies(all)
}
