package mlp

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// stage is a run of layers and the micro-batches that are under way in them.
// It is for use by one goroutine at a time.
type stage struct {
	net      *network
	inFlight map[int]*run
}

// Forward computes the output of one micro-batch as in training. A micro-batch
// that is under way already is begun anew.
func (s *stage) Forward(ctx context.Context, at learner.Step, micro int, rows []uint64, x *mat.Dense) (*mat.Dense, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.checkInput(x); err != nil {
		return nil, fmt.Errorf("micro-batch %d: %w", micro, err)
	}
	count, cols := x.Dims()
	if len(rows) != count {
		return nil, fmt.Errorf("micro-batch %d: %d row ids for %d rows", micro, len(rows), count)
	}
	r, again := s.inFlight[micro]
	if !again {
		r = s.net.acquire()
		s.inFlight[micro] = r
	}
	// What Backward needs must not change with the caller's matrices.
	r.rows = append(r.rows[:0], rows...)
	input := r.input.at(count, cols)
	input.Copy(x)
	return mat.DenseCopyOf(s.net.forward(r, at, r.rows, input, true)), nil
}

func (s *stage) checkInput(x *mat.Dense) error {
	if x == nil || x.IsEmpty() {
		return &learner.DataError{Row: -1, Column: -1, Reason: "no rows"}
	}
	if _, cols := x.Dims(); cols != s.net.in() {
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("the stage takes %d values per row, not %d", s.net.in(), cols)}
	}
	return nil
}

// Predict computes the output as in prediction.
func (s *stage) Predict(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if err := s.checkInput(x); err != nil {
		return nil, err
	}
	return s.net.predict(ctx, x)
}

// Backward is the way back of a micro-batch that went forward.
func (s *stage) Backward(ctx context.Context, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error) {
	var dIn *mat.Dense
	err := s.back(ctx, micro, dOut, into, func(r *run) { dIn = mat.DenseCopyOf(s.net.backward(r, dOut, into, false, true)) })
	return dIn, err
}

// BackwardStart spares the first layer's gradient by the rows, a third of its
// arithmetic.
func (s *stage) BackwardStart(ctx context.Context, micro int, dOut *mat.Dense, into []float64) error {
	return s.back(ctx, micro, dOut, into, func(r *run) { s.net.backward(r, dOut, into, false, false) })
}

// back checks what is asked, does it, and forgets the micro-batch.
func (s *stage) back(ctx context.Context, micro int, dOut *mat.Dense, into []float64, do func(*run)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, ok := s.inFlight[micro]
	if !ok {
		return fmt.Errorf("micro-batch %d is not under way: Forward comes before Backward", micro)
	}
	if len(into) != len(s.net.params) {
		return fmt.Errorf("micro-batch %d: room for %d derivatives, the stage has %d parameters", micro, len(into), len(s.net.params))
	}
	if rows, cols := dOut.Dims(); rows != len(r.rows) || cols != s.net.out() {
		return fmt.Errorf("micro-batch %d: the gradient is %d x %d, the output was %d x %d", micro, rows, cols, len(r.rows), s.net.out())
	}
	do(r)
	delete(s.inFlight, micro)
	s.net.release(r)
	return nil
}

// Blocks describes the parameters of the stage's layers.
func (s *stage) Blocks() []learner.Block { return s.net.blocks() }

// Parameters returns a copy of them.
func (s *stage) Parameters() []float64 { return slices.Clone(s.net.params) }

// SetParameters is the inverse of Parameters.
func (s *stage) SetParameters(p []float64) error { return s.net.set(p) }

var (
	_ learner.StagePredictor = (*stage)(nil)
	_ learner.StageStart     = (*stage)(nil)
)
