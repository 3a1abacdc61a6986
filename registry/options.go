package registry

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Optioner is implemented by a parameter struct with a parameter that takes one
// of several names, to which linked packages may add, such as that of a loss.
// It takes the place of a "oneof" in the parameter's validate tag.
type Optioner interface {
	// ParamOptions are the names that a parameter takes at the moment, the
	// default among them; nil for a parameter that is not of this kind. It must
	// not depend on the struct's values.
	ParamOptions(param string) []string
}

// open marks the parameters of t that take names to which linked packages may
// add, with the names that there are now.
func open(t reflect.Type, params []Param) error {
	o, ok := reflect.New(t).Interface().(Optioner)
	if !ok {
		return nil
	}
	for i := range params {
		p := &params[i]
		options := o.ParamOptions(p.Name)
		if options == nil {
			continue
		}
		if p.Type != "string" {
			return fmt.Errorf("parameter %s has options, but is %s", p.Name, article(p.Type))
		}
		var name string
		if err := json.Unmarshal(p.Default, &name); err != nil || !slices.Contains(options, name) {
			return fmt.Errorf("parameter %s: the default %s is none of its options %s", p.Name, p.Default, strings.Join(options, ", "))
		}
		p.Open, p.Schema["enum"], p.Limits = true, options, "one of "+strings.Join(options, ", ")
	}
	return nil
}

// unlisted lists the open parameters of a struct whose value is none of their
// options.
func unlisted(v reflect.Value, params []Param, skip map[string]bool) []Violation {
	var all []Violation
	for _, p := range params {
		if !p.Open || skip[p.Name] {
			continue
		}
		value := v.FieldByIndex(p.index).String()
		if options, _ := p.Schema["enum"].([]string); !slices.Contains(options, value) {
			all = append(all, Violation{Param: p.Name, Reason: fmt.Sprintf("want %s, got %v", p.Limits, value), Open: true})
		}
	}
	return all
}

// current is what is known of a learner with the options that there are now: a
// package that adds one may be linked after the learner's.
func (r registered) current() Info {
	info := r.info
	if info.Open() {
		if params, err := describe(r.params); err == nil {
			info.Params = params
		}
	}
	return info
}

// Open reports whether a parameter of the learner takes names to which linked
// packages may add.
func (i Info) Open() bool { return slices.ContainsFunc(i.Params, func(p Param) bool { return p.Open }) }

// schema is the parameter's schema for editors. The options of an open
// parameter are examples there, since a project may have more.
func (p Param) schema() map[string]any {
	if !p.Open {
		return p.Schema
	}
	s := maps.Clone(p.Schema)
	delete(s, "enum")
	s["examples"] = p.Schema["enum"]
	return s
}
