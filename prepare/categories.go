package prepare

import (
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// cells are the categories of a column: the distinct ones, and which of them each row has.
type cells struct {
	labels []learner.Label
	codes  []int32 // one per row, -1 for a missing cell
}

// cellsOf finds the categories of a column. It stops when there are more than most, and says so.
func cellsOf(rows table.Rows, column, most int) (c cells, over bool) {
	count := rows.Len()
	c.codes = make([]int32, count)
	places := map[learner.Label]int32{}
	place := func(l learner.Label) int32 {
		p, known := places[l]
		if !known {
			p = int32(len(c.labels))
			places[l] = p
			c.labels = append(c.labels, l)
		}
		return p
	}
	var ofTexts []int32 // the places of the distinct texts, -1 until one occurs
	texts := rows.TextsOf(column)
	if texts != nil {
		ofTexts = make([]int32, len(texts.Values))
		for k := range ofTexts {
			ofTexts[k] = -1
		}
	}
	ofNumbers := map[uint64]int32{}
	for i := range count {
		if texts != nil {
			if code := texts.Codes[i]; code >= 0 {
				if ofTexts[code] < 0 {
					ofTexts[code] = place(labelOf(texts.Values[code]))
				}
				c.codes[i] = ofTexts[code]
				if len(c.labels) > most {
					return cells{}, true
				}
				continue
			}
		}
		v := rows.X.At(i, column)
		if math.IsNaN(v) {
			c.codes[i] = -1
			continue
		}
		p, known := ofNumbers[math.Float64bits(v)]
		if !known {
			p = place(learner.NumberLabel(v))
			ofNumbers[math.Float64bits(v)] = p
		}
		c.codes[i] = p
		if len(c.labels) > most {
			return cells{}, true
		}
	}
	return c, false
}

// countMissingCells counts the cells of a column that have neither a number nor a text.
func countMissingCells(rows table.Rows, column int) (missing int) {
	texts := rows.TextsOf(column)
	for i := range rows.Len() {
		if (texts == nil || texts.Codes[i] < 0) && math.IsNaN(rows.X.At(i, column)) {
			missing++
		}
	}
	return missing
}

// countCategories counts the categories of a column, and their targets if the plan asks for those.
func countCategories(p *plan, rows table.Rows, column int, folds *folds) (missing int, counted *Categories) {
	found, over := cellsOf(rows, column, p.most())
	if over {
		return countMissingCells(rows, column), &Categories{Over: true}
	}
	counts := make([]int, len(found.labels)+1)
	for _, code := range found.codes {
		counts[code+1]++
	}
	order := sortedPlaces(found.labels)
	counted = &Categories{Labels: make([]learner.Label, len(order)), Counts: make([]int, len(order))}
	for i, place := range order {
		counted.Labels[i], counted.Counts[i] = found.labels[place], counts[place+1]
	}
	if p.target() {
		byPlace := folds.targets(found)
		counted.Missing = byPlace[0]
		counted.Targets = make([][]TargetCell, len(order))
		for i, place := range order {
			counted.Targets[i] = byPlace[place+1]
		}
	}
	return counts[0], counted
}

// sortedPlaces are the places of distinct labels in the order of learner.SortLabels.
func sortedPlaces(labels []learner.Label) []int {
	places := make(map[learner.Label]int, len(labels))
	for i, l := range labels {
		places[l] = i
	}
	order := make([]int, 0, len(labels))
	for _, l := range learner.SortLabels(append([]learner.Label(nil), labels...)) {
		order = append(order, places[l])
	}
	return order
}
