package kmeans

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// add adds a drawn row to a slot. The mark is the same for equal rows, and seldom for others.
func add(into *learner.Sums, slot int, mark int64, row []float64) {
	c := into.Counts[slot*slotCounts:]
	c[0]++
	c[1] += mark
	c[2] += mark * mark
	addRow(into.Reals[slot*len(row):][:len(row)], 1, row)
}

// drawn are the rows in the slots, each once, in the order of the slots. A slot whose marks differ (their variance is not
// 0) has different rows in it.
func drawn(sums *learner.Sums, cols int) [][]float64 {
	var rows [][]float64
	for slot := range len(sums.Counts) / slotCounts {
		c := sums.Counts[slot*slotCounts:]
		n := c[0]
		if n <= 0 || n*c[2] != c[1]*c[1] {
			continue
		}
		row := make([]float64, cols)
		for j := range row {
			sum := &sums.Reals[slot*cols+j]
			if n == 1 {
				row[j] = sum.Value()
			} else {
				row[j] = exact.Mean(int(n), sum.Expansion()) // that of n equal numbers is each of them
			}
		}
		rows = append(rows, row)
	}
	return rows
}
