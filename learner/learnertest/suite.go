package learnertest

import (
	"encoding/json"
	"runtime/debug"
	"strings"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// subject is the learner under test.
type subject struct {
	name        string
	registry    *registry.Registry
	params      json.RawMessage
	rows        int
	baseline    bool
	counts      bool
	nonNegative bool

	info       registry.Info
	assertions int // over all checks
}

// check is one rule of the contract.
type check struct {
	name   string // stable: people select it with -run
	of     registry.Capability
	waived func(*subject) string // why it is not asked of this learner, or ""; nil if it always is
	run    func(*trial)
}

// checks lists the whole suite, capability by capability.
func checks() []check {
	var all []check
	for _, group := range [][]check{
		stateChecks, badDataChecks, degenerateChecks, extremeChecks, purityChecks, invarianceChecks, weightChecks, determinismChecks, cancelChecks, scoreChecks,
		reportChecks, plainChecks, classifierChecks, snapshotChecks, parameterChecks, gradientChecks, layerChecks, objectiveChecks,
		summableChecks, partChecks, unsupervisedChecks,
	} {
		all = append(all, group...)
	}
	return all
}

// suite runs every check that applies to s. narrow says that t may leave
// checks out without that being a failure.
func suite(t reporter, s *subject, all []check, narrow bool) {
	t.Helper()
	info, err := s.registry.Lookup(s.name)
	if err != nil {
		t.Errorf("%v", err)
		t.FailNow()
	}
	s.info = info
	if _, err := s.registry.New(s.name, s.params, learner.Env{Procs: 1}); err != nil {
		t.Errorf("cannot make the learner: %v", err)
		t.FailNow()
	}

	covered := map[registry.Capability]bool{}
	ran := 0
	var waived, missed []string
	for _, c := range all {
		if !info.Has(c.of) {
			continue
		}
		if c.waived != nil {
			if why := c.waived(s); why != "" {
				waived = append(waived, c.name+" ("+why+")")
				continue
			}
		}
		executed := false
		t.Run(c.name, func(t reporter) {
			executed = true
			c.try(t, s)
		})
		if !executed {
			missed = append(missed, c.name)
			continue
		}
		covered[c.of] = true
		ran++
	}

	if !narrow {
		for _, capability := range info.Capabilities {
			if !covered[capability] {
				t.Errorf("the learner is a %s, but no check of that capability ran", capability)
			}
		}
		if len(missed) > 0 {
			t.Errorf("%d checks apply but did not run: %s", len(missed), strings.Join(missed, ", "))
		}
		if s.assertions == 0 {
			t.Errorf("the suite asserted nothing")
		}
	}
	note := ""
	if len(waived) > 0 {
		note = "; not asked: " + strings.Join(waived, ", ")
	}
	t.Logf("%s: %d checks, %d assertions%s", s.name, ran, s.assertions, note)
}

// try runs one check. A learner that panics fails the check, not the program.
func (c check) try(t reporter, s *subject) {
	k := &trial{reporter: t, subject: s}
	finished := false
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("the learner panicked: %v\n%s", p, debug.Stack())
			k.failed = true
		}
		s.assertions += k.asserted
		if finished && k.asserted == 0 && !k.failed {
			t.Errorf("the check asserted nothing")
		}
	}()
	c.run(k)
	finished = true
}
