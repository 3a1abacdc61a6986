package instances

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/sjwhitworth/golearn/base"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner/numeric"
)

// Columns are the attributes of one model: those golearn may look at and those
// it is to predict. They are made once for Fit and Predict, since golearn looks some of them up by
// pointer.
type Columns struct {
	Features []base.Attribute // all float or all binary
	Targets  []base.Attribute // all float, or one categorical
}

// Floats makes n float attributes; name must not be that of others in the
// same grid.
func Floats(name string, n int) []base.Attribute {
	attributes := make([]base.Attribute, n)
	for i := range attributes {
		attributes[i] = base.NewFloatAttribute(name + strconv.Itoa(i))
	}
	return attributes
}

// Bits makes n binary attributes; name is that of Floats.
func Bits(name string, n int) []base.Attribute {
	attributes := make([]base.Attribute, n)
	for i := range attributes {
		attributes[i] = base.NewBinaryAttribute(name + strconv.Itoa(i))
	}
	return attributes
}

// Category makes one categorical attribute with the values "0", "1", ... n-1.
func Category(n int) ([]base.Attribute, error) {
	values := make([]string, n)
	for i := range values {
		values[i] = strconv.Itoa(i)
	}
	text, err := json.Marshal(map[string]any{"values": values})
	if err != nil {
		return nil, err
	}
	// Not GetSysValFromString, which looks through all values to add one.
	a := base.NewCategoricalAttribute()
	if err := a.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	a.SetName("class")
	return []base.Attribute{a}, nil
}

// Grid is a base.DenseInstances whose memory can be written in bulk. Features
// and targets each have an attribute group of their own, which is what the fast path of
// golearn's nearest neighbours asks for.
type Grid struct {
	*base.DenseInstances
	columns           Columns
	binary            bool
	features, targets []byte // the groups' storage, row after row
	rowBytes          int    // of features
}

// Grid makes a grid of rows rows, all values 0.
func (c Columns) Grid(rows int) (*Grid, error) {
	g := &Grid{DenseInstances: base.NewDenseInstances(), columns: c}
	if len(c.Features) > 0 {
		_, g.binary = c.Features[0].(*base.BinaryAttribute)
	}
	featureBytes := 8
	if g.binary {
		featureBytes = 0 // golearn's sign for bits
	}
	for _, group := range []struct {
		name       string
		bytes      int
		attributes []base.Attribute
	}{{"features", featureBytes, c.Features}, {"targets", 8, c.Targets}} {
		if err := g.CreateAttributeGroup(group.name, group.bytes); err != nil {
			return nil, err
		}
		for _, a := range group.attributes {
			if _, err := g.AddAttributeToAttributeGroup(a, group.name); err != nil {
				return nil, err
			}
		}
	}
	for _, a := range c.Targets {
		if err := g.AddClassAttribute(a); err != nil {
			return nil, err
		}
	}
	if err := g.Extend(rows); err != nil {
		return nil, err
	}
	groups := g.AllAttributeGroups()
	g.features, g.targets = groups["features"].Storage(), groups["targets"].Storage()
	g.rowBytes = groups["features"].RowSizeInBytes()
	return g, nil
}

// SetFeature writes one feature; a binary one is v > 0.
func (g *Grid) SetFeature(row, column int, v float64) {
	if !g.binary {
		binary.LittleEndian.PutUint64(g.features[row*g.rowBytes+8*column:], math.Float64bits(v))
		return
	}
	at, bit := row*g.rowBytes+column/8, byte(1)<<(column%8)
	g.features[at] &^= bit
	if v > 0 {
		g.features[at] |= bit
	}
}

// SetColumn writes v in every row of a feature.
func (g *Grid) SetColumn(column int, v float64) {
	_, rows := g.Size()
	for i := range rows {
		g.SetFeature(i, column, v)
	}
}

// SetFeatures writes x (as many rows as the grid) into the features from
// column first on.
func (g *Grid) SetFeatures(first int, x *mat.Dense) {
	rows, _ := x.Dims()
	for i := range rows {
		g.SetRow(i, first, x.RawRowView(i))
	}
}

// SetRow writes one row's features from column first on.
func (g *Grid) SetRow(row, first int, values []float64) {
	for j, v := range values {
		g.SetFeature(row, first+j, v)
	}
}

// SetClasses writes the only, categorical target: places among its values.
func (g *Grid) SetClasses(places []float64) {
	for i, place := range places {
		binary.LittleEndian.PutUint64(g.targets[8*i:], uint64(place))
	}
}

// SetTarget writes one of the float targets.
func (g *Grid) SetTarget(row, target int, v float64) {
	binary.LittleEndian.PutUint64(g.targets[8*(row*len(g.columns.Targets)+target):], math.Float64bits(v))
}

// Answers reads the float targets out of a prediction of golearn's, rows x
// targets, in the order of Columns.Targets.
func (c Columns) Answers(from base.FixedDataGrid) (*mat.Dense, error) {
	_, rows := from.Size()
	answers := mat.NewDense(rows, len(c.Targets), nil)
	for j, a := range c.Targets {
		spec, err := from.GetAttribute(a)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			v := math.Float64frombits(binary.LittleEndian.Uint64(from.Get(spec, i)))
			if !numeric.IsFinite(v) {
				return nil, fmt.Errorf("row %d is answered with %v", i, v)
			}
			answers.Set(i, j, v)
		}
	}
	return answers, nil
}

// Class reads one row's categorical target out of a prediction of golearn's:
// its place among the values.
func (c Columns) Class(from base.FixedDataGrid, row int) (int, error) {
	spec, err := from.GetAttribute(c.Targets[0])
	if err != nil {
		return 0, err
	}
	return int(binary.LittleEndian.Uint64(from.Get(spec, row))), nil
}

// Copy makes a grid of its own of a view whose attributes are some of c's
// features and all its targets, with extra features in front (of value 0). A
// view can hide and repeat rows; each row is taken as the view gets it.
func (c Columns) Copy(view base.FixedDataGrid, extra []base.Attribute) (*Grid, error) {
	var specs []base.AttributeSpec
	own := Columns{Features: append([]base.Attribute(nil), extra...), Targets: c.Targets}
	for _, a := range c.Features {
		if spec, err := view.GetAttribute(a); err == nil { // else hidden
			specs, own.Features = append(specs, spec), append(own.Features, a)
		}
	}
	target, err := view.GetAttribute(c.Targets[0])
	if err != nil {
		return nil, err
	}
	_, rows := view.Size()
	g, err := own.Grid(rows)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		row := g.features[i*g.rowBytes+8*len(extra):]
		for j, spec := range specs {
			copy(row[8*j:8*j+8], view.Get(spec, i))
		}
		copy(g.targets[8*i:8*i+8], view.Get(target, i))
	}
	return g, nil
}
