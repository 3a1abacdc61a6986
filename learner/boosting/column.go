package boosting

import (
	"math"
	"slices"
)

// column is how the values of a feature are put into bins: bin b has those above thresholds[b-1] and at most
// thresholds[b]. Rows without a value have the bin after the last one, if there are any in training, be they held out.
type column struct {
	thresholds []float64
	missing    bool
	sign       int // the constraint of monotonic_cst

	// categorical: thresholds are the categories, bin b has those that are thresholds[b], and the next one all others.
	categorical bool
}

// missingBin is that of rows without a value.
func (c *column) missingBin() int {
	if c.categorical {
		return len(c.thresholds)
	}
	return len(c.thresholds) + 1
}

// The properties of a column in a state.
const (
	hasMissing = 1 << iota
	rises
	falls
	isCategorical
	properties // how many there may be
)

// properties are missing and sign as a number.
func (c *column) properties() (flags int) {
	if c.missing {
		flags |= hasMissing
	}
	switch {
	case c.sign > 0:
		flags |= rises
	case c.sign < 0:
		flags |= falls
	}
	if c.categorical {
		flags |= isCategorical
	}
	return flags
}

func (c *column) setProperties(flags int) {
	c.missing, c.categorical = flags&hasMissing != 0, flags&isCategorical != 0
	switch {
	case flags&rises != 0:
		c.sign = 1
	case flags&falls != 0:
		c.sign = -1
	}
}

func (c *column) bins() int {
	if c.missing && !c.categorical {
		return len(c.thresholds) + 2
	}
	return len(c.thresholds) + 1
}

// layout says where the numbers of a node's histogram are: column after column, bin after bin, gradients, second
// derivatives if they are not all 1, and weights.
type layout struct {
	first []int // of a column, in bins
	bins  int
	width int // numbers per bin
}

func newLayout(columns []column, constant bool) layout {
	l := layout{first: make([]int, len(columns)), width: 3}
	if constant {
		l.width = 2
	}
	for j := range columns {
		l.first[j] = l.bins
		l.bins += columns[j].bins()
	}
	return l
}

func (l *layout) size() int { return l.bins * l.width }

// guide finds bins of numbers fast, by a table of where to begin (Chen, Asau 1974, On generating random variates from
// an empirical distribution).
type guide struct {
	thresholds   []float64
	lowest, step float64
	start        []uint8
	missing      uint8
	categorical  bool
}

const guideSize = 1 << 10

func newGuide(c *column) *guide {
	g := &guide{thresholds: c.thresholds, categorical: c.categorical, missing: uint8(c.bins() - 1), start: make([]uint8, guideSize+1)}
	if len(c.thresholds) == 0 {
		return g
	}
	g.lowest = c.thresholds[0]
	g.step = guideSize / (c.thresholds[len(c.thresholds)-1] - g.lowest)
	if !(g.step < math.MaxFloat64) || g.step == 0 {
		g.step = 0
		return g
	}
	b := 0
	for k := range g.start {
		for b < len(c.thresholds) && g.slot(c.thresholds[b]) < k {
			b++
		}
		g.start[k] = uint8(b)
	}
	return g
}

// slot never falls as v rises, so the thresholds of lower slots are below v.
func (g *guide) slot(v float64) int {
	if g.step == 0 {
		return 0
	}
	return int(min(max((v-g.lowest)*g.step, 0), guideSize))
}

func (g *guide) bin(v float64) uint8 {
	if v != v {
		return g.missing
	}
	if g.categorical {
		at, known := slices.BinarySearch(g.thresholds, v)
		if !known {
			return g.missing
		}
		return uint8(at)
	}
	b := int(g.start[g.slot(v)])
	for steps := 0; b < len(g.thresholds) && g.thresholds[b] < v; b++ {
		if steps++; steps > 8 {
			at, _ := slices.BinarySearch(g.thresholds[b:], v)
			return uint8(b + at)
		}
	}
	return uint8(b)
}
