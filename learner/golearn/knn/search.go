//go:build cgo

package knn

import (
	"context"
	"fmt"
	"math"

	"github.com/sjwhitworth/golearn/knn"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/snapshot"
)

const (
	// largest is how large a value may be: golearn adds the squares of
	// differences up in single precision, which ends at 3e38.
	largest = 1e15
	// away is how far a row is moved that golearn has answered: farther than
	// any other can be.
	away = 1e18
)

// traits of both learners.
var traits = learner.Traits{WholeWeights: true}

// search finds training rows near to a row.
type search struct {
	x       *mat.Dense        // the training rows
	k       int               // neighbours to find, at most the training rows
	columns instances.Columns // one to move rows away in, then x; the target is the number of the row
}

// newSearch keeps x.
func newSearch(x *mat.Dense, neighbours int) (*search, error) {
	rows, cols := x.Dims()
	target, err := instances.Category(rows)
	if err != nil {
		return nil, err
	}
	return &search{x: x, k: min(neighbours, rows), columns: instances.Columns{
		Features: append(instances.Floats("away", 1), instances.Floats("x", cols)...), Targets: target,
	}}, nil
}

// asker returns a function that finds the neighbours of each row of x, nearest
// first. The function is for one goroutine and reuses its answer.
func (s *search) asker(ctx context.Context, x *mat.Dense) (func(row int) ([]int, error), error) {
	rows, _ := s.x.Dims()
	train, err := s.columns.Grid(rows)
	if err != nil {
		return nil, err
	}
	train.SetFeatures(1, s.x)
	numbers := make([]float64, rows)
	for i := range numbers {
		numbers[i] = float64(i)
	}
	train.SetClasses(numbers)
	query, err := s.columns.Grid(1)
	if err != nil {
		return nil, err
	}
	model := knn.NewKnnClassifier("euclidean", "linear", 1)
	if err := model.Fit(train.DenseInstances); err != nil {
		return nil, err
	}
	found := make([]int, 0, s.k)
	return func(row int) ([]int, error) {
		query.SetRow(0, 1, x.RawRowView(row))
		for _, before := range found {
			train.SetFeature(before, 0, 0)
		}
		found = found[:0]
		for range s.k {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			err := instances.Call("nearest neighbours", func() error {
				answer, err := model.Predict(query.DenseInstances)
				if err != nil {
					return err
				}
				nearest, err := s.columns.Class(answer, 0)
				if err != nil {
					return err
				}
				train.SetFeature(nearest, 0, away)
				found = append(found, nearest)
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		return found, nil
	}, nil
}

// checkSize refuses values that golearn's single precision is too small for.
func checkSize(x *mat.Dense, names []string) error {
	rows, cols := x.Dims()
	for i := range rows {
		for j, v := range x.RawRowView(i)[:cols] {
			if math.Abs(v) <= largest {
				continue
			}
			e := &learner.DataError{Row: i, Column: j,
				Reason: fmt.Sprintf("the value is %v; golearn computes distances in single precision and can use values up to %v in size: "+
					"scale the feature, or use knn-classifier or knn-regressor", v, largest)}
			if j < len(names) {
				e.Name = names[j]
			}
			return e
		}
	}
	return nil
}

// checkPredict is what both learners check of rows to predict for.
func (s *search) checkPredict(x *mat.Dense) error {
	if s == nil {
		return learner.ErrNotFitted
	}
	_, cols := s.x.Dims()
	if err := learner.CheckPredict(x, cols, traits); err != nil {
		return err
	}
	return checkSize(x, nil)
}

// checkFit checks and prepares the training rows.
func checkFit(ctx context.Context, train learner.Dataset, task learner.Task) (instances.Training, error) {
	t, err := instances.Prepare(train, task)
	if err != nil {
		return t, err
	}
	if err := checkSize(train.X, train.Features); err != nil {
		return t, err
	}
	return t, ctx.Err()
}

// write stores the training rows in a snapshot.
func (s *search) write(w *snapshot.Writer) {
	_, cols := s.x.Dims()
	w.Int(cols)
	w.Floats(s.x.RawMatrix().Data)
}

// readSearch reads what write stored, for k neighbours among rows training
// rows, and closes the reader.
func readSearch(r *snapshot.Reader, k, rows int) (*search, error) {
	cols, values := r.Int(), r.FiniteFloats()
	switch {
	case r.Err() != nil:
	case cols < 1 || rows < 1 || len(values)%cols != 0 || len(values)/cols != rows:
		r.Failf("%d values for %d rows of %d features", len(values), rows, cols)
	case k < 1 || k > rows:
		r.Failf("%d neighbours of %d rows", k, rows)
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	x := mat.NewDense(rows, cols, values)
	if err := checkSize(x, nil); err != nil {
		return nil, fmt.Errorf("%w: %w", learner.ErrSnapshot, err)
	}
	return newSearch(x, k)
}

const snapshotVersion = 1
