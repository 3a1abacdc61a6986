package wire

import (
	"github.com/gochimera/chimera/prepare/table"
)

// texts collects the texts of a table's cells, row by row.
type texts []textColumn

// textColumn holds the texts of one column.
type textColumn struct {
	index  map[string]int32
	values []string
	rows   []int   // of the texts
	codes  []int32 // of the same rows
}

// add notes that the cell of a row and a column is a text, which is copied.
func (t *texts) add(row, column int, text []byte) {
	for len(*t) <= column {
		*t = append(*t, textColumn{})
	}
	c := &(*t)[column]
	code, known := c.index[string(text)]
	if !known {
		if c.index == nil {
			c.index = map[string]int32{}
		}
		code = int32(len(c.values))
		c.values = append(c.values, string(text))
		c.index[c.values[code]] = code
	}
	c.rows, c.codes = append(c.rows, row), append(c.codes, code)
}

// columns are the texts of a table of so many columns and rows; nil if it has none.
func (t *texts) columns(columns, rows int) []*table.Texts {
	if *t == nil {
		return nil
	}
	out := make([]*table.Texts, columns)
	for j, c := range *t {
		if c.values == nil {
			continue
		}
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
