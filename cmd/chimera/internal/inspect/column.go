package inspect

import (
	"math"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/learner"
)

// column takes the cells of one column.
type column struct {
	name      string
	position  int
	rows      int
	missing   int
	numbers   int
	texts     int
	whole     bool // all numbers are whole
	moments   moments
	low, high float64
	values    *tally
	quantiles quantiles
	smallest  smallest
	samples   []sample
	link      *link
}

// sample is a text of a column and where it occurs first.
type sample struct {
	text  string
	place datafile.Place
}

// maxSamples is how many texts of a column are remembered with their places.
const maxSamples = 8

func newColumn(name string, position, limit int, seed uint64) *column {
	return &column{
		name: name, position: position, whole: true, low: math.Inf(1), high: math.Inf(-1), values: newTally(limit),
		quantiles: quantiles{limit: limit, random: learner.NewRand(learner.Seed(seed, "inspect", name))},
	}
}

// add takes the cell of the next row and returns the index of its value: -1 for one that is not counted,
// and for a missing cell.
func (c *column) add(cell datafile.Cell, at datafile.Place) int {
	c.rows++
	switch cell.Kind {
	case datafile.Missing:
		c.missing++
		return -1
	case datafile.Text:
		c.texts++
		index := c.values.add(cell)
		if len(c.samples) < maxSamples && (index < 0 || c.values.counts[index] == 1) {
			c.samples = append(c.samples, sample{string(cell.Text), at})
		}
		return index
	case datafile.Number:
	}
	c.numbers++
	v := cell.Number
	c.whole = c.whole && v == math.Trunc(v)
	c.moments.add(v)
	c.low, c.high = min(c.low, v), max(c.high, v)
	c.smallest.add(v)
	return c.quantiles.add(v, c.values, cell)
}

// present is how many cells are not missing.
func (c *column) present() int { return c.numbers + c.texts }

// spread is where the numbers lie, nil if there are none.
func (c *column) spread() *Range {
	if c.numbers == 0 {
		return nil
	}
	q := c.quantiles.of(c.values, 0.25, 0.5, 0.75)
	return &Range{
		Min: c.low, Q1: q[0], Median: q[1], Q3: q[2], Max: c.high, Mean: c.moments.mean, SD: c.moments.sd(), Sample: len(c.quantiles.sample),
	}
}
