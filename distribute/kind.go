package distribute

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"sync"

	"github.com/gochimera/chimera/registry"
)

// Kind describes one way to distribute the training of a model.
type Kind struct {
	Name    string // in chimera.yaml (master:) and in paths: lower-case words joined by hyphens
	Summary string // one sentence, for lists and documentation
	Role    Role   // what its workers are

	Section  string // key of its settings in chimera.yaml, lower-case words joined by underscores; empty for a kind without settings
	Settings any    // a struct value, whose tags say the settings' names, defaults, limits and documentation; nil without a section
	Needs    []Need // what it needs of a learner beyond Fit and Predict

	OneModel     bool // all workers train one model: one learner with the same parameters for all, and no bootstrap
	SharesLayers bool // its workers have layers of one network (workers[].layers) and a copy of all rows, instead of rows of their own
	OwnsTraining bool // its settings say how the model is trained, so a learner's parameters of the same names would do nothing

	Master         Source // what a project's main.go calls to make the master
	DefaultLearner string // what a new project begins with; empty for a learner of the project's own
}

// Role is what a worker is in its kind of distribution. Several kinds may have
// workers of the same role.
type Role struct {
	Name    string // in a generated main and in the worker's paths: "model", "sgd", "stage"
	Package string // import path of the worker half; a generated main links it. Empty for the roles that package workers has.
}

// Need is a capability that a kind needs of a learner.
type Need struct {
	Capability registry.Capability
	Lacking    string // what is said of a learner that lacks it: "it has no gradient"
}

// Source is a function in Go that makes a master: "masters.NewAggregation()"
// of the package github.com/gochimera/chimera/masters.
type Source struct {
	Package string // import path
	Call    string // the expression, with the package's name
}

// Lacks returns the first need that a learner does not meet, if there is one.
func (k Kind) Lacks(info registry.Info) (need Need, lacks bool) {
	for _, n := range k.Needs {
		if !info.Has(n.Capability) {
			return n, true
		}
	}
	return Need{}, false
}

// Project is what a kind's settings may depend on when they are checked.
type Project struct {
	Workers int  // how many there are; 0 if that is not known
	Votes   bool // the workers' learners are classifiers, as far as it is known
	Numbers bool // they are regressors, as far as it is known
}

// Checker is implemented by pointers to settings with rules that no single tag
// can tell. Check may also fill in defaults that depend on other settings.
type Checker interface {
	// Check reports every problem: the setting's name within the section, what is
	// wrong, and a hint at what to do, which may be empty.
	Check(p Project, report func(setting, problem, hint string))
}

// NewSettings returns a pointer to a zero value of the kind's settings, or nil
// for a kind that has none.
func (k Kind) NewSettings() any {
	if k.Settings == nil {
		return nil
	}
	return reflect.New(reflect.TypeOf(k.Settings)).Interface()
}

// SettingsType is the type of the kind's settings, or nil for a kind that has none.
func (k Kind) SettingsType() reflect.Type { return reflect.TypeOf(k.Settings) }

// kinds is the registry.
var kinds struct {
	sync.RWMutex
	byName map[string]Kind
}

var (
	validName    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	validSection = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// Register makes a kind known by its name. It is called in an init function,
// and panics on what only a programmer can mend: a name or section that is
// taken or malformed, a role without a name, settings that are not a struct.
func Register(k Kind) {
	if err := k.check(); err != nil {
		panic(fmt.Sprintf("distribute: kind %q: %v", k.Name, err))
	}
	kinds.Lock()
	defer kinds.Unlock()
	for _, other := range kinds.byName {
		if other.Name == k.Name {
			panic(fmt.Sprintf("distribute: kind %q is registered already", k.Name))
		}
		if k.Section != "" && other.Section == k.Section {
			panic(fmt.Sprintf("distribute: kind %q: the section %q is that of kind %q", k.Name, k.Section, other.Name))
		}
	}
	if kinds.byName == nil {
		kinds.byName = map[string]Kind{}
	}
	kinds.byName[k.Name] = k
}

func (k Kind) check() error {
	switch {
	case !validName.MatchString(k.Name):
		return fmt.Errorf("the name is not lower-case words joined by hyphens")
	case k.Summary == "":
		return fmt.Errorf("it has no summary")
	case !validName.MatchString(k.Role.Name):
		return fmt.Errorf("its role %q is not lower-case words joined by hyphens", k.Role.Name)
	case (k.Section == "") != (k.Settings == nil):
		return fmt.Errorf("a section has settings, and settings are a section's")
	case k.Section != "" && !validSection.MatchString(k.Section):
		return fmt.Errorf("its section %q is not lower-case words joined by underscores", k.Section)
	case k.Settings != nil && reflect.TypeOf(k.Settings).Kind() != reflect.Struct:
		return fmt.Errorf("its settings are a %T, not a struct", k.Settings)
	case k.Master.Package == "" || k.Master.Call == "":
		return fmt.Errorf("it does not say how its master is made")
	default:
		return nil
	}
}

// Lookup returns the kind with a name.
func Lookup(name string) (Kind, bool) {
	kinds.RLock()
	defer kinds.RUnlock()
	k, ok := kinds.byName[name]
	return k, ok
}

// List returns all kinds, sorted by name.
func List() []Kind {
	kinds.RLock()
	defer kinds.RUnlock()
	list := make([]Kind, 0, len(kinds.byName))
	for _, name := range slices.Sorted(maps.Keys(kinds.byName)) {
		list = append(list, kinds.byName[name])
	}
	return list
}

// Names returns the names of all kinds, sorted.
func Names() []string {
	list := List()
	names := make([]string, len(list))
	for i, k := range list {
		names[i] = k.Name
	}
	return names
}

// NeedsOf returns what a role's learner must be able to do for at least one
// kind with that role, and whether there is such a kind.
func NeedsOf(role string) (needs []Need, known bool) {
	for _, k := range List() {
		if k.Role.Name != role {
			continue
		}
		if !known || len(k.Needs) < len(needs) {
			needs, known = k.Needs, true
		}
	}
	return needs, known
}
