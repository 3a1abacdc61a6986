package learnertest

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"

	"github.com/gochimera/chimera/registry"
	_ "github.com/gochimera/chimera/registry/allrules" // so that the learner's parameters may have every rule of package validator
)

// Option says how to test a learner.
type Option func(*subject)

// WithParams makes the learner with these parameters, a JSON object, instead
// of its defaults.
func WithParams(params string) Option {
	return func(s *subject) { s.params = json.RawMessage(params) }
}

// WithRegistry looks the learner up in r instead of in registry.Default.
func WithRegistry(r *registry.Registry) Option {
	return func(s *subject) { s.registry = r }
}

// WithRows sets the size of the data sets for a learner that is slow, or that
// needs many rows to learn anything; the default is 120, the least 30.
func WithRows(n int) Option {
	return func(s *subject) { s.rows = max(n, 30) }
}

// NonNegative is for a learner of counts or frequencies: the data sets are
// such, and the learner must refuse negative values, in Fit and in Predict.
func NonNegative() Option {
	return func(s *subject) { s.nonNegative = true }
}

// Counts is for a learner of targets that are counts: those of the data sets are.
func Counts() Option {
	return func(s *subject) { s.counts = true }
}

// Baseline is for a learner that does not look at X. It need not beat the
// baseline, but must answer the same for every row.
func Baseline() Option {
	return func(s *subject) { s.baseline = true }
}

// Run holds the learner registered under name to the contract of package
// learner.
func Run(t *testing.T, name string, options ...Option) {
	t.Helper()
	s := &subject{name: name, registry: registry.Default, rows: 120}
	for _, o := range options {
		o(s)
	}
	suite(testingT{t}, s, checks(), narrowed())
}

// narrowed reports whether go test was told to run only some subtests.
func narrowed() bool {
	for _, name := range []string{"test.run", "test.skip"} {
		if f := flag.Lookup(name); f != nil && strings.Contains(f.Value.String(), "/") {
			return true
		}
	}
	return false
}

// reporter is what the suite needs of *testing.T; the suite's own tests give
// it one that lets them watch it fail.
type reporter interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	FailNow()
	Run(name string, f func(reporter)) bool
}

type testingT struct{ *testing.T }

// Run runs f as a subtest.
func (t testingT) Run(name string, f func(reporter)) bool {
	return t.T.Run(name, func(t *testing.T) { f(testingT{t}) })
}

var _ reporter = testingT{}
