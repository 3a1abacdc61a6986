package registry

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"log/slog"

	"github.com/gochimera/chimera/internal/suggest"
	"github.com/gochimera/chimera/learner"
)

// Entry describes a learner when it registers. P is its parameter
// struct and E its type.
type Entry[P any, E learner.Estimator] struct {
	Task      learner.Task
	Summary   string // one sentence
	Reference string // author, year: the source of the algorithm
	Traits    learner.Traits
	Cgo       bool // the learner exists only in a build with cgo
	New       func(P, learner.Env) (E, error)
}

// Info is what is known about a registered learner without making one.
type Info struct {
	Name         string         `json:"name"`
	Task         learner.Task   `json:"task"`
	Summary      string         `json:"summary"`
	Reference    string         `json:"reference,omitempty"`
	Capabilities []Capability   `json:"capabilities"`
	Traits       learner.Traits `json:"traits"`
	Cgo          bool           `json:"cgo"`
	Package      string         `json:"package"` // import path of what registered it
	Params       []Param        `json:"params"`
}

// Has reports whether the learner has a capability.
func (i Info) Has(c Capability) bool { return slices.Contains(i.Capabilities, c) }

// shippedPackages begins the import path of each learner of this module.
const shippedPackages = "github.com/gochimera/chimera/learner/"

// Shipped reports whether the learner is one of this module's, not a project's own.
func (i Info) Shipped() bool { return strings.HasPrefix(i.Package, shippedPackages) }

// Registry is a set of named learners. The zero value is empty and ready; it
// is safe for use by several goroutines.
type Registry struct {
	mu       sync.RWMutex
	learners map[string]registered
}

type registered struct {
	info   Info
	params reflect.Type
	make   func(params json.RawMessage, env learner.Env) (learner.Estimator, error)
	zero   func(params json.RawMessage) error
}

// Default is the registry that learner packages register with in init. Tests
// make their own.
var Default = &Registry{}

// Register adds a learner to Default. It panics on a name that is taken or
// malformed and on an entry that cannot work, since both are mistakes in the
// program.
func Register[P any, E learner.Estimator](name string, e Entry[P, E]) { RegisterIn(Default, name, e) }

var nameRule = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// RegisterIn adds a learner to r; it panics as Register does.
func RegisterIn[P any, E learner.Estimator](r *Registry, name string, e Entry[P, E]) {
	if !nameRule.MatchString(name) {
		panic(fmt.Sprintf("registry: %q is not a learner's name: want lower-case words joined by hyphens", name))
	}
	if _, err := learner.ParseTask(string(e.Task)); err != nil {
		panic(fmt.Sprintf("registry: learner %q: %v", name, err))
	}
	if e.New == nil {
		panic(fmt.Sprintf("registry: learner %q has no New", name))
	}
	if strings.TrimSpace(e.Summary) == "" {
		panic(fmt.Sprintf("registry: learner %q has no Summary", name))
	}
	pt := reflect.TypeFor[P]()
	described, err := describe(pt)
	if err == nil {
		err = described.checkDefaults(pt)
	}
	if err != nil {
		panic(fmt.Sprintf("registry: learner %q: %v", name, err))
	}
	entry := registered{
		info: Info{
			Name: name, Task: e.Task, Summary: e.Summary, Reference: e.Reference, Traits: e.Traits, Cgo: e.Cgo,
			Capabilities: capabilities(reflect.TypeFor[E]()), Package: pt.PkgPath(), Params: described.params,
		},
		params: pt,
		zero: func(raw json.RawMessage) error {
			var p P
			return decode(name, raw, &p)
		},
		make: func(raw json.RawMessage, env learner.Env) (learner.Estimator, error) {
			var p P
			if err := decode(name, raw, &p); err != nil {
				return nil, err
			}
			if env.Log == nil {
				env.Log = slog.New(slog.DiscardHandler)
			}
			env.Procs = max(env.Procs, 1)
			m, err := e.New(p, env)
			if err != nil {
				return nil, fmt.Errorf("learner %q: %w", name, err)
			}
			return m, nil
		},
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.learners[name]; ok {
		panic(fmt.Sprintf("registry: learner %q is registered twice: by %s and by %s", name, old.info.Package, pt.PkgPath()))
	}
	if r.learners == nil {
		r.learners = map[string]registered{}
	}
	r.learners[name] = entry
}

// New makes a learner of Default; see Registry.New.
func New(name string, params json.RawMessage, env learner.Env) (learner.Estimator, error) {
	return Default.New(name, params, env)
}

// List describes the learners of Default, by name.
func List() []Info { return Default.List() }

// Lookup describes one learner of Default; see Registry.Lookup.
func Lookup(name string) (Info, error) { return Default.Lookup(name) }

// New makes an unfitted learner. params is a JSON object with the parameters
// that differ from the defaults; nil or empty means none. The error is an
// *UnknownError, a *ParamsError, or what the learner's New returned.
func (r *Registry) New(name string, params json.RawMessage, env learner.Env) (learner.Estimator, error) {
	e, err := r.lookup(name)
	if err != nil {
		return nil, err
	}
	return e.make(params, env)
}

// Check says whether New would accept the parameters, without making anything
// of the learner's own.
func (r *Registry) Check(name string, params json.RawMessage) error {
	e, err := r.lookup(name)
	if err != nil {
		return err
	}
	return e.zero(params)
}

// Lookup describes one learner; an unknown name is an *UnknownError.
func (r *Registry) Lookup(name string) (Info, error) {
	e, err := r.lookup(name)
	if err != nil {
		return Info{}, err
	}
	return e.current(), nil
}

// List describes all learners, by name.
func (r *Registry) List() []Info {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]Info, 0, len(r.learners))
	for _, e := range r.learners {
		list = append(list, e.current())
	}
	slices.SortFunc(list, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func (r *Registry) lookup(name string) (registered, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	e, ok := r.learners[name]
	if ok {
		return e, nil
	}
	names := make([]string, 0, len(r.learners))
	for n := range r.learners {
		names = append(names, n)
	}
	slices.Sort(names)
	return registered{}, &UnknownError{Name: name, Known: names}
}

// UnknownError says that no learner has the name, and lists the names that exist.
type UnknownError struct {
	Name  string
	Known []string // sorted
}

// Error ends with the near misses, if there are any.
func (e *UnknownError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("unknown learner %q: no learner is linked into this program; import the packages of those it uses", e.Name)
	}
	return fmt.Sprintf("unknown learner %q%s", e.Name, suggest.Hint(e.Name, e.Known))
}
