package master_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// held are the parameters of a fit's model that a stage holds.
func (c *cluster) held(i int, fitID string) []float64 {
	c.T.Helper()
	req, err := http.NewRequestWithContext(c.T.Context(), http.MethodGet,
		"http://"+c.Workers[i].Address+pipeline.PathCheckpoint+"?fit_id="+url.QueryEscape(fitID), nil)
	if err != nil {
		c.T.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.T.Fatal(err)
	}
	defer res.Body.Close()
	state, err := io.ReadAll(res.Body)
	if err != nil {
		c.T.Fatal(err)
	}
	arrays, err := wire.Decode(state, nil)
	if err != nil {
		c.T.Fatalf("stage %d: status %d: %v: %s", i+1, res.StatusCode, err, state)
	}
	found, err := wire.Find(arrays, parameterserver.ArrayParameters)
	if err != nil {
		c.T.Fatal(err)
	}
	return found.Data
}

// rings makes two classes of points, one around the other, and a feature of noise.
func rings(n int) learner.Dataset {
	random := learner.NewRand(5)
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"x", "y", "noise"}, Classes: []learner.Label{"in", "out"}}, X: mat.NewDense(n, 3, nil)}
	for i := range n {
		k := i % 2
		radius, angle := 1+1.5*float64(k)+0.2*random.NormFloat64(), 2*math.Pi*random.Float64()
		d.X.SetRow(i, []float64{radius * math.Cos(angle), 10 * radius * math.Sin(angle), random.NormFloat64()})
		d.Y = append(d.Y, float64(k))
	}
	return d
}

// everything is a network with thirteen layers, of every kind.
const everything = `{"hidden_layer_sizes": [9, 7, 5], "activation": "gelu", "dropout": 0.2, "layer_norm": true}`

// TestPipelineBits: for a fixed number of micro-batches, any number of stages and both schedules give
// the same bits, including dropout and gradient clipping.
func TestPipelineBits(t *testing.T) {
	d := rings(83)
	for _, limit := range []string{"0", "0.05"} {
		for _, solver := range []string{"adam", "adamw", "nesterov"} {
			if limit != "0" && solver != "adam" {
				continue
			}
			settings := fmt.Sprintf("max_iter: 5, batch_size: 30, micro_batches: 7, learning_rate_init: 0.01, alpha: 0.1, "+
				"solver: %s, max_gradient_norm: %s, early_stopping: true", solver, limit)
			var want []float64
			var loss, proba []float64
			for _, n := range []int{1, 2, 3, 5} {
				for _, schedule := range []string{"1f1b", "gpipe"} {
					t.Run(fmt.Sprintf("%s, limit %s, %d stages, %s", solver, limit, n, schedule), func(t *testing.T) {
						c := line{learner: "mlp-classifier", params: everything, settings: settings + ", schedule: " + schedule}.stages(t, n, d)
						fit := c.Fit()
						p, answer := c.stored(), c.predict(d)
						flat := answer.Proba.RawMatrix().Data
						if want == nil {
							want, loss, proba = p, fit.Training.Loss, flat
							return
						}
						if !slices.Equal(p, want) {
							t.Error("the parameters are not those of one stage")
						}
						if !slices.Equal(fit.Training.Loss, loss) {
							t.Errorf("the losses are not those of one stage:\n%v\n%v", fit.Training.Loss, loss)
						}
						if !slices.Equal(flat, proba) {
							t.Error("the probabilities are not those of one stage")
						}
						for i, w := range fit.Workers {
							most := min(7, n-i)
							if schedule == "gpipe" {
								most = 7
							}
							if w.Held != most {
								t.Errorf("stage %d of %d held %d micro-batches, want %d", i+1, n, w.Held, most)
							}
						}
					})
				}
			}
		}
	}
}

// oneProcess trains the same network in one process, with whole mini-batches and its own code:
// Gradient on standardised rows, the l2 penalty, and adam as in its paper.
func oneProcess(t *testing.T, name, params string, d learner.Dataset, seed uint64, epochs, batch int, alpha, rate float64) (p, losses []float64) {
	t.Helper()
	est, err := registry.New(name, []byte(params), learner.Env{Seed: learner.Seed(seed, "pipeline"), Procs: 2})
	if err != nil {
		t.Fatal(err)
	}
	m := est.(learner.Differentiable)
	d = standardised(d)
	blocks, err := m.Init(d.Schema)
	if err != nil {
		t.Fatal(err)
	}
	p = m.Parameters()
	penalised := make([]bool, 0, len(p))
	for _, b := range blocks {
		penalised = append(penalised, slices.Repeat([]bool{b.Penalised}, b.Len())...)
	}
	first, second, grad := make([]float64, len(p)), make([]float64, len(p)), make([]float64, len(p))
	step := 0
	for epoch := range epochs {
		order := learner.NewRand(learner.Seed(seed, "pipeline", "epoch", strconv.Itoa(epoch))).Perm(d.Len())
		for from := 0; from < len(order); from += batch {
			b := d.Select(order[from:min(from+batch, len(order))])
			loss, weight, err := m.Gradient(context.Background(), learner.Step{Seed: learner.Seed(seed, "pipeline"), Epoch: epoch, Index: step}, b, grad)
			if err != nil {
				t.Fatal(err)
			}
			step++
			for i := range p {
				g := grad[i]
				if penalised[i] {
					loss += alpha / 2 * p[i] * p[i]
					g += alpha * p[i]
				}
				g /= weight
				first[i] = 0.9*first[i] + 0.1*g
				second[i] = 0.999*second[i] + 0.001*g*g
				mean, square := first[i]/(1-math.Pow(0.9, float64(step))), second[i]/(1-math.Pow(0.999, float64(step)))
				p[i] -= rate * mean / (math.Sqrt(square) + 1e-8)
			}
			losses = append(losses, loss/weight)
			if err := m.SetParameters(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	return p, losses
}

// standardised scales each feature to mean 0 and variance 1.
func standardised(d learner.Dataset) learner.Dataset {
	n, cols := d.X.Dims()
	x := mat.NewDense(n, cols, nil)
	for j := range cols {
		var mean, square float64
		for i := range n {
			mean += d.X.At(i, j) / float64(n)
		}
		for i := range n {
			square += (d.X.At(i, j) - mean) * (d.X.At(i, j) - mean) / float64(n)
		}
		for i := range n {
			x.Set(i, j, (d.X.At(i, j)-mean)/max(math.Sqrt(square), 1e-300))
		}
	}
	d.X = x
	return d
}

// TestPipelineEqualsOneProcess: after 20 epochs with stable settings, a pipeline ends where one
// process ends that trains with whole mini-batches.
func TestPipelineEqualsOneProcess(t *testing.T) {
	breast, _ := testdata.Load(t, "breast_cancer")
	regression := mastertest.ToyRows(90, 0)
	for i := range regression.Y {
		regression.Y[i] /= 10
	}
	for _, tt := range []struct {
		name, learner, params string
		data                  learner.Dataset
	}{
		{"rings", "mlp-classifier", `{"hidden_layer_sizes": [8, 6], "activation": "tanh"}`, rings(70)},
		{"breast cancer", "mlp-classifier", `{"hidden_layer_sizes": [12, 6], "activation": "logistic", "layer_norm": true}`, breast},
		{"with dropout", "mlp-classifier", `{"hidden_layer_sizes": [8, 6], "activation": "tanh", "dropout": 0.3}`, rings(70)},
		{"a regression", "mlp-regressor", `{"hidden_layer_sizes": [8, 6], "activation": "tanh", "loss": "huber"}`, regression},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if repeat.UnderRace() && tt.data.Len() > 100 {
				t.Skip("the race detector sees as much in fewer rows")
			}
			const seed, batch, alpha, rate = 11, 32, 0.05, 0.002
			want, losses := oneProcess(t, tt.learner, tt.params, tt.data, seed, 20, batch, alpha, rate)
			for _, micros := range []int{1, 5, 8} { // 5 does not divide 32
				c := line{
					learner: tt.learner, params: tt.params, more: fmt.Sprintf("seed: %d", seed),
					settings: fmt.Sprintf("max_iter: 20, n_iter_no_change: 0, batch_size: %d, micro_batches: %d, "+
						"alpha: %v, learning_rate_init: %v", batch, micros, alpha, rate),
				}.stages(t, 3, tt.data)
				fit := c.Fit()
				mastertest.CloseTo(t, fmt.Sprintf("%d micro-batches: parameters", micros), c.stored(), want, 1e-9)
				mastertest.CloseTo(t, fmt.Sprintf("%d micro-batches: losses", micros), fit.Training.Loss, losses, 1e-9)
				c.Stop()
			}
		})
	}
}

// TestLayersAsConfigured: the stages have as many layers as chimera.yaml says, and the network is the
// same as with any other cut.
func TestLayersAsConfigured(t *testing.T) {
	d := rings(50)
	l := line{learner: "mlp-classifier", params: everything, settings: "max_iter: 3, batch_size: 20", layers: []int{4, 1, 8}}
	c := l.stages(t, 3, d)
	fit := c.Fit()
	for i, w := range fit.Workers {
		if w.Layers != l.layers[i] {
			t.Errorf("worker %s has %d layers, want %d", w.Worker, w.Layers, l.layers[i])
		}
	}
	l.layers = nil
	balanced := l.stages(t, 2, d)
	balanced.Fit()
	if !slices.Equal(c.stored(), balanced.stored()) {
		t.Error("the network is another than that which is cut by cost")
	}
}
