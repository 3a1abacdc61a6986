package learnertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// act is one way to break one rule, and the check that must notice it.
type act struct {
	check    string
	what     string
	registry *registry.Registry
	options  []Option
	panics   bool // it is caught by panicking
}

func breaks(check, what string, h hooks) act {
	return breaksWith(check, what, learner.Traits{}, func(learner.Env) hooks { return h })
}

func breaksWith(check, what string, traits learner.Traits, of func(learner.Env) hooks) act {
	return act{check: check, what: what, registry: saboteurRegistry(traits, of)}
}

type (
	model = *honestClassifier
	data  = learner.Dataset
	ctx   = context.Context
)

var background = context.Background()

// edited is a fit on an edited copy of the data, taken by those who have
// already seen that the data itself is good.
func edited(edit func(*data)) func(model, ctx, data) error {
	return func(m model, c ctx, d data) error {
		if err := learner.CheckFit(d, learner.Classification, learner.Traits{}); err != nil {
			return err
		}
		d = cloneData(d)
		edit(&d)
		return m.Fit(c, d)
	}
}

// tilted is m's probabilities with class 0 made likelier in row i by a factor of 1 + by(i).
func tilted(m model, x *mat.Dense, by func(i int) float64) (*mat.Dense, error) {
	p, err := m.PredictProba(background, x)
	if err != nil {
		return nil, err
	}
	rows, cols := p.Dims()
	for i := range rows {
		row := p.RawRowView(i)
		row[0] *= 1 + by(i)
		var sum float64
		for _, v := range row {
			sum += v
		}
		for j := range cols {
			row[j] /= sum
		}
	}
	return p, nil
}

func allActs() []act {
	return slices.Concat(stateActs(), badDataActs(), degenerateActs(), extremeActs(), purityActs(), invarianceActs(), weightActs(), determinismActs(),
		cancelActs(), scoreActs(), classifierActs(), snapshotActs(), parameterActs(), gradientActs(), layerActs(), objectiveActs(),
		plainActs(), summableActs(), unsupervisedActs())
}

// TestEverySaboteurIsCaught shows each check a learner that breaks its rule.
func TestEverySaboteurIsCaught(t *testing.T) {
	for _, a := range allActs() {
		t.Run(fmt.Sprintf("%s/%s", a.check, a.what), func(t *testing.T) {
			s := &subject{name: "saboteur", registry: a.registry, rows: 60}
			for _, o := range a.options {
				o(s)
			}
			ran := false
			r := record(func(name string) bool {
				ran = ran || name == a.check
				return name == a.check
			}, func(t reporter) { suite(t, s, checks(), true) })
			if !ran {
				t.Fatal("the check was not asked of it")
			}
			got := r.errors(a.check)
			if got == "" {
				t.Error("not caught")
			}
			if strings.Contains(got, "panicked") != a.panics { // else the saboteur itself is broken
				t.Errorf("caught by accident: %s", got)
			}
			t.Log(got)
		})
	}
}

// TestEveryCheckHasASaboteur: a check that was never seen to fail proves
// nothing.
func TestEveryCheckHasASaboteur(t *testing.T) {
	caught := map[string]bool{}
	for _, a := range allActs() {
		caught[a.check] = true
	}
	for _, c := range checks() {
		if !caught[c.name] {
			t.Errorf("no saboteur breaks %s", c.name)
		}
		delete(caught, c.name)
	}
	for name := range caught {
		t.Errorf("saboteurs break %s, which is no check", name)
	}
}
