package chimera_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	_ "github.com/gochimera/chimera"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

type mailer struct{}

func (mailer) Fit(context.Context, learner.Dataset) error { return nil }

func (mailer) Predict(context.Context, *mat.Dense) ([]float64, error) { return nil, nil }

// A program of a project checks every rule of package validator, without
// an import of its own: parameters that had such rules go on working.
func TestLearnersMayHaveEveryRule(t *testing.T) {
	type params struct {
		To string `json:"to" default:"a@example.com" validate:"email" doc:"who is told"`
	}
	r := &registry.Registry{}
	registry.RegisterIn(r, "mailer", registry.Entry[params, mailer]{
		Task: learner.Regression, Summary: "A test.", New: func(params, learner.Env) (mailer, error) { return mailer{}, nil },
	})
	if _, err := r.New("mailer", nil, learner.Env{}); err != nil {
		t.Error(err)
	}
	var bad *registry.ParamsError
	if err := r.Check("mailer", []byte(`{"to": "nobody"}`)); !errors.As(err, &bad) || bad.Violations[0].Param != "to" {
		t.Errorf("got %v", err)
	}
}
