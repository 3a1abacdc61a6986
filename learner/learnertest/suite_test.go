package learnertest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

type none struct{}

// honestRegistry has the honest learners, with the given traits.
func honestRegistry(traits learner.Traits) *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "honest-classifier", registry.Entry[none, *honestClassifier]{
		Task: learner.Classification, Summary: "Keeps every rule.", Traits: traits,
		New: func(_ none, env learner.Env) (*honestClassifier, error) {
			return &honestClassifier{honest{env: env, task: learner.Classification}}, nil
		},
	})
	registry.RegisterIn(r, "honest-regressor", registry.Entry[none, *honest]{
		Task: learner.Regression, Summary: "Keeps every rule.", Traits: traits,
		New: func(_ none, env learner.Env) (*honest, error) {
			return &honest{env: env, task: learner.Regression}, nil
		},
	})
	registry.RegisterIn(r, "honest-report", registry.Entry[none, *reporting]{
		Task: learner.Regression, Summary: "Reports.", Traits: traits,
		New: func(none, learner.Env) (*reporting, error) { return &reporting{}, nil },
	})
	registry.RegisterIn(r, "honest-stump", registry.Entry[none, *stump]{
		Task: learner.Regression, Summary: "Splits once.", Traits: traits,
		New: func(none, learner.Env) (*stump, error) { return &stump{}, nil },
	})
	return r
}

func TestHonestLearnersPass(t *testing.T) {
	r := honestRegistry(learner.Traits{})
	t.Run("classifier", func(t *testing.T) { Run(t, "honest-classifier", WithRegistry(r)) })
	t.Run("regressor", func(t *testing.T) { Run(t, "honest-regressor", WithRegistry(r)) })
	t.Run("stump", func(t *testing.T) { Run(t, "honest-stump", WithRegistry(r)) })
	t.Run("reports", func(t *testing.T) { Run(t, "honest-report", WithRegistry(r), Baseline()) })
}

// TestTraitsOnlyWaive: a learner that may do something may also not do it,
// apart from the traits that promise a refusal or an acceptance.
func TestTraitsOnlyWaive(t *testing.T) {
	for name, traits := range map[string]learner.Traits{
		"non_deterministic": {NonDeterministic: true},
		"not_cancellable":   {NotCancellable: true},
		"samples_rows":      {SamplesRows: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &subject{name: "honest-classifier", registry: honestRegistry(traits), rows: 60}
			r := record(nil, func(t reporter) { suite(t, s, checks(), false) })
			if len(r.failed) > 0 {
				t.Errorf("fails: %v", r.failed)
			}
			if line := strings.Join(r.log, "\n"); !strings.Contains(line, "(trait "+name+")") {
				t.Errorf("the log does not say what the trait waived: %s", line)
			}
		})
	}
}

func TestCountsAreLogged(t *testing.T) {
	s := &subject{name: "honest-report", registry: honestRegistry(learner.Traits{}), rows: 40, baseline: true}
	r := record(nil, func(t reporter) { suite(t, s, checks(), false) })
	var checks, assertions int
	last := r.log[len(r.log)-1]
	if n, err := fmt.Sscanf(last, "honest-report: %d checks, %d assertions", &checks, &assertions); n != 2 || err != nil {
		t.Fatalf("the log says %q", last)
	}
	if checks < 20 || assertions < 2*checks {
		t.Errorf("%d checks, %d assertions: too few to be true", checks, assertions)
	}
	if assertions != s.assertions {
		t.Errorf("logged %d assertions, counted %d", assertions, s.assertions)
	}
}

// TestGuards: a suite that did not do its work does not pass.
func TestGuards(t *testing.T) {
	passes := func(k *trial) { k.check(true, "") }
	for _, tc := range []struct {
		name   string
		checks []check
		only   func(string) bool
		narrow bool
		in     string // the subtest that fails; "" is the suite
		want   string // part of the error; "" if it passes
	}{
		{name: "all done", checks: everyCapability(passes)},
		{name: "a check that asserts nothing", checks: append(everyCapability(passes), check{name: "lazy", of: registry.Estimator, run: func(*trial) {}}),
			in: "lazy", want: "asserted nothing"},
		{name: "no checks at all", want: "asserted nothing"},
		{name: "a capability without checks", checks: everyCapability(passes)[1:], want: "the learner is a estimator, but no check of that capability ran"},
		{name: "a check left out", checks: everyCapability(passes), only: func(name string) bool { return name != "classifier" },
			want: "1 checks apply but did not run: classifier"},
		{name: "a check left out on the command line", checks: everyCapability(passes), only: func(name string) bool { return name != "classifier" }, narrow: true},
		{name: "a panic", checks: append(everyCapability(passes), check{name: "bang", of: registry.Estimator, run: func(*trial) { panic("bang") }}),
			in: "bang", want: "the learner panicked: bang"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &subject{name: "honest-classifier", registry: honestRegistry(learner.Traits{}), rows: 30}
			r := record(tc.only, func(t reporter) { suite(t, s, tc.checks, tc.narrow) })
			if tc.want == "" {
				if len(r.failed) > 0 {
					t.Errorf("fails: %v", r.failed)
				}
				return
			}
			if got := r.errors(tc.in); !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func everyCapability(run func(*trial)) []check {
	var all []check
	for _, c := range registry.Capabilities() {
		all = append(all, check{name: string(c), of: c, run: run})
	}
	return all
}

func TestUnusableSubjects(t *testing.T) {
	for name, s := range map[string]*subject{
		"unknown name":   {name: "honest-clasifier", registry: honestRegistry(learner.Traits{})},
		"bad parameters": {name: "honest-classifier", registry: honestRegistry(learner.Traits{}), params: json.RawMessage(`{"depth": 1}`)},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(nil, func(t reporter) { suite(t, s, checks(), false) })
			if r.errors("") == "" {
				t.Error("no failure")
			}
		})
	}
}

func TestCheckNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checks() {
		if seen[c.name] {
			t.Errorf("two checks are called %s", c.name)
		}
		seen[c.name] = true
	}
}
