package launcher

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/suggest"
)

// Entry is what a launcher says of itself when it registers.
type Entry struct {
	Summary string // what a worker is with this launcher; one line
	Traits  Traits
	New     func(Setup) (Launcher, error)
}

// Traits are what a launcher needs of a project; they decide which checks of
// chimera.yaml apply to it, and which of package launchertest.
type Traits = config.LauncherTraits

// Setup is what the program gives to a launcher that it makes.
type Setup struct {
	// Factory makes a worker inside this program, with a learner that it links.
	Factory Factory

	// Config is the project's configuration, for launchers with settings of their own; nil if there is none. A launcher
	// takes no workers from it: those are the plan's.
	Config *config.Config
}

// Info describes a registered launcher.
type Info struct {
	Name string
	Entry
}

var registered = struct {
	sync.RWMutex
	entries map[string]Entry
}{entries: map[string]Entry{}}

func init() {
	builtin(config.ProcessLauncher, func(Setup) (Launcher, error) { return Process{}, nil })
	builtin(config.InprocessLauncher, func(s Setup) (Launcher, error) { return InProcess{New: s.Factory}, nil })
	builtin(config.ExternalLauncher, func(Setup) (Launcher, error) { return External{}, nil })
}

// builtin registers a launcher that package config knows from the start.
func builtin(name config.Launcher, create func(Setup) (Launcher, error)) {
	Register(string(name), Entry{New: create})
}

// Register adds a launcher, which chimera.yaml, CHIMERA_LAUNCHER and
// chimera.WithLauncher can name from then on. Call it in init, in a package that
// the project's main imports. It panics on a name that is taken or malformed and on
// an entry without a Summary or New, since those are mistakes in the program. What
// package config knows from the start (docker is in a package of its own) needs no
// Summary here.
func Register(name string, e Entry) {
	if e.New == nil {
		panic(fmt.Sprintf("launcher: %q has no New", name))
	}
	registered.Lock()
	defer registered.Unlock()
	if _, taken := registered.entries[name]; taken {
		panic(fmt.Sprintf("launcher: %q is registered twice", name))
	}
	if known, ok := config.LookupLauncher(name); ok && e.Summary == "" {
		e.Summary, e.Traits = known.Summary, known.LauncherTraits
	} else {
		config.RegisterLauncher(config.LauncherInfo{Name: name, Summary: e.Summary, LauncherTraits: e.Traits})
	}
	registered.entries[name] = e
}

// Lookup is a registered launcher; an unknown name is an *UnknownError.
func Lookup(name string) (Info, error) {
	registered.RLock()
	defer registered.RUnlock()
	if e, ok := registered.entries[name]; ok {
		return Info{Name: name, Entry: e}, nil
	}
	unknown := &UnknownError{Name: name}
	if known, ok := config.LookupLauncher(name); ok {
		unknown.Package = known.Package
	}
	for known := range registered.entries {
		unknown.Known = append(unknown.Known, known)
	}
	slices.Sort(unknown.Known)
	return Info{}, unknown
}

// List describes the registered launchers, by name.
func List() []Info {
	registered.RLock()
	defer registered.RUnlock()
	list := make([]Info, 0, len(registered.entries))
	for name, e := range registered.entries {
		list = append(list, Info{Name: name, Entry: e})
	}
	slices.SortFunc(list, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// UnknownError says that no launcher has the name, and which do.
type UnknownError struct {
	Name  string
	Known []string // sorted

	Package string // that registers it, if Chimera has one that this program does not link
}

// Error says what to import, or ends with the near misses, if there are any.
func (e *UnknownError) Error() string {
	if e.Package != "" {
		return fmt.Sprintf("this program does not link the launcher %s: run `go get %[2]s`, and name %[2]s under packages: in chimera.yaml, or import it "+
			"in main.go, as in import _ %[2]q", e.Name, e.Package)
	}
	return fmt.Sprintf("unknown launcher %q%s", e.Name, suggest.Hint(e.Name, e.Known))
}
