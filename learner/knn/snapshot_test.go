package knn_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/knn"
	"github.com/gochimera/chimera/learner/snapshot"
)

// stored is what a snapshot of a classifier consists of.
type stored struct {
	k                          int
	weights, algorithm, metric string
	leafSize, cols             int
	p, scale                   float64
	schema                     learner.Schema
	targets, rowWeights, rows  []float64
}

func (s stored) seal() []byte {
	w := snapshot.NewWriter("knn.classifier", 1)
	w.Int(s.k)
	w.String(s.weights)
	w.String(s.algorithm)
	w.Int(s.leafSize)
	w.String(s.metric)
	w.Float(s.p)
	w.Int(s.cols)
	w.Schema(s.schema)
	w.Floats(s.targets)
	w.Floats(s.rowWeights)
	w.Float(s.scale)
	w.Floats(s.rows)
	return w.Seal()
}

// TestSnapshotThatMakesNoSense is for what a checksum cannot notice.
func TestSnapshotThatMakesNoSense(t *testing.T) {
	good := func() stored {
		return stored{
			k: 2, weights: "uniform", algorithm: "kd_tree", metric: "euclidean", leafSize: 30, cols: 2, p: 2, scale: 0.5,
			schema: learner.Schema{Features: []string{"a", "b"}, Classes: []learner.Label{"no", "yes"}}, targets: []float64{0, 1}, rows: []float64{1, 2, 3, 4},
		}
	}
	read := func(s stored) (*knn.Classifier, error) {
		c, err := knn.NewClassifier(knn.Params{NNeighbors: 1, Weights: "uniform", Algorithm: "auto", LeafSize: 1, Metric: "cosine", P: 2}, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		return c, c.UnmarshalBinary(s.seal())
	}
	c, err := read(good())
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.PredictProba(context.Background(), mat.NewDense(1, 2, nil))
	if err != nil || p.At(0, 0) != 0.5 {
		t.Errorf("a good snapshot with two neighbours answers %v, %v", p, err)
	}
	for name, change := range map[string]func(*stored){
		"no neighbours":       func(s *stored) { s.k = 0 },
		"unknown weights":     func(s *stored) { s.weights = "gaussian" },
		"unknown algorithm":   func(s *stored) { s.algorithm = "" },
		"unknown metric":      func(s *stored) { s.metric = "hamming" },
		"another metric":      func(s *stored) { s.metric = "cosine" },
		"bad power":           func(s *stored) { s.p = 0.5 },
		"bad leaf size":       func(s *stored) { s.leafSize = 0 },
		"other width":         func(s *stored) { s.cols = 3 },
		"no columns":          func(s *stored) { s.cols, s.rows = 0, nil },
		"no rows":             func(s *stored) { s.targets, s.rows = nil, nil },
		"a value too many":    func(s *stored) { s.rows = append(s.rows, 5) },
		"too few names":       func(s *stored) { s.schema.Features = s.schema.Features[:1] },
		"too few weights":     func(s *stored) { s.rowWeights = []float64{1} },
		"a weight of 0":       func(s *stored) { s.rowWeights = []float64{0, 1} },
		"a weight too large":  func(s *stored) { s.rowWeights = []float64{1, 2.5} },
		"no scale":            func(s *stored) { s.scale = 0 },
		"a class too many":    func(s *stored) { s.targets[1] = 2 },
		"a negative class":    func(s *stored) { s.targets[1] = -1 },
		"half a class":        func(s *stored) { s.targets[1] = 0.5 },
		"no classes":          func(s *stored) { s.schema.Classes = nil },
		"a value without end": func(s *stored) { s.rows[0] /= 0 * s.rows[0] },
	} {
		t.Run(name, func(t *testing.T) {
			s := good()
			change(&s)
			if _, err := read(s); !errors.Is(err, learner.ErrSnapshot) {
				t.Errorf("got %v, want ErrSnapshot", err)
			}
		})
	}
	r, err := knn.NewRegressor(knn.Params{NNeighbors: 1, Weights: "uniform", Algorithm: "auto", LeafSize: 1, Metric: "cosine", P: 2}, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.UnmarshalBinary(good().seal()); !errors.Is(err, learner.ErrSnapshot) {
		t.Errorf("a regressor reads a classifier: got %v, want ErrSnapshot", err)
	}
}
