package distribute

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"sync"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Kind describes one way to distribute the training of a model.
type Kind struct {
	Name    string // in chimera.yaml (master:) and in paths: lower-case words joined by hyphens
	Summary string // one sentence, for lists and documentation
	Role    Role   // what its workers are

	Section  string // key of its settings in chimera.yaml, lower-case words joined by underscores; empty for a kind without settings
	Settings any    // a struct value, whose tags define the settings' names, defaults, limits and documentation; nil without a section
	Needs    []Need // the capabilities that it needs from a learner beyond Fit and Predict

	// WithoutTargets are the tasks without targets, such as clustering, whose learners it trains too.
	WithoutTargets []learner.Task

	OneModel     bool // all workers train one model: one learner with the same parameters for all, and no bootstrap
	SharesLayers bool // its workers have layers of one network (workers[].layers) and a copy of all rows, instead of their own rows
	Gradients    bool // its workers answer steps with gradients or updates that its master combines, so that workers[].faults.attack can change them
	OwnsTraining bool // its settings say how the model is trained, so a learner's parameters of the same names would have no effect

	Master         Source // what a project's main.go calls to make the master
	DefaultLearner string // for a new project; empty if the project has to bring its own
}

// Role is the role of a worker in its kind of distribution. Several kinds may have workers of the same
// role.
type Role struct {
	Name    string // in a generated main and in the worker's paths: "model", "sgd", "stage"
	Package string // import path of the worker half; a generated main links it. Empty for the roles that package workers has.
}

// Need is a capability that a kind needs from a learner.
type Need struct {
	Capability registry.Capability
	Lacking    string // how an error describes a learner that lacks it: "it has no gradient"
}

// Source is a Go function that makes a master: "masters.NewAggregation()" of the package
// github.com/gochimera/chimera/masters.
type Source struct {
	Package string // import path
	Call    string // the expression, including the package's name
}

// Lacks returns the first need that a learner does not meet, if there is one. It has no capability if the learner's task is
// what the kind does not do.
func (k Kind) Lacks(info registry.Info) (need Need, lacks bool) {
	if !info.Task.Supervised() && !slices.Contains(k.WithoutTargets, info.Task) {
		return Need{Lacking: fmt.Sprintf("it is for %s, without targets, and such a master is for other tasks", info.Task)}, true
	}
	for _, n := range k.Needs {
		if !info.Has(n.Capability) {
			return n, true
		}
	}
	return Need{}, false
}

// Project is what a kind's settings may depend on when they are checked.
type Project struct {
	Workers int  // number of workers; 0 if it is not known
	Votes   bool // the workers' learners are known to be classifiers
	Numbers bool // they are known to be regressors
}

// Checker is implemented by pointers to settings with rules that a tag cannot express. Check may also
// fill in defaults that depend on other settings.
type Checker interface {
	// Check reports every problem: the setting's name within the section, what is wrong, and a hint how to
	// fix it, which may be empty.
	Check(p Project, report func(setting, problem, hint string))
}

// Follower is implemented by pointers to settings of a kind that trains a learner without its Fit. What its
// section leaves open, the parameters of the learner say that are written in chimera.yaml (the tag training of
// a parameter; see package registry).
type Follower interface {
	// Follow is told that a parameter has given its value to a setting, in a unit that may be empty, or, as
	// registry.TrainingObjective, that the penalty is the learner's own. It returns a problem with that, and a
	// hint, or nothing.
	Follow(setting, unit string) (problem, hint string)
}

// NewSettings returns a pointer to a zero value of the kind's settings, or nil
// for a kind that has none.
func (k Kind) NewSettings() any {
	if k.Settings == nil {
		return nil
	}
	return reflect.New(reflect.TypeOf(k.Settings)).Interface()
}

// SettingsType is the type of the kind's settings, or nil if it has none.
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

// Register registers a kind by its name, from an init function. It panics on a mistake in the program:
// a name or section that is taken or malformed, a role without a name, or settings that are not a
// struct.
func Register(k Kind) {
	if err := k.check(); err != nil {
		panic(fmt.Sprintf("distribute: kind %q: %v", k.Name, err))
	}
	kinds.Lock()
	defer kinds.Unlock()
	for _, other := range kinds.byName {
		if other.Name == k.Name {
			panic(fmt.Sprintf("distribute: kind %q is already registered", k.Name))
		}
		if k.Section != "" && other.Section == k.Section {
			panic(fmt.Sprintf("distribute: kind %q: the section %q belongs to kind %q", k.Name, k.Section, other.Name))
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
		return fmt.Errorf("a kind needs both a section and settings, or neither")
	case k.Section != "" && !validSection.MatchString(k.Section):
		return fmt.Errorf("its section %q is not lower-case words joined by underscores", k.Section)
	case k.Settings != nil && reflect.TypeOf(k.Settings).Kind() != reflect.Struct:
		return fmt.Errorf("its settings are a %T, not a struct", k.Settings)
	case k.Master.Package == "" || k.Master.Call == "":
		return fmt.Errorf("it has no Master (package and call)")
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

// NeedsOf returns what at least one kind with a role needs from a learner, and whether there is such a
// kind.
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
