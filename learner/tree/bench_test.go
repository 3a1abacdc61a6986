package tree

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
)

func benchmarkFit(b *testing.B, d learner.Dataset, g Growth) {
	b.Helper()
	var tree *Tree
	for b.Loop() {
		table, err := Prepare(b.Context(), d, Float32, g.Procs)
		if err != nil {
			b.Fatal(err)
		}
		if tree, err = table.Grow(b.Context(), g); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(tree.Leaves()), "leaves")
	b.ReportMetric(float64(tree.Depth()), "depth")
}

func BenchmarkFit(b *testing.B) {
	for _, s := range []struct {
		name string
		data func(uint64) learner.Dataset
	}{{"diabetes", shapes.Diabetes}, {"heart", shapes.Heart}} {
		d := s.data(1)
		for _, c := range []struct {
			name string
			g    Growth
		}{
			{"prepare", Growth{MaxLeafNodes: 1}},
			{"full", Growth{}},
			{"full-2-threads", Growth{Procs: 2}},
			{"small", Growth{MaxDepth: 5, MaxLeafNodes: 15}},
		} {
			b.Run(s.name+"/"+c.name, func(b *testing.B) { benchmarkFit(b, d, c.g) })
		}
	}
}

func BenchmarkPredict(b *testing.B) {
	for _, s := range []struct {
		name string
		data func(uint64) learner.Dataset
	}{{"diabetes", shapes.Diabetes}, {"heart", shapes.Heart}} {
		train, fresh := s.data(1), s.data(2)
		x := mat.DenseCopyOf(fresh.X.Slice(0, 10_000, 0, len(fresh.Features)))
		tree, err := fit(b.Context(), train, ClassifierParams{}, learner.Env{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(s.name+"/10000 rows", func(b *testing.B) {
			for b.Loop() {
				if _, err := tree.find(b.Context(), x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGrow grows the trees of forests from one table.
func BenchmarkGrow(b *testing.B) {
	for _, s := range []struct {
		name string
		data func(uint64) learner.Dataset
	}{{"diabetes", shapes.Diabetes}, {"heart", shapes.Heart}} {
		d := s.data(1)
		table, err := Prepare(b.Context(), d, Float32, 1)
		if err != nil {
			b.Fatal(err)
		}
		drawn := make([]float64, d.Len())
		rnd := learner.NewRand(1)
		for range drawn {
			drawn[rnd.IntN(len(drawn))]++
		}
		third := len(d.Features) / 3
		random, err := PrepareRandom(b.Context(), d, Float32)
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct {
			name  string
			table *Table
			g     Growth
		}{
			{"bootstrap", table, Growth{Weights: drawn}},
			{"bootstrap, a third of the features", table, Growth{Weights: drawn, MaxFeatures: third}},
			{"random thresholds, a third of the features", random, Growth{RandomThresholds: true, MaxFeatures: third}},
		} {
			b.Run(s.name+"/"+c.name, func(b *testing.B) {
				for b.Loop() {
					if _, err := c.table.Grow(b.Context(), c.g); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
