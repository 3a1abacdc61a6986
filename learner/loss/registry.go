package loss

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/gochimera/chimera/internal/suggest"
	"github.com/gochimera/chimera/learner"
)

// Settings are what a learner's parameters say of its loss.
type Settings struct {
	// Epsilon is a distance in units of the target, such as that from which the
	// Huber loss is linear: epsilon of sgd-regressor, delta of mlp-regressor.
	// It is 0 for classes.
	Epsilon float64
}

// Entry is what a loss says of itself when it registers.
type Entry struct {
	// Task is what the loss is for: Regression, where targets are numbers, or
	// Classification, where they are -1 and +1.
	Task      learner.Task
	Summary   string // one sentence
	Reference string // author, year: the source of the loss
	// New makes the loss. It refuses settings that it cannot use.
	New func(Settings) (Loss, error)
	// Several, of Classification, makes the loss of that many classes. It is nil
	// for a loss that separates each class from the rest: OneVsRest of New.
	Several func(classes int) (Classes, error)
}

// Registered is an entry under its name.
type Registered struct {
	Name string
	Entry
}

// losses is what is registered, in the order of registration, which is that of
// the packages' init and the same whenever a program starts.
var losses struct {
	sync.RWMutex
	all []Registered
}

var nameRule = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// Register gives a loss a name, by which learners then take it. It is called
// in init, and panics on a name that is taken or malformed and on an entry that
// cannot work, since both are mistakes in the program.
func Register(name string, e Entry) {
	if !nameRule.MatchString(name) {
		panic(fmt.Sprintf("loss: %q is not a loss's name: want lower-case words joined by underscores", name))
	}
	if _, err := learner.ParseTask(string(e.Task)); err != nil {
		panic(fmt.Sprintf("loss: %q: %v", name, err))
	}
	if strings.TrimSpace(e.Summary) == "" {
		panic(fmt.Sprintf("loss: %q has no Summary", name))
	}
	if e.New == nil {
		panic(fmt.Sprintf("loss: %q has no New", name))
	}
	if e.Several != nil && e.Task != learner.Classification {
		panic(fmt.Sprintf("loss: %q is for %s, and yet it has a loss of several classes", name, e.Task))
	}
	losses.Lock()
	defer losses.Unlock()
	if slices.ContainsFunc(losses.all, func(r Registered) bool { return r.Name == name }) {
		panic(fmt.Sprintf("loss: %q is registered twice", name))
	}
	losses.all = append(losses.all, Registered{name, e})
}

// List is every registered loss: those of this package first, then the others
// in the order of registration.
func List() []Registered {
	losses.RLock()
	defer losses.RUnlock()
	return slices.Clone(losses.all)
}

// Names are the names of the losses for a task, in the order of List.
func Names(task learner.Task) []string {
	var names []string
	for _, r := range List() {
		if r.Task == task {
			names = append(names, r.Name)
		}
	}
	return names
}

// Lookup finds a loss by its name. An unknown name is an error that ends with
// the nearest ones.
func Lookup(name string) (Entry, error) {
	all := List()
	names := make([]string, len(all))
	for i, r := range all {
		if r.Name == name {
			return r.Entry, nil
		}
		names[i] = r.Name
	}
	return Entry{}, fmt.Errorf("unknown loss %q%s", name, suggest.Hint(name, names))
}

// lookupFor is Lookup for one task.
func lookupFor(task learner.Task, name string) (Entry, error) {
	names := Names(task)
	if !slices.Contains(names, name) {
		if e, err := Lookup(name); err == nil {
			return Entry{}, fmt.Errorf("loss %q is for %s, not for %s; use one of %s", name, e.Task, task, strings.Join(names, ", "))
		}
		return Entry{}, fmt.Errorf("unknown loss %q%s", name, suggest.Hint(name, names))
	}
	return Lookup(name)
}

// New makes the loss of one score that is registered under name for a task.
func New(task learner.Task, name string, s Settings) (Loss, error) {
	e, err := lookupFor(task, name)
	if err != nil {
		return nil, err
	}
	return e.New(s)
}

// ForTargets is the loss of regression that is registered under name. epsilon
// is that of Settings.
func ForTargets(name string, epsilon float64) (Rows, error) {
	l, err := New(learner.Regression, name, Settings{Epsilon: epsilon})
	if err != nil {
		return nil, err
	}
	return Targets{l}, nil
}

// ForClasses is the loss that is registered under name, for that many classes.
func ForClasses(name string, classes int) (Classes, error) {
	e, err := lookupFor(learner.Classification, name)
	if err != nil {
		return nil, err
	}
	return e.ForClasses(classes)
}

// ForClasses is the entry's loss of the scores of many rows of that many
// classes.
func (e Entry) ForClasses(classes int) (Classes, error) {
	if e.Several != nil {
		return e.Several(classes)
	}
	l, err := e.New(Settings{})
	if err != nil {
		return nil, err
	}
	return OneVsRest{l, classes}, nil
}
