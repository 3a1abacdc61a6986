package datafile

import (
	"bytes"
	"math"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/learner"
)

// Cell is one cell and what it means. Its text is valid until the next row.
type Cell struct {
	Kind   Kind
	Raw    []byte  // as it is written, without quotes around it
	Text   []byte  // without blanks around it
	Number float64 // finite
	Beyond bool    // the number is a whole one that a float64 does not hold; its text is exact
}

// Kind is what a cell is.
type Kind uint8

// The kinds of cells.
const (
	Missing Kind = iota
	Number
	Text
)

// Same reports whether two cells have the same value.
func (c Cell) Same(other Cell) bool {
	if c.Kind != other.Kind || c.Beyond != other.Beyond {
		return false
	}
	if c.Kind == Number && !c.Beyond {
		return c.Number == other.Number
	}
	return bytes.Equal(c.Text, other.Text)
}

// maxExact is 2^53, up to which a float64 holds every whole number.
const maxExact = 1 << 53

// markers are what stands for a missing value in one column.
type markers []*cell.Missing

// read says what a cell means. ok is false for a number that is not finite, which is a text then.
func (m markers) read(raw []byte) (c Cell, ok bool) {
	c = Cell{Raw: raw, Text: bytes.TrimSpace(raw)}
	v, n := cell.Number(c.Text)
	is := n > 0 && n == len(c.Text)
	if !is {
		for _, missing := range m {
			if missing.Is(c.Text) {
				return c, true
			}
		}
		v, is = cell.Float(c.Text)
	}
	if is {
		for _, missing := range m {
			if missing.IsNumber(v) {
				return c, true
			}
		}
	}
	switch {
	case !is:
		c.Kind = Text
	case math.IsInf(v, 0):
		c.Kind = Text
		return c, false
	default:
		if v == 0 {
			v = 0 // "-0" is "0"
		}
		c.Kind, c.Number = Number, v
		if math.Abs(v) >= maxExact {
			_, exact := learner.NewLabel(string(c.Text)).Number()
			c.Beyond = !exact
		}
	}
	return c, true
}
