package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/registry"
)

// follow lets the settings of a kind that trains without the learner's Fit follow what the parameters
// of worker i, which are those of all, say of training: the section of the kind is stronger, its defaults are
// weaker. It returns what cannot be followed, and notes on what the section overrides.
func (c *Config) follow(i int, info registry.Info) (errs Errors, notes []string) {
	k := c.Kind()
	follower, ok := c.sections[k.Name].(distribute.Follower)
	if !ok {
		return nil, nil
	}
	for _, p := range info.Params {
		raw, given := c.Workers[i].Params[p.Name]
		if !given || p.Training == "" {
			continue
		}
		path := index("workers", i) + ".params." + p.Name
		if _, own := c.keys[path]; !own {
			path = "params." + p.Name
		}
		problem, advice := "", ""
		switch p.Training {
		case registry.TrainingOwn:
			problem, advice = "it steers the learner's own algorithm, and "+setting.Article(words(k))+" has another, so this would do nothing",
				"leave it out; the settings of the training are in "+k.Section
		case registry.TrainingDefault:
			if !bytes.Equal(raw, p.Default) {
				problem, advice = fmt.Sprintf("%s can only do %s, got %s", setting.Article(words(k)), p.Default, raw), "leave it out"
			}
		case registry.TrainingObjective:
			if over := c.overriding(k, "penalty", "alpha", "l1_ratio"); over != "" {
				notes = append(notes, overrides(c.keys[path], path, over))
			} else {
				problem, advice = follower.Follow(registry.TrainingObjective, "")
			}
		default:
			name, unit, _ := strings.Cut(p.Training, " ")
			if over := c.overriding(k, name); over != "" {
				notes = append(notes, overrides(c.keys[path], path, over))
			} else {
				problem, advice = c.followOne(k, follower, name, unit, raw)
			}
		}
		if problem != "" {
			errs = append(errs, c.Problem(path, problem, advice))
		}
	}
	return errs, notes
}

// overriding is the first of a section's settings that was written, or nothing.
func (c *Config) overriding(k distribute.Kind, settings ...string) string {
	for _, name := range settings {
		if path := join(k.Section, name); c.Given(path) {
			return path
		}
	}
	return ""
}

func overrides(at place, path, over string) string {
	return fmt.Sprintf("%s:%d:%d: %s has no effect: %s is given, and is stronger", at.file, at.line, at.column, path, over)
}

// followOne gives a parameter's value to one setting.
func (c *Config) followOne(k distribute.Kind, follower distribute.Follower, name, unit string, raw json.RawMessage) (problem, advice string) {
	list := fields(k.SettingsType())
	at := slices.IndexFunc(list, func(f field) bool { return f.Name == name })
	if at < 0 {
		return setting.Article(words(k)) + " has no such setting, so this would do nothing", "leave it out"
	}
	f := list[at]
	_, schema, err := setting.JSONType(f.Type)
	if err == nil {
		err = f.Constrain(schema)
	}
	if err != nil {
		return err.Error(), ""
	}
	if isType, outside := setting.Check(schema, name, raw); !isType || len(outside) > 0 {
		return fmt.Sprintf("for %s, want %s, got %s", setting.Article(words(k)), f.want(), raw), "leave it out, or say " + k.Section + ": {" + name + ": ...}"
	}
	v := f.in(reflect.ValueOf(c.sections[k.Name]).Elem())
	before := reflect.ValueOf(v.Interface())
	if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
		return err.Error(), ""
	}
	if problem, advice = follower.Follow(name, unit); problem != "" {
		v.Set(before) // what else is wrong is not its fault
	}
	return problem, advice
}

// followLearner lets the settings follow the learner's parameters.
func (l *loader) followLearner() {
	for i, w := range l.cfg.Workers {
		if w.Info == nil {
			continue
		}
		l.cfg.places, l.cfg.keys = l.places, l.keys
		errs, notes := l.cfg.follow(i, *w.Info)
		for _, e := range errs {
			l.bad[e.Field] = true
		}
		l.errs, l.notes = append(l.errs, errs...), append(l.notes, notes...)
		return
	}
}
