package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/prepare"
)

// Prepare is how rows become the numbers that learners see: the section prepare, which may also be one
// of the words auto and none. Names of columns are as [cell.Name] has them.
type Prepare struct{ prepare.Settings }

// ParamSchema names the type: a word, or a section.
func (Prepare) ParamSchema() (string, map[string]any) {
	return "auto, none, or a mapping of settings", map[string]any{"oneOf": []any{
		map[string]any{"enum": []string{prepare.Auto, prepare.None}},
		sectionSchema(reflect.TypeFor[Prepare](), nil),
	}}
}

// decodeNode reads a word, or the settings.
func (p *Prepare) decodeNode(d *decoder, path string, n ast.Node) {
	*p = Prepare{}
	setDefaults(reflect.ValueOf(p).Elem())
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		d.structure(path, n, reflect.ValueOf(p).Elem())
	case *ast.SequenceNode:
		d.fail(path, "want auto, none, or a mapping of settings, got "+describe(n), "")
	default:
		if problem, _ := scalarOf(n).Set(reflect.ValueOf(&p.Mode).Elem(), "one of auto, none"); problem != "" {
			d.fail(path, strings.Replace(problem, "one of auto, none", "auto, none, or a mapping of settings", 1), "")
			return
		}
		d.places[join(path, "mode")] = d.placeOf(n)
	}
}

// Given reports whether anything but the word auto is asked for: then a preparation that cannot be made is
// refused rather than left out.
func (p Prepare) Given() bool {
	var plain prepare.Settings
	setDefaults(reflect.ValueOf(&plain).Elem())
	return !reflect.DeepEqual(plain, p.Settings)
}

// columns decodes the settings of single columns.
func (d *decoder) columns(path string, n ast.Node, v reflect.Value) {
	entries, ok := d.mapping(path, n, "a mapping of columns to settings")
	if !ok {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
	first := map[string]string{}
	for _, e := range entries {
		name := cell.Name(e.name)
		if other, ok := first[name]; ok {
			d.add(e.at, join(path, e.name), "given twice", fmt.Sprintf("columns are told apart by more than case and blanks, and %q is there already", other))
			continue
		}
		first[name] = e.name
		column := reflect.New(v.Type().Elem()).Elem()
		d.keys[join(path, name)] = e.at
		d.value(join(path, name), e.value, column, "a mapping of settings")
		v.SetMapIndex(reflect.ValueOf(name), column)
	}
}

// checkPrepare checks the rules of single columns, and what depends on more than one setting.
func (l *loader) checkPrepare() {
	p := &l.cfg.Prepare
	for i, name := range p.Drop {
		p.Drop[i] = cell.Name(name)
	}
	names := slices.Sorted(maps.Keys(p.Columns))
	for _, name := range names {
		column := p.Columns[name]
		l.checkSection(join("prepare.columns", name), &column)
	}
	if p.Mode == prepare.None {
		l.checkUnprepared(names)
		return
	}
	l.checkDropped()
	l.checkFill(names)
	l.checkKernel(names)
	l.checkFrequency("prepare.min_frequency", p.MinFrequency)
	for _, name := range names {
		l.checkColumn(name, p.Columns[name])
	}
}

// checkUnprepared refuses settings of a preparation that is none.
func (l *loader) checkUnprepared(columns []string) {
	for _, f := range l.fields(reflect.TypeFor[Prepare]()) {
		path := join("prepare", f.Name)
		if f.Name == "columns" && len(columns) == 0 || f.Name == "mode" || !l.given(path) || l.unusable(path) {
			continue
		}
		l.fail(path, "this has no effect with mode: none", "remove it, or the mode")
	}
}

// checkDropped checks the columns that are not used.
func (l *loader) checkDropped() {
	p := l.cfg.Prepare
	seen := map[string]bool{}
	for i, name := range p.Drop {
		path := index("prepare.drop", i)
		switch _, also := p.Columns[name]; {
		case l.unusable(path):
		case name == "":
			l.fail(path, "want the name of a column", "")
		case seen[name]:
			l.fail(path, fmt.Sprintf("the column %q is there already", name), "")
		case also:
			l.fail(path, fmt.Sprintf("the column %q is dropped here and has settings under columns:", name), "remove one of the two")
		case name == cell.Name(string(l.cfg.Target)):
			l.fail(path, fmt.Sprintf("%q is the target", name), "name another column, or another target:")
		}
		seen[name] = true
	}
}

// checkFill checks that a value to fill in and impute: constant come together.
func (l *loader) checkFill(columns []string) {
	p := l.cfg.Prepare
	constant := p.Impute == "constant"
	if constant && p.FillValue == "" {
		l.fail("prepare.impute", "constant needs fill_value: the constant", "")
	}
	for _, name := range columns {
		c := p.Columns[name]
		own := c.Impute == "constant" || c.Impute == "" && p.Impute == "constant"
		path := join("prepare.columns", name)
		switch {
		case c.FillValue != "" && !own:
			l.fail(path+".fill_value", "it has no effect without impute: constant", "")
		case c.Impute == "constant" && c.FillValue == "" && p.FillValue == "":
			l.fail(path+".impute", "constant needs fill_value: the constant", "")
		}
		constant = constant || c.Impute == "constant" && c.FillValue == ""
	}
	if p.FillValue != "" && !constant {
		l.fail("prepare.fill_value", "it has no effect without impute: constant", "")
	}
}

// checkKernel checks that the settings of an approximated kernel come with one, and that rows are whole for it.
func (l *loader) checkKernel(columns []string) {
	p := l.cfg.Prepare
	if p.Approximation == prepare.None {
		const why, remedy = "it has no effect without kernel_approximation", "set that to rbf-sampler or nystroem, or remove this"
		if p.Gamma != prepare.DefaultGamma && l.given("prepare.gamma") {
			l.fail("prepare.gamma", why, remedy)
		}
		if p.Components != prepare.DefaultComponents && l.given("prepare.n_components") {
			l.fail("prepare.n_components", why, remedy)
		}
		return
	}
	const why = "an approximated kernel compares whole rows, so that no cell may stay without a number"
	const remedy = "set it to auto, mean, median, most_frequent or constant"
	if p.Impute == prepare.None {
		l.fail("prepare.impute", why, remedy)
	}
	for _, name := range columns {
		if p.Columns[name].Impute == prepare.None {
			l.fail(join("prepare.columns", name)+".impute", why, remedy)
		}
	}
}

// checkFrequency checks that a frequency is a share or a number of rows.
func (l *loader) checkFrequency(path string, v float64) {
	if v >= 1 && v != math.Trunc(v) && !l.unusable(path) {
		text := strconv.FormatFloat(v, 'g', -1, 64)
		l.fail(path, "want a share of the rows below 1, or a whole number of them, got "+text, "")
	}
}

// checkColumn checks that a column's settings are for what it is.
func (l *loader) checkColumn(name string, c prepare.Column) {
	path := join("prepare.columns", name)
	if name == cell.Name(string(l.cfg.Target)) && name != "" {
		l.fail(path, fmt.Sprintf("%q is the target, which is not prepared", name), "")
		return
	}
	l.checkFrequency(path+".min_frequency", c.MinFrequency)
	useless := func(setting, why string) {
		if at := join(path, setting); l.given(at) && !l.unusable(at) {
			l.fail(at, "it has no effect: "+why, "remove it, or the kind")
		}
	}
	switch c.Kind {
	case prepare.Dropped:
		for _, f := range l.fields(reflect.TypeFor[prepare.Column]()) {
			if f.Name != "kind" {
				useless(f.Name, "the column is dropped")
			}
		}
	case prepare.Numeric:
		for _, f := range []string{"encode", "min_frequency", "unknown"} {
			useless(f, "the column is numeric and has no categories")
		}
	case prepare.Categorical:
		if c.Impute == "mean" || c.Impute == "median" {
			l.fail(path+".impute", "categories have no "+c.Impute, "most_frequent, constant and none are for categories")
		}
	}
}

// fillValue is a text that may be written as a number or a boolean.
const fillValue = "fill_value"

// asText is the scalar of a setting that is a text, but may be written as a number or a boolean: fill_value.
func asText(path string, s setting.Scalar) setting.Scalar {
	if strings.HasSuffix(path, "."+fillValue) {
		return setting.Scalar{Text: s.Text}
	}
	return s
}
