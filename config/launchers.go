package config

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// LauncherInfo is what a configuration has to know about a launcher. Package
// launcher, where launchers register, passes it on to [RegisterLauncher].
type LauncherInfo struct {
	Name    string
	Summary string // what a worker is with this launcher; one line
	LauncherTraits

	Package string // import path, of a launcher that comes with Chimera in a module of its own: programs have it that import it
}

// LauncherTraits are what chimera.yaml must have for a launcher. The zero value
// is a launcher that runs workers as part of the master's program.
type LauncherTraits struct {
	StartsNothing bool // the workers run already: each needs a url
	RunsMains     bool // it builds and runs the generated mains, and so also a worker's own main
	OwnNetwork    bool // the workers have a network of their own
	Addresses     bool // it gives them the addresses of network:
	Restarts      bool // it starts a worker again that has ended, as restart: says

	// Security is what security.workers is unless chimera.yaml says it: a launcher that names one hands over to each worker
	// what the plan's Identity issues. Without it, workers cannot be known.
	Security WorkerSecurity
}

// launchers are those that chimera.yaml can name, in the order of registration.
var launchers = struct {
	sync.RWMutex
	list []LauncherInfo
}{list: []LauncherInfo{
	{
		Name: string(ProcessLauncher), Summary: "a program of its own on this machine; ends with its master, however that ends",
		LauncherTraits: LauncherTraits{RunsMains: true, Restarts: true, Security: WorkersToken},
	},
	{
		Name: string(InprocessLauncher), Summary: "goroutines of the master's program, behind an HTTP server",
		LauncherTraits: LauncherTraits{Security: WorkersToken},
	},
	{
		Name: string(DockerLauncher), Summary: "a container",
		LauncherTraits: LauncherTraits{RunsMains: true, OwnNetwork: true, Addresses: true, Restarts: true, Security: WorkersToken},
	},
	{
		Name: string(SwarmLauncher), Summary: "a service of a Docker Swarm, on one of its nodes",
		LauncherTraits: LauncherTraits{RunsMains: true, OwnNetwork: true, Addresses: true, Restarts: true, Security: WorkersMTLS},
	},
	{
		Name: string(ExternalLauncher), Summary: "something that runs already, at its url",
		LauncherTraits: LauncherTraits{StartsNothing: true, Security: WorkersNone},
	},
	{
		Name: string(KubernetesLauncher), Summary: "a pod of a Kubernetes cluster", Package: "github.com/gochimera/chimera/launcher/kubernetes",
		LauncherTraits: LauncherTraits{RunsMains: true, OwnNetwork: true, Restarts: true, Security: WorkersMTLS},
	},
}}

// RegisterLauncher lets chimera.yaml, CHIMERA_LAUNCHER and flags name a launcher.
// launcher.Register calls it. It panics on an empty name or summary and on a
// name that is taken, since those are mistakes in the program.
func RegisterLauncher(info LauncherInfo) {
	if !ValidName(info.Name) {
		panic(fmt.Sprintf("config: %q is not a launcher's name: want %s", info.Name, textRules["dns_label"].Words))
	}
	if strings.TrimSpace(info.Summary) == "" {
		panic(fmt.Sprintf("config: launcher %q has no Summary", info.Name))
	}
	launchers.Lock()
	defer launchers.Unlock()
	if slices.ContainsFunc(launchers.list, func(l LauncherInfo) bool { return l.Name == info.Name }) {
		panic(fmt.Sprintf("config: launcher %q is registered twice", info.Name))
	}
	launchers.list = append(launchers.list, info)
}

// Launchers lists the launchers that chimera.yaml can name in this program: those
// that come with Chimera, then those that the program has registered, by name.
func Launchers() []LauncherInfo {
	launchers.RLock()
	defer launchers.RUnlock()
	list := slices.Clone(launchers.list)
	slices.SortFunc(list[BuiltinLaunchers:], func(a, b LauncherInfo) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// BuiltinLaunchers is how many launchers come with Chimera; Launchers lists them first.
const BuiltinLaunchers = 6

// LauncherNames are the names of Launchers, in its order.
func LauncherNames() []string {
	var names []string
	for _, l := range Launchers() {
		names = append(names, l.Name)
	}
	return names
}

// LookupLauncher returns what is known about a launcher.
func LookupLauncher(name string) (LauncherInfo, bool) {
	list := Launchers()
	i := slices.IndexFunc(list, func(l LauncherInfo) bool { return l.Name == name })
	if i < 0 {
		return LauncherInfo{}, false
	}
	return list[i], true
}

// traits are those of the launcher; one that is not known has none.
func (l Launcher) traits() LauncherTraits {
	info, _ := LookupLauncher(string(l))
	return info.LauncherTraits
}

// checkLauncher checks that the launcher can have each worker.
func (l *loader) checkLauncher() {
	if l.unusable("launcher") || !knownLauncher(string(l.cfg.Launcher)) {
		return // the field's own rule reports it
	}
	name, traits := l.cfg.Launcher, l.cfg.Launcher.traits()
	for i, w := range l.cfg.Workers {
		path := index("workers", i)
		switch {
		case l.unusable(path + ".url"):
		case traits.StartsNothing && w.URL == "":
			l.fail(path+".url", fmt.Sprintf("missing: the launcher is %s, which starts nothing", name),
				"say where the worker runs, as in url: http://host:8081")
		case !traits.StartsNothing && w.URL != "":
			l.fail(path+".url", fmt.Sprintf("the launcher is %s, which starts the workers itself", name), "remove the url, or set launcher: external")
		case !traits.StartsNothing && !traits.RunsMains && w.Learner == "":
			l.fail(path+".learner", fmt.Sprintf("missing: the %s launcher cannot run a main of the worker's own", name),
				"name a learner, or set launcher: process")
		}
	}
}

func knownLauncher(name string) bool {
	_, ok := LookupLauncher(name)
	return ok
}
