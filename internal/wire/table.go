package wire

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/prepare/table"
)

// The names of the arrays of rows in a frame.
const (
	ArrayRows  = "X"     // rows x columns
	ArrayCodes = "codes" // rows x columns with texts: the index of the cell's text, or -1
)

// RowsArrays is the one way in which typed rows travel in a frame: the numbers as one array, and if there are texts
// their codes as another, with the texts in the head.
func RowsArrays(rows table.Rows) ([]table.ColumnTexts, []Array) {
	arrays := []Array{Dense(ArrayRows, rows.X)}
	var columns []table.ColumnTexts
	for j := range rows.Columns {
		if t := rows.TextsOf(j); t != nil {
			columns = append(columns, table.ColumnTexts{Column: j, Values: t.Values})
		}
	}
	if columns == nil {
		return nil, arrays
	}
	n, width := rows.Len(), len(columns)
	codes := make([]float64, n*width)
	for k, c := range columns {
		for i, code := range rows.TextsOf(c.Column).Codes {
			codes[i*width+k] = float64(code)
		}
	}
	return columns, append(arrays, Array{Name: ArrayCodes, Shape: []int{n, width}, Data: codes})
}

// RowsFrom is the reverse of RowsArrays, for a frame with rows of these columns. The error says how the parts contradict each other.
func RowsFrom(columns []string, texts []table.ColumnTexts, arrays []Array) (table.Rows, error) {
	found, err := Find(arrays, ArrayRows)
	if err != nil {
		return table.Rows{}, err
	}
	rows := table.Rows{Columns: columns}
	if rows.X, err = found.Matrix(); err != nil {
		return table.Rows{}, err
	}
	n := rows.Len()
	if n == 0 {
		return table.Rows{}, fmt.Errorf("the frame has no rows")
	}
	if _, width := rows.X.Dims(); width != len(columns) {
		return table.Rows{}, fmt.Errorf("the frame names %d columns, but its X has %d", len(columns), width)
	}
	if len(texts) == 0 {
		return rows, nil
	}
	codes, err := Find(arrays, ArrayCodes)
	if err != nil {
		return table.Rows{}, err
	}
	width := len(texts)
	if len(codes.Data) != n*width {
		return table.Rows{}, fmt.Errorf("the frame has %d codes for %d rows of %d columns with texts", len(codes.Data), n, width)
	}
	rows.Texts = make([]*table.Texts, len(columns))
	for k, t := range texts {
		if t.Column < 0 || t.Column >= len(columns) || rows.Texts[t.Column] != nil {
			return table.Rows{}, fmt.Errorf("the frame has texts of column %d of %d, or has them twice", t.Column, len(columns))
		}
		column := &table.Texts{Values: t.Values, Codes: make([]int32, n)}
		for i := range column.Codes {
			code := codes.Data[i*width+k]
			if code != math.Trunc(code) || !(code >= -1 && code < float64(len(t.Values))) {
				return table.Rows{}, fmt.Errorf("row %d has the code %v of %d texts", i, code, len(t.Values))
			}
			column.Codes[i] = int32(code)
		}
		rows.Texts[t.Column] = column
	}
	return rows, nil
}
