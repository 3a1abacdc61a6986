package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/internal/suggest"
)

// Options say where a configuration comes from, beside the file.
type Options struct {
	Dir       string                      // the project folder; "" is the working directory for Load, and none for Parse
	Env       func(string) (string, bool) // the environment, as os.LookupEnv; nil is an empty one. An empty variable is not set.
	Overrides []Override                  // the strongest source; later ones win
	Catalogue Catalogue                   // the learners to check against; nil leaves every learner unchecked
}

// Override sets one field, whatever the file and the environment say.
type Override struct {
	Field  string // such as "launcher", "aggregation.quorum" or "workers"; not single workers
	Value  string // as it would be written in chimera.yaml, but text needs no quotes
	Source string // what errors call it, such as "--launcher"
}

// Load reads the project in opts.Dir: its chimera.yaml, if there is one, then
// the environment and the overrides. Beside what Parse checks, it checks the
// project's own packages and that workers without a learner have a main. The error
// is an Errors if the configuration is at fault.
func Load(opts Options) (*Config, error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("project folder %s: %w", opts.Dir, err)
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("project folder: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("project folder: %s is not a folder", display(dir))
	}
	opts.Dir = dir
	file := filepath.Join(dir, FileName)
	text, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = "", misnamed(dir)
	}
	if err != nil {
		return nil, err
	}
	l := newLoader(display(file), opts)
	if l.read(text) {
		l.checkProject()
	}
	return l.result()
}

// Parse reads the text of a chimera.yaml, which errors call file; the
// environment and the overrides apply to it, and the disk is not looked at.
// The error is an Errors.
func Parse(file string, text []byte, opts Options) (*Config, error) {
	l := newLoader(file, opts)
	l.read(text)
	return l.result()
}

// readFile reads no more than it takes to see that a file is too large.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", display(name))
	}
	if info.Size() > maxFile {
		return nil, Errors{{File: display(name), Line: 1, Column: 1, Problem: "the file is larger than " + Size(maxFile).String()}}
	}
	return os.ReadFile(name)
}

// misnamed refuses a project whose file would be overlooked.
func misnamed(dir string) error {
	for _, name := range []string{"chimera.yml", "Chimera.yaml"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("found %s: rename it to %s", display(filepath.Join(dir, name)), FileName)
		}
	}
	return nil
}

// display shortens a path to what it is from the working directory, if it is
// below that.
func display(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// loader builds a Config from its sources.
type loader struct {
	decoder
	cfg  Config
	opts Options
}

func newLoader(file string, opts Options) *loader {
	if opts.Env == nil {
		opts.Env = func(string) (string, bool) { return "", false }
	}
	l := &loader{opts: opts, decoder: decoder{places: places{}, keys: places{}, bad: map[string]bool{}, known: map[reflect.Type][]field{}}}
	l.cfg.File, l.cfg.Dir, l.cfg.sections = file, opts.Dir, newSections()
	setDefaults(reflect.ValueOf(&l.cfg).Elem())
	if l.cfg.Project = SafeName(filepath.Base(opts.Dir)); l.cfg.Project == "" {
		l.cfg.Project = "project"
	}
	return l
}

// read goes through the sources and checks what they give; it is false if the file
// is no YAML, and then that is the only problem worth telling.
func (l *loader) read(text []byte) bool {
	l.source, l.isFile = l.cfg.File, true
	root, syntax := parse(l.cfg.File, text)
	if syntax != nil {
		l.errs = append(l.errs, syntax)
		return false
	}
	if root != nil {
		l.places[""] = l.placeOf(root)
		l.structure("", root, reflect.ValueOf(&l.cfg).Elem())
		if l.bad[""] {
			return false
		}
	}
	l.readEnvironment()
	for _, o := range l.opts.Overrides {
		l.overlay(o.Field, o.Value, o.Source)
	}
	l.inherit()
	l.checkRules()
	l.checkTogether()
	l.checkLearners()
	l.checkThreshold()
	l.checkKind()
	return true
}

func (l *loader) result() (*Config, error) {
	if len(l.errs) > 0 {
		return nil, l.errs.sorted()
	}
	l.cfg.places, l.cfg.keys, l.cfg.Notes = l.places, l.keys, l.notes
	return &l.cfg, nil
}

func (l *loader) given(path string) bool {
	_, ok := l.places[path]
	return ok
}

// locate finds a setting by its path, of which any name may be an old one, and
// gives its present path. Old reports whether there is such a name.
func (l *loader) locate(path string) (present string, f field, v reflect.Value, old, ok bool) {
	v = reflect.ValueOf(&l.cfg).Elem()
	for name := range strings.SplitSeq(path, ".") {
		if v.Kind() != reflect.Struct {
			return "", field{}, v, false, false
		}
		section, was, found := find(l.fields(v.Type()), name)
		if !found {
			return "", field{}, v, false, false
		}
		present, f, old, v = join(present, section.Name), section, old || was, section.in(v)
	}
	return present, f, v, old, true
}

// overlay sets one field from a variable or a flag.
func (l *loader) overlay(path, text, source string) {
	l.source, l.isFile = source, false
	present, f, v, old, ok := l.locate(path)
	if !ok {
		var names []string
		for name := range paths(reflect.TypeFor[Config]()) {
			if !strings.Contains(name, "[]") {
				names = append(names, name)
			}
		}
		l.add(place{file: source}, path, "unknown setting", hint(suggest.Hint(path, names)))
		return
	}
	if old {
		l.noteOld(place{file: source}, path, f)
	}
	path = present
	l.forget(path)
	l.places[path] = place{file: source}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Struct:
		root, syntax := parse(source, []byte(text))
		if syntax != nil {
			l.fail(path, syntax.Problem, syntax.Hint)
		} else if root != nil {
			l.value(path, root, v, f.want())
		}
	default:
		if problem, advice := setting.For(v.Type(), text).Set(v, f.want()); problem != "" {
			l.fail(path, problem, advice)
		}
	}
}

// forget drops what a weaker source gave for a field and everything in it.
func (l *loader) forget(path string) {
	for _, known := range []places{l.places, l.keys} {
		for p := range known {
			if p == path || strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
				delete(known, p)
			}
		}
	}
	for p := range l.bad {
		if p == path || strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			delete(l.bad, p)
		}
	}
}
