package master_test

import (
	"context"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// drifting answers 0; it is registered as one whose fits differ with one seed.
type drifting struct{}

func (drifting) Fit(context.Context, learner.Dataset) error { return nil }

func (drifting) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	rows, _ := x.Dims()
	return make([]float64, rows), nil
}

// The fit's answer says of a learner that it does not fit the same twice.
func TestUnrepeatableFitIsNoted(t *testing.T) {
	reg := &registry.Registry{}
	registry.RegisterIn(reg, "drifting", registry.Entry[struct{}, drifting]{Task: learner.Regression, Summary: "A test.",
		Traits: learner.Traits{NonDeterministic: true}, New: func(struct{}, learner.Env) (drifting, error) { return drifting{}, nil }})
	want := []string{"drifting is not deterministic: two fits with one seed differ, so seed: does not give the same bits twice"}
	if got := mastertest.Start(t, master.New(), reg, "drifting", "", three...).Fit(); !slices.Equal(got.Notes, want) {
		t.Errorf("notes %q, want %q", got.Notes, want)
	}
	if got := start(t, "mean", "", three...).Fit(); got.Notes != nil {
		t.Errorf("notes %q of a learner that fits the same twice", got.Notes)
	}
}

// stepping answers 0, and says how its fit ended.
type stepping struct {
	drifting
	ended *learner.Convergence
}

func (s stepping) Convergence() *learner.Convergence { return s.ended.Clone() }

// A fit that did not converge says so: in the worker's part, in a note that names the workers, and in the event.
func TestUnsettledFitSaysSo(t *testing.T) {
	for _, tt := range []struct {
		ended *learner.Convergence
		notes []string
	}{
		{learner.Ended(false, 100, "raise max_iter"), []string{"the fit of workers w1, w2 and w3 did not converge in 100 iterations: raise max_iter"}},
		{learner.Ended(true, 99, ""), nil},
		{nil, nil},
	} {
		reg := &registry.Registry{}
		registry.RegisterIn(reg, "stepping", registry.Entry[struct{}, stepping]{Task: learner.Regression, Summary: "A test.",
			New: func(struct{}, learner.Env) (stepping, error) { return stepping{ended: tt.ended}, nil }})
		c := mastertest.Start(t, master.New(), reg, "stepping", "", three...)
		fit := c.Fit()
		if !slices.Equal(fit.Notes, tt.notes) {
			t.Errorf("%+v: notes %q, want %q", tt.ended, fit.Notes, tt.notes)
		}
		for _, w := range fit.Workers {
			if (w.Convergence == nil) != (tt.ended == nil) || tt.ended != nil && *w.Convergence != *tt.ended {
				t.Errorf("%s says %+v, want %+v", w.Worker, w.Convergence, tt.ended)
			}
		}
		e := mastertest.Event(c, func(api.WorkerFittedEvent) bool { return true })
		if (e.Fit.Convergence == nil) != (tt.ended == nil) {
			t.Errorf("the event says %+v, want %+v", e.Fit.Convergence, tt.ended)
		}
	}
}
