package registry

import (
	"maps"
	"slices"
)

// current is what is known about a learner, with the options that exist now: a
// package that adds one may be initialised after the learner's.
func (r registered) current() Info {
	info := r.info
	if info.Open() {
		if d, err := describe(r.params); err == nil {
			info.Params = d.params
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
