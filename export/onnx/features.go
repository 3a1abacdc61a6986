package onnx

import (
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// features are what learners see of a row, rows x features of float64.
func (b *builder) features() value {
	p := b.model.Preparation
	if p == nil {
		return b.cast(b.input("X", b.outer, 0, int64(len(b.model.Features))), float64s)
	}
	var all columns
	for i := range p.Columns {
		if c := &p.Columns[i]; c.Kind == prepare.Categorical {
			all.categories = append(all.categories, c)
		} else if c.Kind != prepare.Dropped {
			all.numbers = append(all.numbers, c)
		}
	}
	order := all.order(p)
	features := b.join(b.inputs(&all))
	if slices.IsSorted(order) {
		return features
	}
	return b.op("Gather", []value{features, b.integers("order", order...)}, intAttr("axis", 1))
}

// columns are those of a preparation. Their features are made in blocks: all numbers, then the indicators of numbers, then
// category after category.
type columns struct {
	numbers, categories []*prepare.PreparedColumn
}

// inputs declares the inputs and makes the blocks.
func (b *builder) inputs(all *columns) []value {
	var numbers value
	of := map[string]value{}
	if len(all.categories) == 0 {
		numbers = b.input("X", b.outer, 0, int64(len(all.numbers)))
	} else {
		var each []value
		for _, name := range b.model.Columns() { // in their order
			if slices.ContainsFunc(all.categories, func(c *prepare.PreparedColumn) bool { return c.Name == name }) {
				of[name] = b.input(name, stringsT, 0, 1)
			} else {
				each = append(each, b.input(name, b.outer, 0, 1))
			}
		}
		if len(each) > 0 {
			numbers = b.join(each)
		}
	}
	var blocks []value
	if numbers != "" {
		blocks = b.prepared(numbers, all.numbers)
	}
	for _, c := range all.categories {
		blocks = append(blocks, b.category(of[c.Name], c))
	}
	return blocks
}

// prepared are the numbers, filled in and scaled, and the indicators of those that have one.
func (b *builder) prepared(raw value, of []*prepare.PreparedColumn) []value {
	width := []int64{1, int64(len(of))}
	fill, center, scale := make([]float64, len(of)), make([]float64, len(of)), slices.Repeat([]float64{1}, len(of))
	fills, scales := false, false
	var indicators []int64
	for j, c := range of {
		fill[j] = math.NaN()
		if c.Fill != nil {
			fill[j], fills = *c.Fill, true
		}
		if c.Scale != 0 {
			center[j], scale[j], scales = c.Center, c.Scale, true
		}
		if c.Indicator {
			indicators = append(indicators, int64(j))
		}
	}
	v := b.cast(raw, float64s)
	var missing value
	if fills || len(indicators) > 0 {
		missing = b.op("IsNaN", []value{v})
	}
	if fills {
		v = b.op("Where", []value{missing, b.doubles("fill", width, fill), v})
	}
	if scales {
		v = b.binary("Div", b.binary("Sub", v, b.doubles("center", width, center)), b.doubles("scale", width, scale))
	}
	if len(indicators) == 0 {
		return []value{v}
	}
	shown := b.op("Gather", []value{b.cast(missing, float64s), b.integers("indicators", indicators...)}, intAttr("axis", 1))
	return []value{v, shown}
}

// order is the place of each feature among the blocks.
func (all *columns) order(p *prepare.Preparation) []int64 {
	indicator, category := int64(len(all.numbers)), int64(len(all.numbers))
	for _, c := range all.numbers {
		if c.Indicator {
			category++
		}
	}
	number := int64(0)
	var order []int64
	for i := range p.Columns {
		c := &p.Columns[i]
		switch c.Kind {
		case prepare.Dropped:
		case prepare.Categorical:
			for range widthOf(c) {
				order = append(order, category)
				category++
			}
		default:
			order = append(order, number)
			number++
			if c.Indicator {
				order = append(order, indicator)
				indicator++
			}
		}
	}
	return order
}

// widthOf is how many features a column of categories has.
func widthOf(c *prepare.PreparedColumn) int {
	width := 1
	switch {
	case c.Encode == prepare.OneHot:
		width = groupsOf(c)
	case c.Targets != nil:
		width = len(c.Targets.Unknown)
	}
	if c.Indicator {
		width++
	}
	return width
}

func groupsOf(c *prepare.PreparedColumn) int {
	if len(c.Infrequent) > 0 {
		return len(c.Categories) + 1
	}
	return len(c.Categories)
}

// category are the features of a column of categories: a row of a table, which has one for each group of categories, one for
// a missing cell and one for an unknown category.
func (b *builder) category(in value, c *prepare.PreparedColumn) value {
	groups, width := groupsOf(c), widthOf(c)
	missing, unknown := int64(groups), int64(groups+1)
	groupOf := map[learner.Label]int64{}
	var keys []string
	var places []int64
	add := func(label learner.Label, group int) {
		groupOf[label] = int64(group)
		keys, places = append(keys, string(label)), append(places, int64(group))
	}
	for g, label := range c.Categories {
		add(label, g)
	}
	for _, label := range c.Infrequent {
		add(label, len(c.Categories))
	}
	table := make([]float64, 0, (groups+2)*width)
	for g := range groups {
		table = append(table, codeOf(c, g, width)...)
	}
	code := codeOf(c, missingCell, width) // of a missing cell
	refused := false                      // a missing cell stands for an unknown category, which the column refuses
	if c.FillCategory != nil {
		g, known := groupOf[*c.FillCategory]
		switch {
		case known:
			code = codeOf(c, int(g), width)
		case c.Unknown == prepare.Refuse:
			refused = true
		default:
			code = codeOf(c, unknownCell, width)
		}
	}
	if c.Indicator {
		code[width-1] = 1
	}
	table = append(table, code...)
	rows := int64(groups + 1)
	if c.Unknown != prepare.Refuse { // else the index is out of range, which ends the runtime's work
		table = append(table, codeOf(c, unknownCell, width)...)
		rows++
	}
	if refused {
		missing = unknown
	}
	keys, places = append(keys, ""), append(places, missing)
	place := b.op("ml/LabelEncoder", []value{in}, stringsAttr("keys_strings", keys), intsAttr("values_int64s", places), intAttr("default_int64", unknown))
	found := b.op("Gather", []value{b.doubles("codes", []int64{rows, int64(width)}, table), place})
	return b.op("Reshape", []value{found, b.integers("shape", -1, int64(width))})
}

// What a cell without a group is instead of one.
const (
	missingCell = -1
	unknownCell = -2
)

// codeOf are the features of a cell in a group, of a missing cell or of an unknown category, as package prepare makes them.
func codeOf(c *prepare.PreparedColumn, group, width int) []float64 {
	code := make([]float64, width)
	single := func(known func() float64, unknown float64) {
		switch group {
		case missingCell:
			code[0] = math.NaN()
		case unknownCell:
			code[0] = unknown
		default:
			code[0] = known()
		}
	}
	switch c.Encode {
	case prepare.OneHot:
		if group >= 0 {
			code[group] = 1
		}
	case prepare.Ordinal:
		unknown := math.NaN()
		if c.UnknownCode != nil {
			unknown = *c.UnknownCode
		}
		single(func() float64 { return float64(group) }, unknown)
	case prepare.Frequency:
		single(func() float64 { return c.Shares[group] }, 0)
	case prepare.Target:
		for k, unknown := range c.Targets.Unknown {
			switch group {
			case missingCell:
				code[k] = math.NaN()
			case unknownCell:
				code[k] = unknown
			default:
				code[k] = c.Targets.Groups[group][k]
			}
		}
	}
	return code
}
