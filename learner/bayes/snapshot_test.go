package bayes_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

// TestSnapshotThatMakesNoSense is for what a checksum cannot notice.
func TestSnapshotThatMakesNoSense(t *testing.T) {
	gaussian := func(weights, means, variances []float64) []byte {
		w := snapshot.NewWriter("bayes.gaussian", 1)
		w.Floats(weights)
		w.Floats(means)
		w.Floats(variances)
		return w.Seal()
	}
	bernoulli := func(alpha, binarize float64, weights, counts []float64) []byte {
		w := snapshot.NewWriter("bayes.bernoulli", 1)
		w.Float(alpha)
		w.Float(binarize)
		w.Bool(true)
		w.Floats(weights)
		w.Floats(counts)
		return w.Seal()
	}
	multinomial := func(alpha float64, weights, counts []float64) []byte {
		w := snapshot.NewWriter("bayes.multinomial", 1)
		w.Float(alpha)
		w.Bool(true)
		w.Floats(weights)
		w.Floats(counts)
		return w.Seal()
	}
	half := []float64{2, 2}
	for _, tc := range []struct {
		name, learner string
		data          []byte
		good          bool
	}{
		{"gaussian", "gaussian-nb", gaussian(half, half, half), true},
		{"no classes", "gaussian-nb", gaussian(nil, half, half), false},
		{"no features", "gaussian-nb", gaussian(half, nil, nil), false},
		{"half a feature", "gaussian-nb", gaussian(half, []float64{1, 2, 3}, []float64{1, 2, 3}), false},
		{"fewer variances than means", "gaussian-nb", gaussian(half, half, half[:1]), false},
		{"no variance", "gaussian-nb", gaussian(half, half, []float64{1, 0}), false},
		{"a negative class", "gaussian-nb", gaussian([]float64{2, -1}, half, half), false},
		{"classes without rows", "gaussian-nb", gaussian([]float64{0, 0}, half, half), false},
		{"classes without end", "gaussian-nb", gaussian([]float64{1e308, 1e308}, half, half), false},
		{"bernoulli", "bernoulli-nb", bernoulli(1, 0, half, half), true},
		{"bad alpha", "bernoulli-nb", bernoulli(-1, 0, half, half), false},
		{"bad threshold", "bernoulli-nb", bernoulli(1, math.NaN(), half, half), false},
		{"a negative count", "bernoulli-nb", bernoulli(1, 0, half, []float64{1, -1}), false},
		{"another learner's", "bernoulli-nb", multinomial(1, half, half), false},
		{"multinomial", "multinomial-nb", multinomial(1, half, half), true},
		{"bad alpha", "multinomial-nb", multinomial(math.NaN(), half, half), false},
		{"no counts", "multinomial-nb", multinomial(1, half, nil), false},
		{"counts without end", "multinomial-nb", multinomial(1, []float64{1}, []float64{1e308, 1e308}), false},
	} {
		t.Run(tc.learner+", "+tc.name, func(t *testing.T) {
			m, err := registry.New(tc.learner, nil, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			err = m.(learner.Snapshotter).UnmarshalBinary(tc.data)
			if !tc.good {
				if !errors.Is(err, learner.ErrSnapshot) {
					t.Errorf("got %v, want ErrSnapshot", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p, err := m.(learner.Classifier).PredictProba(context.Background(), mat.NewDense(1, 1, []float64{2}))
			if err != nil || p.At(0, 0) != 0.5 {
				t.Errorf("got %v, %v, want two equal classes", p, err)
			}
		})
	}
}
