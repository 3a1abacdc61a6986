package linear_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// The shapes of PEERS.md: heart is 276,967 x 34 and continuous.
func BenchmarkFitHeart(b *testing.B) {
	benchmarkFit(b, random(1, 276967, 34, constant(1), constant(1)))
}

// Dependent features are what takes the slower way, by QR.
func BenchmarkFitDependent(b *testing.B) {
	d := random(1, 276967, 34, constant(1), constant(1))
	for i := range d.Len() {
		d.X.Set(i, 33, d.X.At(i, 0)+d.X.At(i, 1))
	}
	benchmarkFit(b, d)
}

func benchmarkFit(b *testing.B, d learner.Dataset) {
	b.Helper()
	for _, name := range []string{"linear-regression", "ridge"} {
		for _, procs := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/procs=%d", name, procs), func(b *testing.B) {
				for b.Loop() {
					m, err := registry.New(name, nil, learner.Env{Procs: procs})
					if err != nil {
						b.Fatal(err)
					}
					if err := m.Fit(context.Background(), d); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// cdc is data in the shape of the CDC diabetes indicators: binary columns and
// small integers, 13.7 % positive.
func cdc(n int) learner.Dataset {
	rng := learner.NewRand(2)
	d := learner.Dataset{Schema: learner.Schema{Classes: []learner.Label{"0", "1"}}, X: mat.NewDense(n, 21, nil), Y: make([]float64, n)}
	for j := range 21 {
		d.Features = append(d.Features, fmt.Sprint("x", j))
	}
	for i := range n {
		row := d.X.RawRowView(i)
		score := -2.9
		for j := range row {
			switch {
			case j < 14:
				row[j] = float64(rng.IntN(2))
				score += (row[j] - 0.5) * float64(j%5) / 3
			case j < 17:
				row[j] = float64(rng.IntN(31))
				score += row[j] / 60
			default:
				row[j] = float64(1 + rng.IntN(13))
				score += row[j] / 40
			}
		}
		if rng.Float64() < 1/(1+math.Exp(-score)) {
			d.Y[i] = 1
		}
	}
	return d
}

// The shape of PEERS.md's diabetes, 190,260 x 21.
func BenchmarkFitDiabetes(b *testing.B) {
	d := cdc(190260)
	for _, procs := range []int{1, 2} {
		b.Run(fmt.Sprintf("logistic-regression/procs=%d", procs), func(b *testing.B) {
			for b.Loop() {
				m, err := registry.New("logistic-regression", nil, learner.Env{Procs: procs})
				if err != nil {
					b.Fatal(err)
				}
				if err := m.Fit(context.Background(), d); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("gradient/procs=%d", procs), func(b *testing.B) {
			m, err := registry.New("logistic-regression", nil, learner.Env{Procs: procs})
			if err != nil {
				b.Fatal(err)
			}
			g := m.(learner.Differentiable)
			if _, err := g.Init(d.Schema); err != nil {
				b.Fatal(err)
			}
			into := make([]float64, 22)
			for b.Loop() {
				if _, _, err := g.Gradient(context.Background(), learner.Step{}, d, into); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
