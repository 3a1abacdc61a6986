package masterstest

import (
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
)

// Case is a kind of master to check.
type Case struct {
	New      func() cluster.Master
	Learner  string             // a registered learner that meets the kind's needs
	Params   string             // its parameters as JSON; empty for the defaults
	Settings string             // the kind's section in chimera.yaml, as YAML between braces; empty for the defaults
	Registry *registry.Registry // nil is registry.Default

	// Workers is the number of workers; 0 means 3.
	Workers int
	// Beats is by how much the model's accuracy or R2 on its training rows has to exceed the baseline's; 0
	// means 0.1.
	Beats float64
}

// check is one promise of the contract.
type check struct {
	name string
	run  func(t *testing.T, f *fixture)
}

// checks are in the order of the contract's text.
var checks = []check{
	{"the kind is registered", checkKind},
	{"the operations are documented", checkDocumented},
	{"a master is used once", checkUsedOnce},
	{"before the first fit", checkBeforeFit},
	{"a fit", checkFit},
	{"columns go by name", checkColumns},
	{"wrong rows are refused", checkWrongRows},
	{"scores", checkScore},
	{"one seed, the same bits", checkSameBits},
	{"the order of answers does not matter", checkOrder},
	{"a second fit replaces the first", checkSecondFit},
	{"one fit at a time", checkOneAtATime},
	{"a cancelled fit leaves the model", checkCancelled},
	{"a failed fit leaves the model", checkFailed},
	{"a worker that dies is named", checkDeath},
	{"a worker that comes back is caught up", checkComesBack},
	{"events", checkEvents},
	{"what is damaged on its way is asked for again", checkDamage},
	{"malformed requests are the caller's fault", checkMalformed},
	{"an orderly end", checkEnd},
}

// fixture is what every check starts with.
type fixture struct {
	Case
	rows   learner.Dataset
	shards []learner.Dataset
}

// Run checks a kind of master. Every check is a subtest.
func Run(t *testing.T, c Case) {
	t.Helper()
	if c.Workers == 0 {
		c.Workers = 3
	}
	if c.Beats == 0 {
		c.Beats = 0.1
	}
	info, err := c.registry().Lookup(c.Learner)
	if err != nil {
		t.Fatal(err)
	}
	kind := kindOf(t, c)
	f := &fixture{Case: c, rows: rows(info.Task, 240)}
	f.shards = deal(f.rows, c.Workers, kind.SharesLayers)
	for _, check := range checks {
		t.Run(check.name, func(t *testing.T) { check.run(t, f) })
	}
}
