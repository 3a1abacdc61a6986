package master_test

import (
	"context"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

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
