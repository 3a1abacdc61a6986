package bayes

import (
	"context"
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/numeric"
)

// The learners of this package learn in one round: the empty state asks for sums of each class, the next one is what
// was fitted. Fit is the same training with all rows in one part, so its model has the same bits.

// start is the empty state.
func start(s learner.Schema) ([]float64, error) { return []float64{}, checkSchema(s) }

func checkSchema(s learner.Schema) error {
	switch {
	case len(s.Features) == 0:
		return &learner.DataError{Row: -1, Column: -1, Reason: "the schema names no features"}
	case s.Task() != learner.Classification:
		return &learner.DataError{Row: -1, Column: -1, Reason: "a classifier needs the list of classes, the schema has none"}
	}
	return nil
}

// checkSums refuses what Advance cannot be asked for: sums of another shape, or of no rows.
func checkSums(s learner.Schema, state []float64, sums *learner.Sums, reals int) error {
	if err := checkSchema(s); err != nil {
		return err
	}
	if len(state) != 0 || len(sums.Counts) != 0 || len(sums.Reals) != reals {
		return fmt.Errorf("a state of %d numbers and sums of %d and %d; want 0, 0 and %d", len(state), len(sums.Counts), len(sums.Reals), reals)
	}
	return nil
}

// checkState refuses what is not the last state of a training: weights of the classes, then numbers as many times
// classes x features.
func checkState(s learner.Schema, state []float64, times int) error {
	if err := checkSchema(s); err != nil {
		return err
	}
	classes := len(s.Classes)
	if want := classes + times*classes*len(s.Features); len(state) != want {
		return fmt.Errorf("a state of %d numbers, want %d", len(state), want)
	}
	return checkWeighed(s.Classes, state)
}

// checkWeighed refuses a state with numbers that are none, or whose first ones are not the weights of classes.
func checkWeighed(of []learner.Label, state []float64) error {
	if i := numeric.FirstNotFinite(state); i >= 0 {
		return fmt.Errorf("number %d of the state is %v", i, state[i])
	}
	var sum float64
	for c, w := range state[:len(of)] {
		if w < 0 {
			return fmt.Errorf("class %s weighs %v", of[c], w)
		}
		sum += w
	}
	if !(sum > 0 && sum <= math.MaxFloat64) {
		return fmt.Errorf("the classes weigh %v", sum)
	}
	return nil
}

// summer is a learner of this package.
type summer interface {
	learner.Summable
	// part is Part of rows that CheckPart has passed.
	part(rows learner.Dataset) (learner.Part, error)
}

// fitBySums trains e on all rows, whose features may have no names.
func fitBySums(ctx context.Context, e summer, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, learner.Traits{}); err != nil {
		return err
	}
	part, err := e.part(train)
	if err != nil {
		return err
	}
	s := train.Schema
	if s.Features == nil {
		_, cols := train.X.Dims()
		s.Features = make([]string, cols)
	}
	return learner.TrainOnParts(ctx, e, s, []learner.Part{part}, nil)
}

// partOf checks the rows.
func partOf(e summer, rows learner.Dataset) (learner.Part, error) {
	if err := learner.CheckPart(rows, learner.Classification, learner.Traits{}); err != nil {
		return nil, err
	}
	return e.part(rows)
}

// checkWeights refuses weights that cannot be summed exactly.
func checkWeights(d learner.Dataset) error {
	for i, w := range d.Weights {
		if w > exact.Largest {
			return &learner.DataError{Row: i, Column: -1, Name: "weight", Reason: fmt.Sprintf("the weight %v is too large to be summed exactly: scale it down", w)}
		}
	}
	return nil
}

// tooLarge says that a value cannot be summed exactly.
func tooLarge(d learner.Dataset, row, column int, v float64) error {
	e := &learner.DataError{Row: row, Column: column, Reason: fmt.Sprintf("the value %v is too large to be summed exactly: scale the feature down", v)}
	if d.Features != nil {
		e.Name = d.Features[column]
	}
	return e
}
