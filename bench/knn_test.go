package bench_test

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/knn"
	"github.com/gochimera/chimera/registry"
)

// blobs are rows of ten standard normal features around the centres of two classes.
func blobs(rows int, seed uint64) learner.Dataset {
	const cols, classes = 10, 2
	rng := learner.NewRand(learner.Seed(seed, "bench", "blobs"))
	d := learner.Dataset{X: mat.NewDense(rows, cols, nil), Y: make([]float64, rows)}
	for c := range classes {
		d.Classes = append(d.Classes, learner.NewLabel(fmt.Sprint(c)))
	}
	for i := range rows {
		c := rng.IntN(classes)
		d.Y[i] = float64(c)
		row := d.X.RawRowView(i)
		for j := range row {
			row[j] = rng.NormFloat64()
		}
		row[c%cols]++
	}
	return d
}

// fitted makes a learner and fits it.
func fitted(b *testing.B, name, params string, procs int, d learner.Dataset) learner.Estimator {
	b.Helper()
	m, err := registry.New(name, []byte(params), learner.Env{Procs: procs})
	if err != nil {
		b.Fatal(err)
	}
	if err := m.Fit(b.Context(), d); err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkKNN asks about 10,000 rows among 10,000 rows x 10 columns, with
// five neighbours.
func BenchmarkKNN(b *testing.B) {
	train, test := blobs(10_000, 1), blobs(10_000, 2)
	for _, algorithm := range []string{"brute", "kd_tree"} {
		params := fmt.Sprintf(`{"algorithm": %q}`, algorithm)
		b.Run(algorithm+"/fit", func(b *testing.B) {
			for b.Loop() {
				fitted(b, "knn-classifier", params, 1, train)
			}
		})
		for _, procs := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/predict/procs=%d", algorithm, procs), func(b *testing.B) {
				m := fitted(b, "knn-classifier", params, procs, train)
				for b.Loop() {
					if _, err := m.Predict(b.Context(), test.X); err != nil {
						b.Fatal(err)
					}
				}
				besidePeers(b, "knn_"+algorithm+"_10000x10000x10", perRun(b))
			})
		}
	}
}
