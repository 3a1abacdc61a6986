package losstest

import (
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

// Run holds the loss that is registered under name to the contract. Each check
// is a subtest.
func Run(t *testing.T, name string) {
	t.Helper()
	e, err := loss.Lookup(name)
	if err != nil {
		t.Fatalf("%v; a test must import the package that registers the loss", err)
	}
	for _, c := range checks {
		if c.only != "" && c.only != e.Task {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(e); err != nil {
				t.Error(err)
			}
		})
	}
}

// check is one rule of the contract. Its error says what breaks it.
type check struct {
	name string       // stable: people select it with -run
	only learner.Task // "" for losses of both
	run  func(loss.Entry) error
}

var checks = []check{
	{"finite", "", finite},
	{"not_negative", "", notNegative},
	{"slope", "", slope},
	{"convex", "", convex},
	{"same_twice", "", sameTwice},
	{"right_costs_nothing", learner.Regression, rightCostsNothing},
	{"pulls_to_the_class", learner.Classification, pullsToTheClass},
	{"probability", learner.Classification, probability},
	{"gradient", "", gradient},
	{"weights", "", weights},
	{"probabilities", learner.Classification, probabilities},
}
