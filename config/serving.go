package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gochimera/chimera/distribute"
)

// ServingYAML is a chimera.yaml for a program that serves a model of this project without its workers and their rows: what
// the project is, how a fit was made, how requests are answered and who is told of them. Parse reads it, and its FitHash is that of c,
// unless workers have an address or faults, which are left out like everything else that says where workers run.
func (c *Config) ServingYAML() string {
	var b strings.Builder
	line := func(name string, v any) {
		text, _ := json.Marshal(v) // what came from YAML can be written
		fmt.Fprintf(&b, "%s: %s\n", name, text)
	}
	line("project", c.Project)
	line("master", c.Master)
	line("seed", c.Seed)
	if c.Threshold != 0 {
		line("threshold", c.Threshold)
	}
	if packages := c.Imports; len(packages) > 0 {
		line("packages", packages)
	} else if len(c.Packages) > 0 { // it was not loaded from a folder
		line("packages", c.Packages)
	}
	if c.Target != "" {
		line("target", c.Target)
	}
	line("data", c.section("data", true))
	line("prepare", c.section("prepare", c.Prepare.Mode == "auto"))
	b.WriteString("workers:\n")
	for _, w := range c.Workers {
		text, _ := json.Marshal(w.serving())
		fmt.Fprintf(&b, "  - %s\n", text)
	}
	if k := c.Kind(); k.Section != "" {
		// What follows the learner's parameters does so again.
		_, follows := c.sections[k.Name].(distribute.Follower)
		line(k.Section, c.section(k.Section, !follows))
	}
	line("limits", c.section("limits", true))
	if given := c.section("telemetry", false); len(given) > 0 {
		line("telemetry", given)
	}
	return b.String()
}

// SettingsJSON are all settings of the kind of distribution, named as in chimera.yaml; nil for a kind without.
func (c *Config) SettingsJSON() json.RawMessage {
	k := c.Kind()
	if k.Section == "" {
		return nil
	}
	text, _ := json.Marshal(c.section(k.Section, true)) // what came from YAML can be written
	return text
}

// serving is what of a worker says how its learner was fitted.
func (w Worker) serving() map[string]any {
	m := map[string]any{"name": w.Name, "seed": w.Seed, "bootstrap": w.Bootstrap, "weight": w.Weight}
	if w.Learner != "" {
		m["learner"] = w.Learner
		m["params"] = json.RawMessage(w.Params.JSON())
	}
	if w.Layers > 0 {
		m["layers"] = w.Layers
	}
	return m
}

// section is a section as it is written: all its settings, or those that were given.
func (c *Config) section(name string, all bool) map[string]any {
	top := fields(reflect.TypeFor[Config]())
	f, _, _ := find(top, name) // the names are this file's
	v := f.in(reflect.ValueOf(c).Elem())
	m := map[string]any{}
	for _, f := range fields(v.Type()) {
		if all || c.Given(join(name, f.Name)) {
			if s := settingOf(f.in(v)); s != nil {
				m[f.Name] = s
			}
		}
	}
	return m
}

// settingOf is a value as it is written in chimera.yaml; nil for what was not given.
func settingOf(v reflect.Value) any {
	if words, ok := v.Interface().(fmt.Stringer); ok && v.Kind() != reflect.Pointer {
		return words.String()
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return settingOf(v.Elem())
	case reflect.String:
		if v.Len() == 0 {
			return nil
		}
		return v.String()
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = v.Index(i).Interface()
		}
		return list
	case reflect.Map:
		if v.Len() == 0 {
			return nil
		}
		m := map[string]any{}
		for _, key := range slices.SortedFunc(maps.Keys(keysOf(v)), strings.Compare) {
			m[key] = settingOf(v.MapIndex(reflect.ValueOf(key)))
		}
		return m
	case reflect.Struct:
		m := map[string]any{}
		for _, f := range fields(v.Type()) {
			if s := settingOf(f.in(v)); s != nil {
				m[f.Name] = s
			}
		}
		return m
	default:
		return v.Interface()
	}
}

func keysOf(v reflect.Value) map[string]bool {
	keys := make(map[string]bool, v.Len())
	for _, k := range v.MapKeys() {
		keys[k.String()] = true
	}
	return keys
}
