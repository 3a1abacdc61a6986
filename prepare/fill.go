package prepare

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/gochimera/chimera/prepare/table"
)

// fill writes the features of all rows into out, which is all zeros.
func fill(ctx context.Context, out blas64.General, all *compiled, rows table.Rows, places []int, coders []*coder) error {
	in := rows.X.RawMatrix()
	step := blockRows(max(in.Cols, out.Cols))
	for first := 0; first < in.Rows; first += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := min(first+step, in.Rows)
		for k := range all.columns {
			c := &all.columns[k]
			if coders[k] != nil {
				coders[k].write(out, c.first, first, last)
			} else {
				c.number(out.Data[first*out.Stride:(last-1)*out.Stride+out.Cols], out.Stride, in.Data[first*in.Stride:(last-1)*in.Stride+in.Cols], places[k], in.Stride)
			}
			if c.Indicator {
				c.indicate(out, rows, places[k], first, last)
			}
		}
	}
	return nil
}

// number writes the numbers of a block of rows.
func (c *compiledColumn) number(out []float64, outStride int, in []float64, place, stride int) {
	to := c.first
	fill := c.fill
	if c.Scale == 0 {
		for i := place; i < len(in); i += stride {
			v := in[i]
			if v != v {
				v = fill
			}
			out[to] = v
			to += outStride
		}
		return
	}
	center, scale := c.Center, c.Scale
	for i := place; i < len(in); i += stride {
		v := in[i]
		if v != v {
			v = fill
		}
		out[to] = (v - center) / scale
		to += outStride
	}
}

// indicate writes the indicator of missing cells, which is the last feature of the column.
func (c *compiledColumn) indicate(out blas64.General, rows table.Rows, place, first, last int) {
	texts := rows.TextsOf(place)
	to := c.first + c.width - 1
	for i := first; i < last; i++ {
		if math.IsNaN(rows.X.At(i, place)) && (texts == nil || texts.Codes[i] < 0) {
			out.Data[i*out.Stride+to] = 1
		}
	}
}
