package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/internal/suggest"
	"github.com/gochimera/chimera/registry"
)

// Catalogue knows learners by name, whether they are linked into this program
// (*registry.Registry) or only described. Lookup's error for a name that it
// does not have is a *registry.UnknownError, and Check's for bad parameters a
// *registry.ParamsError.
type Catalogue interface {
	List() []registry.Info
	Lookup(name string) (registry.Info, error)
	Check(name string, params json.RawMessage) error
}

var _ Catalogue = (*registry.Registry)(nil)

// CheckWorker checks worker i's learner and parameters against a catalogue,
// such as what the built worker says of its own learners. The error is an
// Errors with the places in chimera.yaml.
func (c *Config) CheckWorker(i int, catalogue Catalogue) error {
	if c.Workers[i].Learner == "" {
		return nil
	}
	info, errs := c.checkLearner(i, catalogue, true)
	if len(errs) == 0 && info != nil {
		errs, _ = c.follow(i, *info)
	}
	if len(errs) > 0 {
		return errs.sorted()
	}
	return nil
}

// checkLearner checks worker i's learner, or with i = -1 the default one. A
// learner that is not in the catalogue may be the project's own if it has
// packages, unless the catalogue is known to have those too (complete); so may
// a name that an open parameter has, such as that of a loss.
func (c *Config) checkLearner(i int, catalogue Catalogue, complete bool) (*registry.Info, Errors) {
	path, own, name, params := "learner", "", c.Learner, c.Params
	if i >= 0 {
		name, params, own = c.Workers[i].Learner, c.Workers[i].Params, index("workers", i)+"."
		if c.Given(own + "learner") {
			path = own + "learner"
		}
	}
	at := c.places.nearest(path)
	fail := func(problem, hint string) Errors {
		return Errors{{File: at.file, Line: at.line, Column: at.column, Field: path, Problem: problem, Hint: hint}}
	}
	info, err := catalogue.Lookup(name)
	if unknown := (*registry.UnknownError)(nil); errors.As(err, &unknown) {
		if len(c.Packages) > 0 && !complete {
			return nil, nil
		}
		advice := hint(suggest.Hint(name, unknown.Known))
		if advice == "" {
			advice = "`chimera learners` lists them; your own need their folder under packages:"
		}
		return nil, fail(fmt.Sprintf("unknown learner %q", name), advice)
	}
	if err != nil {
		return nil, fail(err.Error(), "")
	}
	var errs Errors
	kind := c.Kind()
	if need, lacks := kind.Lacks(info); lacks {
		var able []string
		for _, other := range catalogue.List() {
			if _, lacks := kind.Lacks(other); !lacks {
				able = append(able, other.Name)
			}
		}
		advice := ""
		if len(able) > 0 {
			advice = "these can: " + strings.Join(able, ", ")
		}
		errs = fail(fmt.Sprintf("%s master cannot train %s: %s", setting.Article(string(c.Master)), name, need.Lacking), advice)
	}
	err = catalogue.Check(name, json.RawMessage(params.JSON()))
	if len(c.Packages) > 0 && !complete {
		sure := withoutOpen(err)
		if i >= 0 {
			c.Workers[i].NamesOwn = sure != err //nolint:errorlint // whether it is another error, not which kind
		}
		err = sure
	}
	return &info, append(errs, c.paramErrors(own, info, err)...)
}

// withoutOpen is what is wrong with parameters whatever the project's own
// packages register: the program that links them checks the rest.
func withoutOpen(err error) error {
	var bad *registry.ParamsError
	if !errors.As(err, &bad) {
		return err
	}
	sure := slices.DeleteFunc(slices.Clone(bad.Violations), func(v registry.Violation) bool { return v.Open })
	switch len(sure) {
	case 0:
		return nil
	case len(bad.Violations):
		return err
	}
	return &registry.ParamsError{Learner: bad.Learner, Violations: sure}
}

// paramErrors places what a catalogue says of a worker's parameters: at the
// worker's own, or at the default ones, whichever gave the parameter.
func (c *Config) paramErrors(own string, info registry.Info, err error) Errors {
	if err == nil {
		return nil
	}
	var bad *registry.ParamsError
	if !errors.As(err, &bad) {
		bad = &registry.ParamsError{Violations: []registry.Violation{{Reason: err.Error()}}}
	}
	var errs Errors
	for _, v := range bad.Violations {
		name, _, _ := strings.Cut(v.Param, "[")
		params := "params"
		if _, ok := c.keys[join(own+"params", name)]; ok || v.Param == "" && c.Given(own+"params") {
			params = own + "params"
		}
		path := params
		if v.Param != "" {
			path = join(params, v.Param)
		}
		at := c.places.nearest(path)
		if key, ok := c.keys[path]; ok && !hasParam(info, name) {
			at = key
		}
		problem, advice, _ := strings.Cut(v.Reason, "; ")
		if v.Open && advice == "" && len(c.Packages) == 0 {
			advice = "one of your own needs the folder that registers it under packages:"
		}
		errs = append(errs, &Error{File: at.file, Line: at.line, Column: at.column, Field: path, Problem: problem, Hint: advice})
	}
	return errs
}

func hasParam(info registry.Info, name string) bool {
	for _, p := range info.Params {
		if p.Name == name {
			return true
		}
	}
	return false
}

// checkLearners checks the default learner and every worker's, and that they
// fit each other.
func (l *loader) checkLearners() {
	if l.opts.Catalogue == nil {
		return
	}
	l.cfg.places, l.cfg.keys = l.places, l.keys
	if l.cfg.Learner != "" && !l.unusable("learner") {
		_, errs := l.cfg.checkLearner(-1, l.opts.Catalogue, false)
		l.errs = append(l.errs, errs...)
	}
	defer func() {
		infos := make([]*registry.Info, len(l.cfg.Workers))
		for i, w := range l.cfg.Workers {
			infos[i] = w.Info
		}
		l.notes = append(l.notes, Unrepeatable(infos)...)
	}()
	first := -1
	for i := range l.cfg.Workers {
		w, path := &l.cfg.Workers[i], index("workers", i)+".learner"
		if w.Learner == "" || l.unusable(path) || !l.given(path) && l.unusable("learner") {
			continue
		}
		info, errs := l.cfg.checkLearner(i, l.opts.Catalogue, false)
		l.errs = append(l.errs, errs...)
		w.Info = info
		if info != nil && info.Shipped() { // of others a program knows more or less: what is generated must not depend on that
			w.Params = w.Params.canonical(*info)
		}
		switch {
		case info == nil:
		case first < 0:
			first = i
		case info.Task != l.cfg.Workers[first].Info.Task:
			one := l.cfg.Workers[first]
			problem := fmt.Sprintf("%s is for %s, but %s of worker %s is for %s", w.Learner, info.Task, one.Learner, one.Name, one.Info.Task)
			l.fail(path, problem, "the workers of one model have one task")
		}
	}
}

// Unrepeatable are notes, one for each learner among those of the workers whose fits differ with the
// same seed; nil where nothing is known of a worker's learner.
func Unrepeatable(infos []*registry.Info) []string {
	var notes []string
	for _, info := range infos {
		if info == nil || !info.Traits.NonDeterministic {
			continue
		}
		note := fmt.Sprintf("%s is not deterministic: two fits with one seed differ, so seed: does not give the same bits twice", info.Name)
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes
}
