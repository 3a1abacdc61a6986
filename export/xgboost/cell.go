package xgboost

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// cell is what becomes of a column's value before it is compared with a threshold.
type cell struct {
	column int
	// fill is what a missing value becomes; NaN if it stays missing.
	fill          float64
	center, scale float64 // (x - center) / scale, if scale is not 0
}

// cellsOf are the cells that the features are made of, one each. A preparation that makes a feature in another way is an error.
func cellsOf(m *export.Model) ([]cell, error) {
	if m.Preparation == nil {
		cells := make([]cell, len(m.Features))
		for j := range cells {
			cells[j] = cell{column: j, fill: math.NaN()}
		}
		return cells, nil
	}
	var cells []cell
	for i := range m.Preparation.Columns {
		c := &m.Preparation.Columns[i]
		if c.Kind == prepare.Dropped {
			continue
		}
		reason := ""
		switch {
		case c.Kind == prepare.Categorical:
			reason = "it has categories, which are texts"
		case c.Indicator:
			reason = "it has an indicator of missing values"
		case c.Scale < 0:
			reason = "its scale is negative"
		}
		if reason != "" {
			return nil, &export.Error{Reason: "column " + c.Name + ": " + reason +
				", and XGBoost's format has no place for that: write a model of the prepared features, or write it as ONNX"}
		}
		one := cell{column: len(cells), fill: math.NaN(), center: c.Center, scale: c.Scale}
		if c.Fill != nil {
			one.fill = *c.Fill
		}
		cells = append(cells, one)
	}
	return cells, nil
}

// feature is what the learner sees of a value, as package prepare computes it.
func (c cell) feature(v float64) float64 {
	if v != v {
		v = c.fill
	}
	if c.scale == 0 {
		return v
	}
	return (v - c.center) / c.scale
}

// missingLeft is where a row without a value goes.
func (c cell) missingLeft(n learner.TreeNode) bool {
	if v := c.feature(math.NaN()); v == v {
		return v <= n.Threshold
	}
	return n.MissingLeft
}

// split is a split as XGBoost makes it: a float32 x goes left if x < below.
type split struct {
	below   float32
	swapped bool // the children change sides, since all values go to one of them that no finite threshold sends left
}

// splitOf finds the split that sends every finite float32 where the node sends it. Features do not fall where values
// rise, so those that go left are all up to some largest one, which a bisection over the float32 in their order finds.
func (c cell) splitOf(threshold float64) split {
	left := func(v float32) bool { return c.feature(float64(v)) <= threshold }
	switch {
	case left(math.MaxFloat32): // all go left: none is below the least, so all go right there
		return split{below: -math.MaxFloat32, swapped: true}
	case !left(-math.MaxFloat32): // none does
		return split{below: -math.MaxFloat32}
	}
	low, high := rank(-math.MaxFloat32), rank(math.MaxFloat32) // low goes left, high right
	for high-low > 1 {
		middle := low + (high-low)/2
		if left(unrank(middle)) {
			low = middle
		} else {
			high = middle
		}
	}
	return split{below: unrank(high)}
}

// mostCategory is the largest category of XGBoost, which are whole numbers from 0.
const mostCategory = 1<<24 - 1

// categoriesOf are the categories that go right if a node splits by them: the side where rows without a value do not go. All other
// values go left in XGBoost, also those that are no categories.
func (c cell) categoriesOf(n learner.TreeNode) ([]int, error) {
	side := n.Categories.Left
	if n.MissingLeft {
		side = n.Categories.Right
	}
	if c.scale != 0 || c.fill == c.fill {
		return nil, fmt.Errorf("it splits column %d by its categories, after a scaling or a filling in", c.column)
	}
	if len(side) == 0 {
		return nil, fmt.Errorf("it splits column %d by its categories, none of which go where missing values do not", c.column)
	}
	categories := make([]int, len(side))
	for i, v := range side {
		if v != math.Trunc(v) || v < 0 || v > mostCategory {
			return nil, fmt.Errorf("%v is a category of column %d, and those of XGBoost are whole numbers from 0 to %d", v, c.column, mostCategory)
		}
		categories[i] = int(v)
	}
	return categories, nil
}

// rank numbers the float32 in ascending order; -0 and 0 are one.
func rank(v float32) int64 {
	bits := int64(math.Float32bits(v) &^ (1 << 31))
	if v < 0 {
		return -bits
	}
	return bits
}

func unrank(n int64) float32 {
	if n < 0 {
		return -math.Float32frombits(uint32(-n))
	}
	return math.Float32frombits(uint32(n))
}
