package learnertest

import (
	"context"
	"encoding"
	"errors"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var stateChecks = []check{
	{name: "capabilities", of: registry.Estimator, run: capabilitiesAreTrue},
	{name: "predict_before_fit", of: registry.Estimator, run: predictBeforeFit},
	{name: "refit", of: registry.Estimator, waived: nonDeterministic, run: refit},
	{name: "refit_replaces", of: registry.Estimator, run: refitReplaces},
}

// nonDeterministic waives checks that compare two fits.
func nonDeterministic(s *subject) string {
	if s.info.Traits.NonDeterministic {
		return "trait non_deterministic"
	}
	return ""
}

// capabilitiesAreTrue: the registered type says all that the model can do.
// A learner registered as a bare Estimator would otherwise hide from the
// checks of what it can do beyond that, and from the masters.
func capabilitiesAreTrue(k *trial) {
	m := k.model()
	_, classifier := m.(learner.Classifier)
	_, differentiable := m.(learner.Differentiable)
	_, layered := m.(learner.Layered)
	_, objective := m.(learner.Objective)
	_, clusterer := m.(learner.Clusterer)
	_, transformer := m.(learner.Transformer)
	_, summable := m.(learner.Summable)
	_, snapshotter := m.(learner.Snapshotter)
	_, importances := m.(learner.Importancer)
	_, coefficients := m.(learner.Coefficienter)
	_, convergent := m.(learner.Convergent)
	for _, tc := range []struct {
		capability registry.Capability
		can        bool
	}{
		{registry.Estimator, true}, {registry.Classifier, classifier}, {registry.Differentiable, differentiable},
		{registry.Layered, layered}, {registry.Objective, objective}, {registry.Snapshotter, snapshotter},
		{registry.Clusters, clusterer}, {registry.Transformer, transformer}, {registry.Summable, summable},
		{registry.Importances, importances}, {registry.Coefficients, coefficients}, {registry.Convergence, convergent},
	} {
		k.check(k.is(tc.capability) == tc.can, "%s: registered %v, but the model says %v: register the concrete type", tc.capability, k.is(tc.capability), tc.can)
	}
	task := k.subject.info.Task
	k.check(!classifier || task == learner.Classification || task == learner.Clustering, "a learner of the task %s has PredictProba", task)
	k.check(clusterer == (task == learner.Clustering), "a learner is a Clusterer if its task is clustering, and only then")
	k.check(transformer || task != learner.Decomposition, "a learner of the task decomposition is no Transformer")
	k.check(!objective || layered, "an Objective is for a Layered learner; this one has no layers")
	k.check(k.subject.info.Summary != "", "no summary")
}

// predictBeforeFit: an unfitted model says so, also after a Fit that failed.
func predictBeforeFit(k *trial) {
	x := k.main().test.X
	m := k.model()
	unfitted := func(when string) {
		_, err := m.Predict(context.Background(), x)
		k.check(errors.Is(err, learner.ErrNotFitted), "Predict %s: got error %v, want learner.ErrNotFitted", when, err)
		if c, ok := m.(learner.Classifier); ok {
			_, err := c.PredictProba(context.Background(), x)
			k.check(errors.Is(err, learner.ErrNotFitted), "PredictProba %s: got error %v, want learner.ErrNotFitted", when, err)
		}
		if s, ok := m.(encoding.BinaryMarshaler); ok {
			_, err := s.MarshalBinary()
			k.check(errors.Is(err, learner.ErrNotFitted), "MarshalBinary %s: got error %v, want learner.ErrNotFitted", when, err)
		}
	}
	unfitted("before Fit")
	err := m.Fit(context.Background(), learner.Dataset{Schema: k.main().train.Schema})
	k.check(err != nil, "Fit without rows: no error")
	unfitted("after a Fit that failed")
}

// refit: fitting twice is fitting once.
func refit(k *trial) {
	for _, t := range k.tasks() {
		want := k.ask(k.fitted(t.train), t.test.X).clone()
		m := k.fitted(t.train)
		k.ask(m, t.test.X)
		k.fit(m, t.train)
		k.none(want.differs(k.ask(m, t.test.X)), "%s: the same data fitted twice", t.name)

		m = k.fit(k.fitted(k.other()), t.train)
		k.none(want.differs(k.ask(m, t.test.X)), "%s: fitted to other data before", t.name)
	}
}

// refitReplaces: the width and the classes are those of the last Fit.
func refitReplaces(k *trial) {
	t, other := k.main(), k.other()
	m := k.fit(k.fitted(t.train), other)
	k.sensible(m, other, other.X, "fitted to narrower data")
	_, err := m.Predict(context.Background(), t.test.X)
	k.refused(err, "rows as wide as the data before")
	k.sensible(k.fit(m, t.train), t.train, t.test.X, "fitted to wider data")
	if other.Classes != nil {
		k.check(!slices.Equal(other.Classes, t.train.Classes), "the data sets do not differ in their classes")
	}
}
