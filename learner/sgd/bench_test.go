package sgd_test

import (
	"context"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// rows draws rows of normal features whose classes follow a linear score.
func rows(n, features, classes int) learner.Dataset {
	rng := learner.NewRand(1)
	d := learner.Dataset{X: mat.NewDense(n, features, nil), Y: make([]float64, n)}
	for j := range features {
		d.Features = append(d.Features, fmt.Sprint("x", j))
	}
	for c := range classes {
		d.Classes = append(d.Classes, learner.NumberLabel(float64(c)))
	}
	for i := range n {
		row := d.X.RawRowView(i)
		for j := range row {
			row[j] = rng.NormFloat64()
		}
		best := 0.0
		for c := range classes {
			if score := 2*row[c] + rng.NormFloat64(); c == 0 || score > best {
				best, d.Y[i] = score, float64(c)
			}
		}
	}
	return d
}

// The shape of PEERS.md: diabetes is 190,260 x 21.
func BenchmarkGradient(b *testing.B) {
	for _, classes := range []int{2, 3} {
		d := rows(190260, 21, classes)
		for _, loss := range []string{"log_loss", "hinge"} {
			for _, procs := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/classes=%d/procs=%d", loss, classes, procs), func(b *testing.B) {
					e, err := registry.New("sgd-classifier", []byte(`{"loss": "`+loss+`"}`), learner.Env{Procs: procs})
					if err != nil {
						b.Fatal(err)
					}
					m := e.(learner.Differentiable)
					if _, err := m.Init(d.Schema); err != nil {
						b.Fatal(err)
					}
					p := m.Parameters()
					for i := range p {
						p[i] = 0.1
					}
					if err := m.SetParameters(p); err != nil {
						b.Fatal(err)
					}
					for b.Loop() {
						if _, _, err := m.Gradient(context.Background(), learner.Step{}, d, p); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

// One epoch of mini-batches.
func BenchmarkEpoch(b *testing.B) {
	d := rows(190260, 21, 2)
	for _, size := range []int{1, 32, 256} {
		b.Run(fmt.Sprint("batch_size=", size), func(b *testing.B) {
			for b.Loop() {
				m, err := registry.New("sgd-classifier", fmt.Appendf(nil, `{"max_iter": 1, "tol": 0, "batch_size": %d}`, size), learner.Env{})
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
