package losstest

import (
	"fmt"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

// epsilons are the settings that losses of regression are tried with.
var epsilons = []float64{0.1, 1, 1.35}

// targets are what a score is compared with.
func targets(e loss.Entry) []float64 {
	if e.Task == learner.Classification {
		return []float64{-1, 1}
	}
	return []float64{-3, 0, 2.5}
}

// near is a grid of scores around the targets, which meets the usual kinks.
func near() []float64 {
	var scores []float64
	for s := -6.0; s <= 6; s += 0.125 {
		scores = append(scores, s)
	}
	return scores
}

// far is near and scores that a model comes to when it is very wrong.
func far() []float64 { return append(near(), -500, -30, 30, 500) }

// variant is a loss with one choice of its settings.
type variant struct {
	name string
	loss loss.Loss
}

func variants(e loss.Entry) ([]variant, error) {
	choices := epsilons
	if e.Task == learner.Classification {
		choices = []float64{0} // classes have no distance
	}
	var all []variant
	for _, epsilon := range choices {
		l, err := e.New(loss.Settings{Epsilon: epsilon})
		if err != nil {
			return nil, fmt.Errorf("it cannot be made with epsilon %v: %w", epsilon, err)
		}
		all = append(all, variant{fmt.Sprintf("epsilon %v", epsilon), l})
	}
	return all, nil
}

// each calls look for every variant, target and score until that is an error,
// to which it adds where that was.
func each(e loss.Entry, scores []float64, look func(l loss.Loss, score, target float64) error) error {
	all, err := variants(e)
	if err != nil {
		return err
	}
	for _, v := range all {
		for _, target := range targets(e) {
			for _, score := range scores {
				if err := look(v.loss, score, target); err != nil {
					return fmt.Errorf("%s, score %v, target %v: %w", v.name, score, target, err)
				}
			}
		}
	}
	return nil
}
