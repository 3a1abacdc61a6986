package tune

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/suggest"
	"github.com/gochimera/chimera/registry"
)

// fixed are settings that say how a project is run and not what its model is.
var fixed = []string{"project", "master", "launcher", "packages", "workers", "endpoints", "limits", "access", "restart", "network", "target", "data"}

// Space is the chimera.yaml of a project and the settings of it that are tried.
type Space struct {
	Params []Param

	base      *trial.Document
	project   *config.Config
	catalogue config.Catalogue
	paths     []string // of each parameter in chimera.yaml; "" for those of learners
}

// NewSpace checks names and values: every listed value, and the bounds of distributions, must load when it alone is
// changed. text is the project's chimera.yaml, and the catalogue knows the learners of the project too. The error
// says all that is wrong.
func NewSpace(params []Param, text []byte, project *config.Config, catalogue config.Catalogue) (*Space, error) {
	base, err := trial.ParseDocument(text)
	if err != nil {
		return nil, err
	}
	s := &Space{Params: params, base: base, project: project, catalogue: catalogue, paths: make([]string, len(params))}
	var problems []error
	for i, p := range params {
		if slices.ContainsFunc(params[:i], func(other Param) bool { return other.Name == p.Name }) {
			problems = append(problems, fmt.Errorf("--param %s is there twice: list its values in one", p.Name))
			continue
		}
		if err := s.find(i); err != nil {
			problems = append(problems, err)
			continue
		}
		for _, value := range p.ends() {
			if err := s.try(i, value); err != nil {
				problems = append(problems, err)
			}
		}
	}
	return s, errors.Join(problems...)
}

// find says where a parameter stands in chimera.yaml.
func (s *Space) find(i int) error {
	name := s.Params[i].Name
	top, _, nested := strings.Cut(name, ".")
	if top == "params" && nested {
		name = strings.TrimPrefix(name, "params.")
		s.Params[i].Name = name
	} else if nested {
		return s.setting(i)
	}
	if s.base.Clone().SetParam(name, 0, s.has(name)) {
		return nil
	}
	settings := s.settings()
	if slices.Contains(settings, name) || slices.Contains(fixed, name) {
		return s.setting(i)
	}
	known := settings
	for _, l := range s.learners() {
		if info, err := s.catalogue.Lookup(l); err == nil {
			for _, p := range info.Params {
				known = append(known, p.Name)
			}
		}
	}
	return fmt.Errorf("--param %s: neither a parameter of %s nor a setting%s", name, strings.Join(s.learners(), ", "), suggest.Hint(name, known))
}

func (s *Space) setting(i int) error {
	name := s.Params[i].Name
	top, _, _ := strings.Cut(name, ".")
	if slices.Contains(fixed, top) {
		const why = "--param %s: it says how the project runs and not what its model is; want a learner's parameter, or a setting such as seed or those of %s"
		return fmt.Errorf(why, name, s.project.Master)
	}
	s.paths[i] = name
	return nil
}

// settings are the names of all settings that can be tried.
func (s *Space) settings() []string {
	var names []string
	for _, row := range config.Reference() {
		top, _, _ := strings.Cut(row.Path, ".")
		if top != "params" && !slices.Contains(fixed, strings.TrimSuffix(top, "[]")) && !strings.Contains(row.Path, "[]") {
			names = append(names, row.Path)
		}
	}
	return names
}

// learners are those of the project and those that are tried, each once.
func (s *Space) learners() []string {
	var names []string
	for _, w := range s.project.Workers {
		if !slices.Contains(names, w.Learner) {
			names = append(names, w.Learner)
		}
	}
	return names
}

// has says which learners have a parameter.
func (s *Space) has(param string) func(string) bool {
	return func(name string) bool {
		info, err := s.catalogue.Lookup(name)
		return err == nil && slices.ContainsFunc(info.Params, func(p registry.Param) bool { return p.Name == param })
	}
}

// try checks one value of one parameter.
func (s *Space) try(i int, text string) error {
	d := s.base.Clone()
	err := s.set(d, i, text)
	if err == nil && s.paths[i] == "learner" {
		err = s.linked(text)
	}
	if err == nil {
		err = s.loads(d)
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("--param %s=%s: %w", s.Params[i].Name, text, err)
}

func (s *Space) set(d *trial.Document, i int, text string) error {
	value, err := trial.ParseValue(text)
	if err != nil {
		return err
	}
	if path := s.paths[i]; path != "" {
		d.Set(path, value)
	} else if name := s.Params[i].Name; !d.SetParam(name, value, s.has(name)) {
		return fmt.Errorf("no learner has the parameter %s", name)
	}
	return nil
}

// loads reads a chimera.yaml as the project would.
func (s *Space) loads(d *trial.Document) error {
	text, err := d.Text()
	if err != nil {
		return err
	}
	_, err = config.Parse(config.FileName, text, config.Options{Dir: s.project.Dir, Catalogue: s.catalogue})
	var bad config.Errors
	if !errors.As(err, &bad) {
		return err
	}
	var parts []string
	for _, e := range bad { // the lines are of a text that nobody has seen
		plain := &config.Error{Problem: e.Problem, Hint: e.Hint}
		text := plain.Error()
		if e.Field != "" && !slices.Contains(s.names(), strings.TrimPrefix(e.Field, "params.")) {
			text = e.Field + ": " + text
		}
		if !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	return errors.New(strings.Join(parts, "; "))
}

func (s *Space) names() []string {
	var names []string
	for _, p := range s.Params {
		names = append(names, p.Name)
	}
	return names
}

// linked reports whether the project's program has a learner: it links the packages of those that chimera.yaml names.
func (s *Space) linked(name string) error {
	info, err := s.catalogue.Lookup(name)
	if err != nil {
		return err
	}
	if slices.Contains(s.project.Imports, info.Package) {
		return nil
	}
	for _, l := range s.learners() {
		if used, err := s.catalogue.Lookup(l); err == nil && used.Package == info.Package {
			return nil
		}
	}
	return fmt.Errorf("the project's program does not link it: add %s to packages: in chimera.yaml, and run chimera generate", info.Package)
}

// Apply is the project's chimera.yaml with a candidate's values.
func (s *Space) Apply(c Candidate) (*trial.Document, error) {
	d := s.base.Clone()
	for i := range s.Params {
		if s.paths[i] == "learner" { // first, since it decides which parameters there are
			if err := s.set(d, i, c[i]); err != nil {
				return nil, err
			}
		}
	}
	for i := range s.Params {
		if s.paths[i] == "learner" {
			continue
		}
		if err := s.set(d, i, c[i]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Check refuses candidates whose values do not go together.
func (s *Space) Check(candidates []Candidate) error {
	const shown = 5
	var problems []error
	for _, c := range candidates {
		d, err := s.Apply(c)
		if err == nil {
			err = s.loads(d)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("candidate %s: %w", describe(s.Params, c), err))
		}
	}
	if n := len(problems); n > shown {
		problems = append(problems[:shown], fmt.Errorf("and %d more candidates", n-shown))
	}
	return errors.Join(problems...)
}
