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
	{name: "the kind is registered", run: checkKind},
	{name: "the operations are documented", run: checkDocumented},
	{name: "the document has examples of what is taken and answered", run: checkExamples},
	{name: "a master is used once", run: checkUsedOnce},
	{name: "before the first fit", run: checkBeforeFit},
	{name: "a fit", run: checkFit},
	{name: "columns go by name", run: checkColumns},
	{name: "wrong rows are refused", run: checkWrongRows},
	{name: "scores", run: checkScore},
	{name: "a threshold", run: checkThreshold},
	{name: "explanations", run: checkExplain},
	{name: "one seed, the same bits", run: checkSameBits},
	{name: "the order of answers does not matter", run: checkOrder},
	{name: "a second fit replaces the first", run: checkSecondFit},
	{name: "one fit at a time", run: checkOneAtATime},
	{name: "a cancelled fit leaves the model", run: checkCancelled},
	{name: "a failed fit leaves the model", run: checkFailed},
	{name: "a worker that dies is named", run: checkDeath},
	{name: "a worker that comes back is caught up", run: checkComesBack},
	{name: "a master without its workers is not ready", run: checkReady},
	{name: "events", run: checkEvents},
	{name: "what is damaged on its way is asked for again", run: checkDamage},
	{name: "malformed requests are the caller's fault", run: checkMalformed},
	{name: "a stored model serves again", run: checkLasting},
	{name: "a model that cannot be stored leaves the old one", run: checkUnstored},
	{name: "an orderly end", run: checkEnd},
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
		t.Run(check.name, func(t *testing.T) {
			check.run(t, f)
		})
	}
}
