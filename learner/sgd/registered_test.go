package sgd_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/registry"
)

// pseudoHuber is epsilon^2 (sqrt(1 + (r / epsilon)^2) - 1), a loss that is not
// of this module as far as the learners know.
type pseudoHuber struct{ epsilon float64 }

func (l pseudoHuber) At(score, target float64) (value, derivative float64) {
	r := score - target
	root := math.Hypot(1, r/l.epsilon)
	return l.epsilon * l.epsilon * (root - 1), r / root
}

var registerOnce = sync.OnceFunc(func() {
	loss.Register("test_pseudo_huber", loss.Entry{
		Task: learner.Regression, Summary: "A test.",
		New: func(s loss.Settings) (loss.Loss, error) {
			if s.Epsilon == 0 {
				return nil, errors.New("it divides by epsilon")
			}
			return pseudoHuber{s.Epsilon}, nil
		},
	})
	loss.Register("test_squared_hinge", loss.Entry{ // gives no probabilities: it votes
		Task: learner.Classification, Summary: "A test.",
		New: func(loss.Settings) (loss.Loss, error) { return loss.SquaredHinge{}, nil },
	})
})

// A registered loss is one like ours: the learner keeps the whole contract.
func TestRegisteredLosses(t *testing.T) {
	registerOnce()
	t.Run("regressor", func(t *testing.T) {
		learnertest.Run(t, "sgd-regressor", learnertest.WithParams(`{"loss": "test_pseudo_huber", "epsilon": 2, "eta0": 0.1}`))
	})
	t.Run("classifier", func(t *testing.T) {
		learnertest.Run(t, "sgd-classifier", learnertest.WithParams(`{"loss": "test_squared_hinge", "eta0": 0.05}`))
	})
}

// It is listed for its task alone, and refused for the other.
func TestRegisteredLossesAreListed(t *testing.T) {
	registerOnce()
	for name, want := range map[string]string{"sgd-regressor": "test_pseudo_huber", "sgd-classifier": "test_squared_hinge"} {
		info, err := registry.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		options, _ := info.Params[0].Schema["enum"].([]string)
		if !slices.Contains(options, want) || !strings.Contains(info.Params[0].Limits, want) {
			t.Errorf("%s: %s takes %v", name, info.Params[0].Name, options)
		}
		for other, reason := range map[string]string{"test_nothing": "got test_nothing", "huber": "got huber", "hinge": "got hinge"} {
			if slices.Contains(options, other) {
				continue
			}
			if err := registry.Default.Check(name, []byte(`{"loss": "`+other+`"}`)); err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s with the loss %s: %v", name, other, err)
			}
		}
	}
}

// What the loss refuses is a matter of parameters, before there is any data.
func TestSettingsThatALossRefuses(t *testing.T) {
	registerOnce()
	_, err := registry.New("sgd-regressor", []byte(`{"loss": "test_pseudo_huber", "epsilon": 0}`), learner.Env{})
	var bad *learner.ParamError
	if !errors.As(err, &bad) || bad.Param != "loss" || !strings.Contains(bad.Reason, "divides by epsilon") {
		t.Errorf("%v", err)
	}
}

// The gradient that a parameter server sums up is that of the registered loss.
func TestGradientOfARegisteredLoss(t *testing.T) {
	registerOnce()
	m, err := registry.New("sgd-regressor", []byte(`{"loss": "test_pseudo_huber", "epsilon": 2, "fit_intercept": false}`), learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	d := data(20, 0)
	able := m.(learner.Differentiable)
	if _, err := able.Init(d.Schema); err != nil {
		t.Fatal(err)
	}
	into := make([]float64, len(able.Parameters()))
	sum, _, err := able.Gradient(context.Background(), learner.Step{}, d, into)
	if err != nil {
		t.Fatal(err)
	}
	var want float64
	slope := make([]float64, len(into))
	for i, y := range d.Y {
		value, derivative := pseudoHuber{2}.At(0, y)
		want += d.Weight(i) * value
		for j := range slope {
			slope[j] += d.Weight(i) * derivative * d.X.At(i, j)
		}
	}
	if math.Abs(sum-want) > 1e-12*want || farthest(slope, into) > 1e-12 {
		t.Errorf("loss %v, gradient %v; want %v, %v", sum, into, want, slope)
	}
}
