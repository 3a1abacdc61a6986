package wire

import (
	"github.com/gochimera/chimera/prepare/table"
)

// texts collects the texts of a table's cells, row by row, by the index of their column.
type texts map[int]*textColumn

// textColumn holds the texts of one column.
type textColumn struct {
	index  map[string]int32 // nil while there are a few values only
	values []string
	rows   []int   // of the texts
	codes  []int32 // of the same rows
}

// add notes that the cell of a row and a column is a text, which is copied.
func (t *texts) add(row, column int, text []byte) {
	c := (*t)[column]
	if c == nil {
		if *t == nil {
			*t = texts{}
		}
		c = &textColumn{}
		(*t)[column] = c
	}
	c.rows, c.codes = append(c.rows, row), append(c.codes, c.code(text))
}

// fewValues are so many that they are looked at one by one: there may be a column for every few bytes of a body, and a map for each
// would take many times as much.
const fewValues = 8

// code is the index of a text among the values, to which it is added if it is a new one.
func (c *textColumn) code(text []byte) int32 {
	if c.index == nil {
		for i, value := range c.values {
			if value == string(text) {
				return int32(i)
			}
		}
	} else if code, known := c.index[string(text)]; known {
		return code
	}
	code := int32(len(c.values))
	c.values = append(c.values, string(text))
	switch {
	case c.index != nil:
		c.index[c.values[code]] = code
	case len(c.values) > fewValues:
		c.index = make(map[string]int32, 2*fewValues)
		for i, value := range c.values {
			c.index[value] = int32(i)
		}
	}
	return code
}

// columns are the texts of a table of so many columns and rows; nil if it has none.
func (t *texts) columns(columns, rows int) []*table.Texts {
	if len(*t) == 0 {
		return nil
	}
	out := make([]*table.Texts, columns)
	for j, c := range *t {
		codes := make([]int32, rows)
		for i := range codes {
			codes[i] = -1
		}
		for k, row := range c.rows {
			codes[row] = c.codes[k]
		}
		out[j] = &table.Texts{Values: c.values, Codes: codes}
	}
	return out
}
