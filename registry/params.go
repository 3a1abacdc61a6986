package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/internal/suggest"
)

// Param documents one parameter of a learner.
type Param struct {
	Name    string          `json:"name"`
	Type    string          `json:"type"` // integer, number, boolean, string, or "array of" one of those
	Default json.RawMessage `json:"default"`
	Limits  string          `json:"limits,omitempty"` // for people: ">= 1", "one of gini, entropy"
	Doc     string          `json:"doc"`
	Schema  map[string]any  `json:"schema"` // JSON Schema (2020-12) of the value
	// Training is set for a parameter that does not describe the model but how Fit trains it, for who trains
	// the learner without Fit: the name of the setting of a parameter server that says the same, after which may
	// stand a unit ("max_iter epochs", "tol relative"); [TrainingObjective], [TrainingDefault] or [TrainingOwn].
	Training string `json:"training,omitempty"`
	Open     bool   `json:"open,omitempty"` // packages that are linked may add to the options: see Optioned

	index []int // the path to the field, through embedded structs
}

// UnmarshalJSON reads what a Param is as JSON. In the schema the default keeps its text: 1.0 is not 1.
func (p *Param) UnmarshalJSON(text []byte) error {
	type plain Param
	if err := json.Unmarshal(text, (*plain)(p)); err != nil {
		return err
	}
	if _, has := p.Schema["default"]; has {
		p.Schema["default"] = p.Default
	}
	return nil
}

// What the tag "training" of a parameter may be beside the name of a setting.
const (
	TrainingObjective = "objective" // it is in what learner.Penalised says
	TrainingDefault   = "default"   // others than Fit can only do what the default says
	TrainingOwn       = "own"       // it steers the learner's own algorithm, which nobody else has
)

// Violation is one parameter that cannot be used.
type Violation struct {
	Param  string
	Reason string
	Open   bool // the value is not one of the options known here, to which linked packages may add
}

// ParamsError lists every parameter of a learner that cannot be used.
type ParamsError struct {
	Learner    string
	Violations []Violation
}

// Error joins the violations.
func (e *ParamsError) Error() string {
	var parts []string
	for _, v := range e.Violations {
		if v.Param == "" {
			parts = append(parts, v.Reason)
			continue
		}
		parts = append(parts, v.Param+": "+v.Reason)
	}
	return fmt.Sprintf("learner %q: %s", e.Learner, strings.Join(parts, "; "))
}

// add adds a violation.
func (e *ParamsError) add(param, format string, args ...any) {
	e.Violations = append(e.Violations, Violation{Param: param, Reason: fmt.Sprintf(format, args...)})
}

// Schemer is implemented by a parameter type that takes more than one kind of
// value, such as a count or a word. It reads itself with UnmarshalJSON (and
// refuses there what it cannot use) and writes itself with MarshalJSON.
type Schemer = setting.Schemer

// Optioned is implemented by a parameter struct with a parameter that takes one
// of several names, to which linked packages may add, such as that of a loss. Its
// ParamOptions returns the names that a parameter takes at the moment, the default
// among them, and nil for a parameter that is not of this kind. It takes the place
// of a "oneof" in the parameter's validate tag.
type Optioned = setting.Optioned

// Documented is implemented by a parameter struct that documents its parameters
// by their names, as their doc tags would, because lines would become too long.
type Documented = setting.Documented

// described is a parameter struct as its tags describe it.
type described struct {
	params []Param
	others []string // rules that only package validator can check
}

// reader reads parameter structs.
func reader() setting.Reader { return setting.Reader{Tag: "json"} }

// describe reads a parameter struct's fields and tags. The fields of an
// embedded struct count as the struct's own, so that learners may share
// parameters.
func describe(t reflect.Type) (described, error) {
	fields, err := reader().Fields(t)
	if err != nil {
		return described{}, fmt.Errorf("parameters: %w", err)
	}
	d := described{params: []Param{}}
	for _, f := range fields {
		p, err := paramOf(f)
		if err != nil {
			return described{}, fmt.Errorf("parameter %s: %w", f.Name, err)
		}
		d.params, d.others = append(d.params, p), append(d.others, f.Others()...)
	}
	return d, nil
}

func paramOf(f setting.Field) (Param, error) {
	typ, schema, err := setting.JSONType(f.Type)
	if err != nil {
		return Param{}, err
	}
	def, err := f.DefaultJSON()
	if err != nil {
		return Param{}, err
	}
	if err := f.Constrain(schema); err != nil {
		return Param{}, err
	}
	schema["description"], schema["default"] = f.Doc, def
	return Param{
		Name: f.Name, Type: typ, Default: def, Limits: f.Limits(), Doc: f.Doc, Schema: schema, Training: f.Training, Open: f.HasOptions(), index: f.Index,
	}, nil
}

// checkDefaults checks that the defaults pass the rules. Those that only package
// validator can check wait for a learner to be made if it is not linked, or not
// yet: the order in which packages are initialised says nothing about that.
func (d described) checkDefaults(t reflect.Type) error {
	for _, p := range d.params {
		if isType, outside := setting.Check(p.Schema, p.Name, p.Default); !isType || len(outside) > 0 {
			return fmt.Errorf("parameter %s: the default %s does not pass the validate tag", p.Name, p.Default)
		}
	}
	zero := reflect.New(t)
	if err := setDefaults(zero.Elem(), d.params); err != nil {
		return err
	}
	if len(d.others) == 0 || !setting.ChecksOthers() {
		return nil
	}
	for _, f := range setting.CheckOthers(reader(), zero.Interface()) {
		return fmt.Errorf("the defaults do not pass the validate tags: %s: want %s, got %v", f.Name, f.Rule, f.Value)
	}
	return nil
}

// AllRules is the package that brings package validator in.
const AllRules = "github.com/gochimera/chimera/registry/allrules"

// checkable is an error if there are rules that nothing in this program can
// check: no value passes unchecked.
func (d described) checkable() error {
	if len(d.others) == 0 || setting.ChecksOthers() {
		return nil
	}
	return fmt.Errorf("the rule %q of its parameters is one of package validator, which this program does not link: "+
		"import _ %q in the learner's package, or generate the worker's main again", d.others[0], AllRules)
}

func setDefaults(v reflect.Value, params []Param) error {
	for _, p := range params {
		if err := json.Unmarshal(p.Default, v.FieldByIndex(p.index).Addr().Interface()); err != nil {
			return fmt.Errorf("parameter %s: %w", p.Name, err)
		}
	}
	return nil
}

// CheckParams checks parameters, a JSON object, as far as their description
// goes: names, types, limits and options. What only the learner itself knows, it
// reports when it is made. The error is a *ParamsError.
func (i Info) CheckParams(raw json.RawMessage) error {
	if _, bad := i.check(raw); len(bad.Violations) > 0 {
		return bad
	}
	return nil
}

// check returns what is given, and everything in it that the description refuses.
func (i Info) check(raw json.RawMessage) (given map[string]json.RawMessage, bad *ParamsError) {
	bad = &ParamsError{Learner: i.Name}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, bad
	}
	if err := json.Unmarshal(raw, &given); err != nil {
		bad.add("", "parameters must be a mapping of names to values: %v", err)
		return nil, bad
	}
	outside := map[string][]Violation{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p := i.param(name)
		if p == nil {
			bad.add(name, "unknown parameter%s", suggest.Hint(name, i.paramNames()))
			continue
		}
		given[name] = i.Canonical(name, given[name])
		isType, wrong := setting.Check(p.Schema, name, given[name])
		if !isType {
			bad.add(name, "want %s, got %s", setting.Article(p.Type), bytes.TrimSpace(given[name]))
		}
		for _, o := range wrong {
			outside[name] = append(outside[name], Violation{Param: o.Path, Reason: "want " + p.Limits + ", got " + o.Got, Open: p.Open})
		}
	}
	for _, p := range i.Params {
		bad.Violations = append(bad.Violations, outside[p.Name]...)
	}
	return given, bad
}

// Canonical is a parameter's value with its numbers in their shortest form, 5.0 as 5, unless their
// type is their meaning, as a share of 1.0 is not a count of 1.
func (i Info) Canonical(name string, value json.RawMessage) json.RawMessage {
	if p := i.param(name); p != nil {
		return setting.Spelled(p.Schema, value)
	}
	return value
}

func (i Info) param(name string) *Param {
	at := slices.IndexFunc(i.Params, func(p Param) bool { return p.Name == name })
	if at < 0 {
		return nil
	}
	return &i.Params[at]
}

func (i Info) paramNames() []string {
	names := make([]string, len(i.Params))
	for j, p := range i.Params {
		names[j] = p.Name
	}
	return names
}

// decode fills p (a pointer to a parameter struct) with the defaults, then with
// raw, and checks that; every violation is reported.
func decode(name string, raw json.RawMessage, p any) error {
	v := reflect.ValueOf(p).Elem()
	d, err := describe(v.Type())
	if err != nil {
		return fmt.Errorf("learner %q: %w", name, err)
	}
	if err := d.checkable(); err != nil {
		return fmt.Errorf("learner %q: %w", name, err)
	}
	if err := setDefaults(v, d.params); err != nil {
		return fmt.Errorf("learner %q: %w", name, err)
	}
	info := Info{Name: name, Params: d.params}
	given, bad := info.check(raw)
	reported := bad.names()
	for _, key := range slices.Sorted(maps.Keys(given)) {
		param := info.param(key)
		if param == nil || reported[key] || string(bytes.TrimSpace(given[key])) == "null" { // null is as if it were not given
			continue
		}
		if err := json.Unmarshal(given[key], v.FieldByIndex(param.index).Addr().Interface()); err != nil {
			reported[key] = true
			bad.add(key, "want %s, got %s", setting.Article(param.Type), bytes.TrimSpace(given[key]))
		}
	}
	if len(d.others) > 0 {
		bad.addOthers(info, p, reported)
	}
	if len(bad.Violations) > 0 {
		return bad
	}
	return nil
}

// names are the parameters that have a violation.
func (e *ParamsError) names() map[string]bool {
	all := map[string]bool{}
	for _, v := range e.Violations {
		name, _, _ := strings.Cut(v.Param, "[")
		all[name] = true
	}
	return all
}

// addOthers adds what package validator finds for parameters without a violation.
func (e *ParamsError) addOthers(info Info, params any, reported map[string]bool) {
	for _, f := range setting.CheckOthers(reader(), params) {
		name, _, _ := strings.Cut(f.Name, "[")
		if reported[name] {
			continue
		}
		want := f.Rule
		if p := info.param(name); p != nil && p.Limits != "" {
			want = p.Limits
		}
		e.add(f.Name, "want %s, got %v", want, f.Value)
	}
}

// JSONSchema is the schema (2020-12) of the learner's parameters as one object.
func (i Info) JSONSchema() map[string]any {
	properties := make(map[string]any, len(i.Params))
	for _, p := range i.Params {
		properties[p.Name] = p.schema()
	}
	return map[string]any{"type": "object", "description": i.Summary, "properties": properties, "additionalProperties": false}
}
