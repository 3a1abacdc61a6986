package config_test

import (
	"context"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// The learners of these tests: they do nothing, but are described as real ones are.

type estimator struct{}

func (estimator) Fit(context.Context, learner.Dataset) error { return nil }

func (estimator) Predict(context.Context, *mat.Dense) ([]float64, error) { return nil, nil }

type differentiable struct{ estimator }

func (differentiable) Init(learner.Schema) ([]learner.Block, error) { return nil, nil }
func (differentiable) Parameters() []float64                        { return nil }
func (differentiable) SetParameters([]float64) error                { return nil }

func (differentiable) Gradient(context.Context, learner.Step, learner.Dataset, []float64) (float64, float64, error) {
	return 0, 0, nil
}

type treeParams struct {
	MaxDepth  int     `json:"max_depth" default:"0" validate:"gte=0" doc:"levels below the root"`
	Criterion string  `json:"criterion" default:"gini" validate:"oneof=gini entropy" doc:"measure of impurity"`
	Alpha     float64 `json:"ccp_alpha" default:"0" validate:"gte=0" doc:"pruning"`
}

type linearParams struct {
	Alpha float64 `json:"alpha" default:"0.0001" validate:"gte=0" doc:"strength of the penalty"`
	Sizes []int   `json:"sizes" default:"[8]" validate:"min=1,dive,gte=1" doc:"some sizes"`
}

// learners is a catalogue with a classifier, a regressor and a differentiable regressor.
func learners() *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "tree-classifier", registry.Entry[treeParams, estimator]{
		Task: learner.Classification, Summary: "A tree.",
		New: func(treeParams, learner.Env) (estimator, error) { return estimator{}, nil },
	})
	registry.RegisterIn(r, "tree-regressor", registry.Entry[treeParams, estimator]{
		Task: learner.Regression, Summary: "A tree.",
		New: func(treeParams, learner.Env) (estimator, error) { return estimator{}, nil },
	})
	registry.RegisterIn(r, "linear-regression", registry.Entry[linearParams, differentiable]{
		Task: learner.Regression, Summary: "A line.",
		New: func(linearParams, learner.Env) (differentiable, error) { return differentiable{}, nil },
	})
	return r
}

func env(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := pairs[name]
		return v, ok
	}
}

// A learner whose fits differ with one seed is noted once, from its trait.
func TestUnrepeatableLearnersAreNoted(t *testing.T) {
	r := &registry.Registry{}
	type none struct{}
	register := func(name string, traits learner.Traits) {
		registry.RegisterIn(r, name, registry.Entry[none, estimator]{Task: learner.Regression, Summary: "A test.", Traits: traits,
			New: func(none, learner.Env) (estimator, error) { return estimator{}, nil }})
	}
	register("steady", learner.Traits{})
	register("drifting", learner.Traits{NonDeterministic: true})
	for yaml, want := range map[string]string{
		"learner: steady\nworkers: 2\n": "",
		"learner: drifting\nworkers: [{name: a}, {name: b}]": "drifting is not deterministic: two fits with one seed differ, " +
			"so seed: does not give the same bits twice",
	} {
		if got := strings.Join(parse(t, yaml, config.Options{Catalogue: r}).Notes, "\n"); got != want {
			t.Errorf("%s: notes %q, want %q", yaml, got, want)
		}
	}
}
