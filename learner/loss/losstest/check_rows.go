package losstest

import (
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/numeric"
)

// batch is a loss of rows with targets for three of them.
type batch struct {
	name    string
	loss    loss.Rows
	targets []float64
}

// classCounts are the numbers of classes that a loss of classes is tried with.
var classCounts = []int{1, 2, 3, 5}

func batches(e loss.Entry) ([]batch, error) {
	if e.Task == learner.Classification {
		var all []batch
		for _, classes := range classCounts {
			l, err := e.ForClasses(classes)
			if err != nil {
				return nil, fmt.Errorf("%d classes: %w", classes, err)
			}
			all = append(all, batch{fmt.Sprintf("%d classes", classes), l, []float64{0, float64(classes - 1), float64(classes / 2)}})
		}
		return all, nil
	}
	single, err := variants(e)
	if err != nil {
		return nil, err
	}
	var all []batch
	for _, v := range single {
		all = append(all, batch{v.name, loss.Targets{Loss: v.loss}, []float64{0.5, -2, 7}})
	}
	return all, nil
}

// scores are random ones for the batch, which meet no kink.
func (b batch) scores() []float64 {
	rng := learner.NewRand(3)
	at := make([]float64, len(b.targets)*b.loss.Outputs())
	for i := range at {
		at[i] = 2 * rng.NormFloat64()
	}
	return at
}

// gradient: what Derive leaves is the slope of the sum that it returns, by
// central differences.
func gradient(e loss.Entry) error {
	all, err := batches(e)
	if err != nil {
		return err
	}
	const h = 1e-6
	weights := []float64{1, 0, 2.5}
	for _, b := range all {
		at := b.scores()
		value := func(i int, h float64) float64 {
			s := slices.Clone(at)
			s[i] += h
			return b.loss.Derive(s, b.targets, weights)
		}
		got := slices.Clone(at)
		b.loss.Derive(got, b.targets, weights)
		for i, g := range got {
			// The error of a central difference is h^2 times a third derivative, and 1e-16 of the sum divided by h.
			if want := (value(i, h) - value(i, -h)) / (2 * h); !(math.Abs(g-want) <= 1e-6*max(1, math.Abs(want))) {
				return fmt.Errorf("%s: the derivative by score %d is %v, the slope is %v", b.name, i, g, want)
			}
		}
	}
	return nil
}

// weights: a row's loss and derivatives count as often as the row weighs, and
// a row of weight 0 counts for nothing, whatever its score.
func weights(e loss.Entry) error {
	all, err := batches(e)
	if err != nil {
		return err
	}
	for _, b := range all {
		at, outputs := b.scores(), b.loss.Outputs()
		once, twice := slices.Clone(at), slices.Clone(at)
		sum := b.loss.Derive(once, b.targets, []float64{1, 1, 1})
		if double := b.loss.Derive(twice, b.targets, []float64{2, 2, 2}); math.Abs(double-2*sum) > 1e-12*max(1, sum) {
			return fmt.Errorf("%s: the loss is %v, and with weights of 2 it is %v", b.name, sum, double)
		}
		for i := range once {
			if math.Abs(twice[i]-2*once[i]) > 1e-12*max(1, math.Abs(once[i])) {
				return fmt.Errorf("%s: derivative %d is %v, and with weights of 2 it is %v", b.name, i, once[i], twice[i])
			}
		}
		without := slices.Clone(at)
		for o := range outputs {
			without[outputs+o] = math.NaN()
		}
		if sum := b.loss.Derive(without, b.targets, []float64{1, 0, 1}); !numeric.IsFinite(sum) || !numeric.AllFinite(without) {
			return fmt.Errorf("%s: the score of a row of weight 0 is looked at", b.name)
		}
		if slices.ContainsFunc(without[outputs:2*outputs], func(d float64) bool { return d != 0 }) {
			return fmt.Errorf("%s: a row of weight 0 has the derivatives %v, want 0", b.name, without[outputs:2*outputs])
		}
	}
	return nil
}

// probabilities: those of a row are in [0, 1] and sum to 1, and the class is
// one of the likeliest.
func probabilities(e loss.Entry) error {
	rng := learner.NewRand(4)
	for _, classes := range classCounts {
		l, err := e.ForClasses(classes)
		if err != nil {
			return fmt.Errorf("%d classes: %w", classes, err)
		}
		scores, into := make([]float64, l.Outputs()), make([]float64, classes)
		for _, scale := range []float64{0, 1, 30, 500} {
			for i := range scores {
				scores[i] = scale * rng.NormFloat64()
			}
			l.Probabilities(scores, into)
			var sum float64
			for _, p := range into {
				if !(p >= 0 && p <= 1+1e-12) {
					return fmt.Errorf("%d classes, scores %v: the probabilities are %v, want numbers from 0 to 1", classes, scores, into)
				}
				sum += p
			}
			if math.Abs(sum-1) > 1e-12 {
				return fmt.Errorf("%d classes, scores %v: the probabilities %v sum to %v", classes, scores, into, sum)
			}
			if class := l.Class(scores); class < 0 || class >= classes || into[class] < slices.Max(into)-1e-12 {
				return fmt.Errorf("%d classes, scores %v: class %d is predicted, the probabilities are %v", classes, scores, class, into)
			}
		}
	}
	return nil
}
