package launchertest

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/gochimera/chimera/launcher"
)

// Option changes how [Run] runs.
type Option func(*suite)

// Afterwards calls f with the name of every project that was launched, when its
// workers have been stopped: for launchers that leave something on purpose, such as
// images.
func Afterwards(f func(project string)) Option { return func(s *suite) { s.afterwards = f } }

// Run checks that a registered launcher keeps what [launcher.Launcher] and
// [launcher.Fleet] promise. It is the one line that a launcher's test needs:
//
//	func TestPolite(t *testing.T) { launchertest.Run(t, "polite") }
//
// It launches small workers without a model, from a project that it writes to a
// temporary folder. Which checks apply is decided by the launcher's traits.
func Run(t *testing.T, name string, options ...Option) {
	t.Helper()
	info, err := launcher.Lookup(name)
	if err != nil {
		t.Fatalf("import the package that registers it: %v", err)
	}
	s := &suite{info: info, afterwards: func(string) {}}
	for _, o := range options {
		o(s)
	}
	if info.Traits.RunsMains {
		t.Setenv("CHIMERA_CACHE", t.TempDir()) // one for all checks, so that the workers are built once
	}
	s.writeProject(t)
	ran := 0
	for _, c := range checks {
		if !c.applies(info.Traits) {
			continue
		}
		ran++
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) { c.run(t, s) })
	}
	if ran < fewest {
		t.Errorf("%d checks applied to launcher %s, want at least %d", ran, name, fewest)
	}
}

// fewest is how many checks apply to every launcher.
const fewest = 6

// check is one promise.
type check struct {
	name    string
	applies func(launcher.Traits) bool
	run     func(*testing.T, *suite)
}

func always(launcher.Traits) bool { return true }

func starts(t launcher.Traits) bool { return !t.StartsNothing }

func builds(t launcher.Traits) bool { return t.RunsMains }

func knows(t launcher.Traits) bool { return t.RunsMains && t.Security != "" }

func restarts(t launcher.Traits) bool { return t.RunsMains && t.Restarts }

var checks = []check{
	{"its name is the registered one", always, checkName},
	{"workers are where the endpoints say and in the order of the plan", always, checkEndpoints},
	{"a fleet can be stopped again", always, checkStop},
	{"a worker can leave and join again", always, checkScale},
	{"a plan that cannot work is refused", always, checkPlan},
	{"a worker of another configuration is refused", always, checkConfiguration},
	{"another worker is refused", always, checkAnotherWorker},
	{"a launch can be cancelled", always, checkCancelled},
	{"a launch that is cancelled halfway leaves nothing", starts, checkCancelledHalfway},
	{"a worker that is never ready is reported", starts, checkNeverReady},
	{"two launches do not disturb each other", starts, checkTwoLaunches},
	{"what workers log is kept", starts, checkLogs},
	{"a worker gets what it must know", builds, checkEnvironment},
	{"a worker gets its identity, and it stands nowhere else", knows, checkIdentity},
	{"a worker that announces itself in a newer way is refused", builds, checkProtocol},
	{"a worker that ends early fails the launch", builds, checkEndsEarly},
	{"a worker that ends later is delivered", builds, checkExits},
	{"a worker that has ended can leave and join again", builds, checkScaleEnded},
	{"a worker that fails is started again where it was", restarts, checkRestart},
	{"a worker that does not end when asked is forced to", builds, checkForced},
}

// project is a name that no other launch has.
func project() string { return "conformance-" + strings.ToLower(rand.Text()[:8]) }
