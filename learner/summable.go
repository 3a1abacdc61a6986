package learner

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/learner/exact"
)

// Summable is an Estimator that can learn from sums over rows (Chu et al. 2006, "Map-Reduce for machine
// learning on multicore"): a state says what is to be summed, the sums of all rows make the next state, until
// one is the model. Rows may then be anywhere, and because the sums are exact ([Sums]), the model has the same
// bits however the rows are dealt out.
//
// The methods depend on the learner's parameters and seed, and on their arguments alone, never on earlier calls:
// a training goes on from its state in another program. Only SetState changes the model.
type Summable interface {
	Estimator
	// Start is the state that a training on rows of this schema begins with, before any row was seen. The schema has a name
	// for each feature, here and below.
	Start(s Schema) (state []float64, err error)
	// Shape is how long the sums are that a state asks for.
	Shape(s Schema, state []float64) (counts, reals int)
	// Part checks rows, all or some of those to learn from, and prepares to sum over them. A learner that draws
	// rows at random draws them by what is in them (RowHash) or by their ids, never by their place.
	Part(ctx context.Context, rows Dataset) (Part, error)
	// Advance makes the next state of a state and of the sums that it asked for, over all rows. The state that it
	// was given stays as it is: the next one may begin with the same numbers in the same memory, but is longer then.
	// The sums are the caller's, who uses their memory again.
	Advance(ctx context.Context, s Schema, state []float64, sums *Sums) (Advance, error)
	// SetState makes the model of the last state of a training. The model is fitted then: it predicts. A state
	// that is not the last one of such a training is an error, and the old model is kept.
	SetState(s Schema, state []float64) error
}

// Part is rows of a Summable learner, which sums are asked of. It may keep what it has computed for one state
// to answer the next one faster, but the answer depends on state and rows alone. One goroutine uses it.
type Part interface {
	// Sum adds to into, which has the Shape of the state, what the rows add: for each row numbers that depend on
	// the state and this row (and its weight) alone. It returns soon after ctx ends, with ctx's error.
	Sum(ctx context.Context, state []float64, into *Sums) error
}

// Advance is one step of the training of a Summable learner.
type Advance struct {
	State []float64 // the next one
	Done  bool      // State is the last one
	// Iteration is the number of the learner's iterations that are complete (trees, rounds of k-means), 0 for one
	// that has none; there are at most Most of them (0: that is not known). Loss is the loss after it, the mean over the
	// rows, or NaN if it is not known.
	Iteration, Most int
	Loss            float64
	Why             string // if Done: what ended it, such as "max_iter" or "tol"
}

// Sums add up without rounding, so they are the same in every order and for every way in which rows are dealt
// out. The zero value is without sums; NewSums has some.
type Sums struct {
	Counts []int64     // whole numbers: of rows, or of numbers in fixed point. The total of all rows must fit.
	Reals  []exact.Sum // of float64s: at most exact.Largest in size each, and 2^53 of them
}

// NewSums are sums that are all 0.
func NewSums(counts, reals int) *Sums {
	return &Sums{Counts: make([]int64, counts), Reals: make([]exact.Sum, reals)}
}

// Reset makes the sums anew, all 0, in the same memory if that is large enough.
func (s *Sums) Reset(counts, reals int) {
	s.Counts = slices.Grow(s.Counts[:0], counts)[:counts]
	s.Reals = slices.Grow(s.Reals[:0], reals)[:reals]
	clear(s.Counts)
	clear(s.Reals)
}

// Merge adds the sums of other rows. Sums of another shape are an error.
func (s *Sums) Merge(other *Sums) error {
	if len(s.Counts) != len(other.Counts) || len(s.Reals) != len(other.Reals) {
		return fmt.Errorf("sums of %d whole and %d real numbers cannot be added to sums of %d and %d",
			len(other.Counts), len(other.Reals), len(s.Counts), len(s.Reals))
	}
	for i, n := range other.Counts {
		s.Counts[i] += n
	}
	for i := range other.Reals {
		s.Reals[i].AddSum(&other.Reals[i])
	}
	return nil
}

// TrainOnParts trains a Summable learner on rows that are in parts, one after the other, and makes the model.
// after, if there is one, is told each step.
func TrainOnParts(ctx context.Context, e Summable, s Schema, parts []Part, after func(Advance)) error {
	state, err := e.Start(s)
	if err != nil {
		return err
	}
	sums := &Sums{}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		sums.Reset(e.Shape(s, state))
		for _, p := range parts {
			if err := p.Sum(ctx, state, sums); err != nil {
				return err
			}
		}
		next, err := e.Advance(ctx, s, state, sums)
		if err != nil {
			return err
		}
		if after != nil {
			after(next)
		}
		if state = next.State; next.Done {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.SetState(s, state)
}

// FitBySums is a Fit for Summable learners: the training on all rows in one part. Features that have no names get empty ones, since their
// number is part of a schema.
func FitBySums(ctx context.Context, e Summable, train Dataset) error {
	if train.Features == nil && train.Len() > 0 {
		_, features := train.X.Dims()
		train.Features = make([]string, features)
	}
	part, err := e.Part(ctx, train)
	if err != nil {
		return err
	}
	return TrainOnParts(ctx, e, train.Schema, []Part{part}, nil)
}

// RowHash is a number that is the same for equal rows, whatever their place: a row that is drawn by it is drawn
// wherever it lies. Equal rows are drawn together.
func RowHash(seed uint64, x []float64, y float64) uint64 {
	h := Mix(seed ^ rowBits(y))
	for _, v := range x {
		h = Mix(h ^ rowBits(v))
	}
	return h
}

// rowBits are the same for numbers that are equal, and for all that are missing.
func rowBits(v float64) uint64 {
	switch {
	case v == 0:
		return 0
	case v != v:
		return math.Float64bits(math.NaN())
	default:
		return math.Float64bits(v)
	}
}

// SharedPrefix is how many numbers two states begin with that have the same bits.
func SharedPrefix(a, b []float64) int {
	n := min(len(a), len(b))
	for i := range n {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			return i
		}
	}
	return n
}
