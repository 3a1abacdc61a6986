package losstest

import (
	"errors"
	"math"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

// at is a loss made of a function.
type at func(score, target float64) (value, derivative float64)

func (f at) At(score, target float64) (value, derivative float64) { return f(score, target) }

// linked is an at with a probability.
type linked struct {
	loss.Loss
	probability func(score float64) float64
}

func (l linked) Probability(score float64) float64 { return l.probability(score) }

func entry(task learner.Task, l loss.Loss) loss.Entry {
	return loss.Entry{Task: task, Summary: "A test.", New: func(loss.Settings) (loss.Loss, error) { return l, nil }}
}

func numbers(f at) loss.Entry { return entry(learner.Regression, f) }
func classes(f at) loss.Entry { return entry(learner.Classification, f) }

// several is a loss of classes that is broken by what it does to that of Softmax.
func several(broken func(loss.Softmax) loss.Classes) loss.Entry {
	e := entry(learner.Classification, loss.LogLoss{})
	e.Several = func(classes int) (loss.Classes, error) { return broken(loss.Softmax{Classes: classes}), nil }
	return e
}

// unweighted passes over the weights.
type unweighted struct{ loss.Softmax }

func (l unweighted) Derive(scores, targets, weights []float64) float64 {
	ones := make([]float64, len(weights))
	for i := range ones {
		ones[i] = 1
	}
	return l.Softmax.Derive(scores, targets, ones)
}

// unscaled gives derivatives of twice the loss.
type unscaled struct{ loss.Softmax }

func (l unscaled) Derive(scores, targets, weights []float64) float64 {
	sum := l.Softmax.Derive(scores, targets, weights)
	for i := range scores {
		scores[i] *= 2
	}
	return sum
}

// improper gives probabilities that do not sum to 1.
type improper struct{ loss.Softmax }

func (l improper) Probabilities(scores, into []float64) {
	l.Softmax.Probabilities(scores, into)
	into[0] /= 2
}

// wrong predicts another class than the likeliest.
type wrong struct{ loss.Softmax }

func (l wrong) Class(scores []float64) int { return (l.Softmax.Class(scores) + 1) % l.Classes }

// TestEachCheckCatches shows each check a loss that breaks its rule.
func TestEachCheckCatches(t *testing.T) {
	calls := 0
	half := func(score, target float64) (float64, float64) { r := score - target; return r * r / 2, r }
	tests := []struct {
		check, name string
		entry       loss.Entry
	}{
		{"finite", "exp of a large score", numbers(func(s, y float64) (float64, float64) { return math.Exp(2 * math.Abs(s-y)), 0 })},
		{"finite", "a derivative of 0/0", numbers(func(s, y float64) (float64, float64) { r := s - y; return math.Abs(r), r / math.Abs(r) })},
		{"not_negative", "below 0", numbers(func(s, y float64) (float64, float64) { v, d := half(s, y); return v - 1, d })},
		{"slope", "twice the slope", numbers(func(s, y float64) (float64, float64) { v, d := half(s, y); return v, 2 * d })},
		{"slope", "the wrong sign", classes(func(s, y float64) (float64, float64) { v, d := loss.LogLoss{}.At(s, y); return v, -d })},
		{"convex", "a bounded loss", numbers(func(s, y float64) (float64, float64) {
			r := s - y
			return r * r / (1 + r*r), 2 * r / (1 + r*r) / (1 + r*r)
		})},
		{"same_twice", "a memory", numbers(func(s, y float64) (float64, float64) { calls++; v, d := half(s, y); return v, d + float64(calls) })},
		{"right_costs_nothing", "an offset", numbers(func(s, y float64) (float64, float64) { v, d := half(s, y); return v + 1, d })},
		{"right_costs_nothing", "away from the target", numbers(func(s, y float64) (float64, float64) { v, d := half(s, y); return v, -d })},
		{"pulls_to_the_class", "flat at 0", classes(func(s, y float64) (float64, float64) { v, _ := loss.Perceptron{}.At(s, y); return v, 0 })},
		{"probability", "above 1", entry(learner.Classification, linked{loss.LogLoss{}, func(s float64) float64 { return 1 + s }})},
		{"probability", "falling", entry(learner.Classification, linked{loss.LogLoss{}, func(s float64) float64 { return loss.LogLoss{}.Probability(-s) }})},
		{"probability", "no sum of 1", entry(learner.Classification, linked{loss.LogLoss{}, func(s float64) float64 { return loss.LogLoss{}.Probability(s + 1) }})},
		{"gradient", "twice the slope", several(func(l loss.Softmax) loss.Classes { return unscaled{l} })},
		{"weights", "passed over", several(func(l loss.Softmax) loss.Classes { return unweighted{l} })},
		{"probabilities", "no sum of 1", several(func(l loss.Softmax) loss.Classes { return improper{l} })},
		{"probabilities", "another class", several(func(l loss.Softmax) loss.Classes { return wrong{l} })},
		{"finite", "settings refused", loss.Entry{Task: learner.Regression, New: func(loss.Settings) (loss.Loss, error) { return nil, errors.New("no") }}},
	}
	caught := map[string]bool{}
	for _, tc := range tests {
		t.Run(tc.check+"/"+tc.name, func(t *testing.T) {
			for _, c := range checks {
				if c.name == tc.check {
					caught[c.name] = true
					if err := c.run(tc.entry); err == nil {
						t.Error("it was not caught")
					}
				}
			}
		})
	}
	for _, c := range checks {
		if !caught[c.name] {
			t.Errorf("no broken loss was shown to %s", c.name)
		}
	}
}
