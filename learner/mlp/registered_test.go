package mlp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/registry"
)

// A network takes every registered loss of regression, with delta for epsilon.
func TestRegisteredLosses(t *testing.T) {
	info, err := registry.Lookup("mlp-regressor")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(info.Params, func(p registry.Param) bool { return p.Name == "loss" })
	if options, _ := info.Params[i].Schema["enum"].([]string); !slices.Equal(options, loss.Names(learner.Regression)) {
		t.Errorf("the losses are %v, want %v", options, loss.Names(learner.Regression))
	}
	learnertest.Run(t, "mlp-regressor", learnertest.WithParams(`{"loss": "squared_epsilon_insensitive", "delta": 0.01, "max_iter": 60}`))
}

func TestUnknownLoss(t *testing.T) {
	_, err := registry.New("mlp-regressor", []byte(`{"loss": "hinge"}`), learner.Env{})
	var bad *registry.ParamsError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "loss: want one of squared_error, huber") {
		t.Errorf("%v", err)
	}
}
