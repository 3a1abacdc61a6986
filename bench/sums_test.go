package bench_test

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/bayes"
	"github.com/gochimera/chimera/learner/exact"
	_ "github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkSums trains from exact sums over rows in two parts, beside a fit of all rows at hand, which is the same
// training for all but the least squares.
func BenchmarkSums(b *testing.B) {
	sets := map[string]func(uint64) learner.Dataset{"heart": shapes.Heart, "diabetes": shapes.Diabetes}
	for _, c := range []struct{ learner, set, work string }{
		{"linear-regression", "heart", "linear_regression_heart"},
		{"ridge", "heart", "ridge_heart"},
		{"gaussian-nb", "diabetes", "gaussian_nb_diabetes"},
		{"bernoulli-nb", "diabetes", "bernoulli_nb_diabetes"},
		{"multinomial-nb", "diabetes", "multinomial_nb_diabetes"},
		{"lda-classifier", "diabetes", "lda_diabetes"},
		{"qda-classifier", "diabetes", "qda_diabetes"},
	} {
		for _, procs := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/procs=%d", c.learner, procs), func(b *testing.B) {
				d := sets[c.set](1)
				features := make([]string, d.X.RawMatrix().Cols)
				half := d.Len() / 2
				cut := []learner.Dataset{
					{Schema: d.Schema, X: d.X.Slice(0, half, 0, len(features)).(*mat.Dense), Y: d.Y[:half]},
					{Schema: d.Schema, X: d.X.Slice(half, d.Len(), 0, len(features)).(*mat.Dense), Y: d.Y[half:]},
				}
				s := d.Schema
				s.Features = features
				sum := newLearner(b, c.learner, procs).(learner.Summable)
				took := compare(b, "fit", func() error {
					var parts []learner.Part
					for _, one := range cut {
						p, err := sum.Part(b.Context(), one)
						if err != nil {
							return err
						}
						parts = append(parts, p)
					}
					return learner.TrainOnParts(b.Context(), sum, s, parts, nil)
				}, func() error { return newLearner(b, c.learner, procs).Fit(b.Context(), d) })
				besidePeers(b, c.work, took)
			})
		}
	}
}

func newLearner(b *testing.B, name string, procs int) learner.Estimator {
	b.Helper()
	m, err := registry.New(name, nil, learner.Env{Procs: procs})
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkGram adds up the products of all columns exactly, beside one product after the other.
func BenchmarkGram(b *testing.B) {
	for name, d := range map[string]learner.Dataset{"heart": shapes.Heart(1), "diabetes": shapes.Diabetes(1)} {
		b.Run(name, func(b *testing.B) {
			const rows = 20_000
			columns := d.X.RawMatrix().Cols
			ours, theirs := make([]exact.Sum, exact.GramLen(columns)), make([]exact.Sum, exact.GramLen(columns))
			compare(b, "one-by-one", func() error {
				g := exact.NewGram(columns, ours)
				for i := range rows {
					g.Add(1, d.X.RawRowView(i)...)
				}
				g.Flush()
				return nil
			}, func() error {
				for i := range rows {
					at, row := 0, d.X.RawRowView(i)
					for j, x := range row {
						for _, y := range row[j:] {
							theirs[at].AddProduct(x, y)
							at++
						}
					}
				}
				return nil
			})
			for i := range ours {
				if !exact.Equal(ours[i].Expansion(), theirs[i].Expansion()) {
					b.Fatalf("the two disagree on sum %d", i)
				}
			}
		})
	}
}
