package learnertest

import (
	"context"
	"sync"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var purityChecks = []check{
	{name: "inputs_unchanged", of: registry.Estimator, run: inputsUnchanged},
	{name: "no_reference_kept", of: registry.Estimator, run: noReferenceKept},
	{name: "answers_are_the_callers", of: registry.Estimator, run: answersAreTheCallers},
	{name: "concurrent_predict", of: registry.Estimator, run: concurrentPredict},
}

// inputsUnchanged: no bit of what a learner is given changes.
func inputsUnchanged(k *trial) {
	for _, t := range k.tasks() {
		for _, d := range []learner.Dataset{t.train, weighted(t.train)} {
			given := cloneData(d)
			m := k.fitted(given)
			k.none(dataDiffers(d, given), "%s: Fit changed its input", t.name)
			given = cloneData(t.test)
			k.ask(m, given.X)
			k.none(dataDiffers(t.test, given), "%s: Predict changed its input", t.name)
		}
	}
}

// noReferenceKept: what happens to the inputs after Fit is not the model's
// business.
func noReferenceKept(k *trial) {
	for _, t := range k.tasks() {
		given := weighted(cloneData(t.train))
		m := k.fitted(given)
		before := k.ask(m, t.test.X).clone()
		scribble(given)
		k.none(before.differs(k.ask(m, t.test.X)), "%s: the answers changed with the training data, which belongs to the caller", t.name)
	}
}

// answersAreTheCallers: writing over an answer does not reach the model, nor
// an earlier answer.
func answersAreTheCallers(k *trial) {
	t := k.main()
	m := k.fitted(t.train)
	first := k.ask(m, t.test.X)
	want := first.clone()
	second := k.ask(m, t.train.X)
	k.none(want.differs(first), "a second Predict wrote over the first one's answer")
	for _, a := range []answers{first, second} {
		fill(a.predicted, -5)
		if a.proba != nil {
			a.proba.Scale(0, a.proba)
		}
		if a.transformed != nil {
			a.transformed.Scale(0, a.transformed)
		}
	}
	k.none(want.differs(k.ask(m, t.test.X)), "writing over an answer changed the model")
}

// concurrentPredict: many goroutines may ask one model. The race detector
// sees what this check cannot.
func concurrentPredict(k *trial) {
	t := k.main()
	m := k.fitted(t.train)
	want := k.ask(m, t.test.X).clone()
	single, err := m.Predict(context.Background(), rowsOf(t.test.X, 0))
	k.must(err == nil, "predict: %v", err)

	const askers, times = 8, 4
	diffs := make([]string, askers)
	var wg sync.WaitGroup
	for i := range askers {
		wg.Go(func() {
			for range times {
				if i%2 == 1 {
					if got, err := m.Predict(context.Background(), rowsOf(t.test.X, 0)); err != nil || bitsDiffer(single, got) != "" {
						diffs[i] = "another answer for one row"
					}
					continue
				}
				a, err := askOf(m, t.test.X)
				if err != nil {
					diffs[i] = err.Error()
				} else if d := want.differs(a); d != "" {
					diffs[i] = d
				}
			}
		})
	}
	wg.Wait()
	for _, d := range diffs {
		k.none(d, "asked by %d goroutines at once", askers)
	}
}
