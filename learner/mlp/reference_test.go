package mlp_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// fitted makes and fits a learner.
func fitted(t *testing.T, name, params string, env learner.Env, d learner.Dataset) learner.Layered {
	t.Helper()
	m := layered(t, name, params, env)
	if err := m.Fit(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

// curve is the mean loss of each epoch.
func curve(m learner.Estimator) []float64 {
	return m.(interface{ LossCurve() []float64 }).LossCurve()
}

// line is rows of one feature and a target: noise around y = 2 x - 1.
func line(rows int, noise float64) learner.Dataset {
	rng := learner.NewRand(6)
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"x"}}, X: mat.NewDense(rows, 1, nil), Y: make([]float64, rows)}
	for i := range rows {
		x := rng.NormFloat64()
		d.X.Set(i, 0, x)
		d.Y[i] = 2*x - 1 + noise*rng.NormFloat64()
	}
	return d
}

// plain is a network of one hidden layer of tanh units and one output, written
// with scalars and loops, and trained by gradient descent on all rows.
type plain struct {
	in, hidden int
	p          []float64 // as the learner's: hidden coefficients and intercepts, then the output's
}

func (n plain) split(v []float64) (w1, b1, w2 []float64, b2 *float64) {
	a := n.in * n.hidden
	return v[:a], v[a : a+n.hidden], v[a+n.hidden : a+2*n.hidden], &v[a+2*n.hidden]
}

// step descends once, on half the mean square and alpha/2 times the squared
// coefficients over the number of rows, and returns the loss before.
func (n plain) step(d learner.Dataset, alpha, lr float64) float64 {
	w1, b1, w2, b2 := n.split(n.p)
	g := make([]float64, len(n.p))
	gw1, gb1, gw2, gb2 := n.split(g)
	var loss, total float64
	for i := range d.Len() {
		x, weight := d.X.RawRowView(i), d.Weight(i)
		h := make([]float64, n.hidden)
		out := *b2
		for j := range h {
			z := b1[j]
			for k, v := range x {
				z += v * w1[k*n.hidden+j]
			}
			h[j] = math.Tanh(z)
			out += h[j] * w2[j]
		}
		r := out - d.Y[i]
		loss += weight * r * r / 2
		total += weight
		*gb2 += weight * r
		for j, v := range h {
			gw2[j] += weight * r * v
			dz := weight * r * w2[j] * (1 - v*v)
			gb1[j] += dz
			for k, v := range x {
				gw1[k*n.hidden+j] += dz * v
			}
		}
	}
	for _, part := range [][2][]float64{{w1, gw1}, {w2, gw2}} {
		for i, v := range part[0] {
			loss += alpha / 2 * v * v
			part[1][i] += alpha * v
		}
	}
	for i := range n.p {
		n.p[i] -= lr * g[i] / total
	}
	return loss / total
}

// TestFitIsPlainDescent: with sgd and one batch of all rows, Fit does what the
// plain network does, row weights and penalty included.
func TestFitIsPlainDescent(t *testing.T) {
	const epochs, hidden = 40, 5
	d := line(23, 0.3)
	weighted := d
	for i := range d.Len() {
		weighted.Weights = append(weighted.Weights, float64(i%4)/2)
	}
	for _, tc := range []struct {
		name string
		data learner.Dataset
	}{{"no weights", d}, {"weights", weighted}} {
		t.Run(tc.name, func(t *testing.T) {
			params := fmt.Sprintf(`{"hidden_layer_sizes": [%d], "activation": "tanh", "solver": "sgd", "alpha": 0.7, "learning_rate_init": 0.1,
				"batch_size": 100, "max_iter": %d, "tol": 0, "shuffle": false}`, hidden, epochs)
			m := layered(t, "mlp-regressor", params, learner.Env{Seed: 2})
			if _, err := m.Init(tc.data.Schema); err != nil {
				t.Fatal(err)
			}
			reference := plain{in: 1, hidden: hidden, p: m.Parameters()}
			var losses []float64
			for range epochs {
				losses = append(losses, reference.step(tc.data, 0.7, 0.1))
			}
			if err := m.Fit(t.Context(), tc.data); err != nil {
				t.Fatal(err)
			}
			if got := m.Parameters(); !near(got, reference.p, 1e-13) {
				t.Errorf("the parameters are\n%v, want\n%v", got, reference.p)
			}
			if got := curve(m); !near(got, losses, 1e-13) {
				t.Errorf("the losses are\n%v, want\n%v", got, losses)
			}
		})
	}
}

// TestWeightsAreRepeatedRows: in one batch of all rows a weight of k is the
// row k times. (With mini-batches it is so on average.)
func TestWeightsAreRepeatedRows(t *testing.T) {
	d := spirals(20, 0.1, 4)
	var rows []int
	for i := range d.Len() {
		d.Weights = append(d.Weights, float64(i%3))
		rows = append(rows, slices.Repeat([]int{i}, i%3)...)
	}
	repeated := d.Select(rows)
	repeated.Weights = nil
	const params = `{"hidden_layer_sizes": [9], "solver": "nesterov", "max_iter": 30, "tol": 0, "shuffle": false}`
	a := fitted(t, "mlp-classifier", params, learner.Env{}, d).Parameters()
	b := fitted(t, "mlp-classifier", params, learner.Env{}, repeated).Parameters()
	if !near(a, b, 1e-12) {
		t.Error("weighted rows lead elsewhere than repeated ones")
	}
}

// TestLinearNetworkIsLeastSquares: without hidden layers the optimum is known.
func TestLinearNetworkIsLeastSquares(t *testing.T) {
	d := line(50, 0.5)
	var sx, sy, sxx, sxy float64
	n := float64(d.Len())
	for i, y := range d.Y {
		x := d.X.At(i, 0)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	slope := (n*sxy - sx*sy) / (n*sxx - sx*sx)
	want := []float64{slope, (sy - slope*sx) / n}
	for _, solver := range []string{"sgd", "momentum", "nesterov", "adam", "adamw"} {
		t.Run(solver, func(t *testing.T) {
			m := fitted(t, "mlp-regressor", `{"hidden_layer_sizes": [], "alpha": 0, "solver": "`+solver+`", "learning_rate": "cosine",
				"learning_rate_init": 0.05, "max_iter": 1000, "tol": 0, "n_iter_no_change": 1000}`, learner.Env{Seed: 1}, d)
			if got := m.Parameters(); !near(got, want, 1e-4) {
				t.Errorf("slope and intercept are %v, least squares says %v", got, want)
			}
		})
	}
}

// TestNonLinear: what no linear model can do.
func TestNonLinear(t *testing.T) {
	xor := learner.Dataset{
		Schema: learner.Schema{Features: []string{"a", "b"}, Classes: []learner.Label{"0", "1"}},
		X:      mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1}), Y: []float64{0, 1, 1, 0},
	}
	for _, tc := range []struct {
		name, params string
		train, test  learner.Dataset
		least        float64
	}{
		{"xor", `{"hidden_layer_sizes": [8], "activation": "tanh", "learning_rate_init": 0.05, "max_iter": 300}`, xor, xor, 1},
		{"two spirals", `{"hidden_layer_sizes": [32, 32], "learning_rate_init": 0.01, "batch_size": 50, "max_iter": 150}`, spirals(400, 0.05, 1),
			spirals(400, 0.05, 2), 0.98},
		{
			"two spirals, all layers", `{"hidden_layer_sizes": [32, 32], "activation": "gelu", "layer_norm": true, "dropout": 0.05,
			"solver": "adamw", "learning_rate": "cosine",
			"learning_rate_init": 0.02, "batch_size": 50, "max_iter": 150}`, spirals(400, 0.05, 1), spirals(400, 0.05, 2), 0.98,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := fitted(t, "mlp-classifier", tc.params, learner.Env{Seed: 1}, tc.train)
			predicted, err := m.Predict(t.Context(), tc.test.X)
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i, p := range predicted {
				if p == tc.test.Y[i] {
					right++
				}
			}
			if accuracy := float64(right) / float64(len(predicted)); accuracy < tc.least {
				t.Errorf("accuracy %v, want at least %v", accuracy, tc.least)
			}
		})
	}
}

// TestHuberIgnoresOutliers: a few wild targets move least squares, and hardly
// the Huber loss.
func TestHuberIgnoresOutliers(t *testing.T) {
	d := line(60, 0)
	for i := 0; i < d.Len(); i += 10 {
		d.Y[i] = 100
	}
	slope := func(loss string) float64 {
		m := fitted(t, "mlp-regressor", `{"hidden_layer_sizes": [], "alpha": 0, "loss": "`+loss+`", "delta": 0.1, "learning_rate": "cosine",
			"learning_rate_init": 0.1, "max_iter": 500, "n_iter_no_change": 500}`, learner.Env{}, d)
		return m.Parameters()[1]
	}
	if b := slope("huber"); math.Abs(b+1) > 0.05 {
		t.Errorf("huber: the intercept is %v, want -1", b)
	}
	if b := slope("squared_error"); b < 5 {
		t.Errorf("squared error: the intercept is %v; the outliers should have moved it far from -1", b)
	}
}

// TestThreadsShareOutLargeNetworks: the matrices here are large enough for
// threads to share, the suite's are not.
func TestThreadsShareOutLargeNetworks(t *testing.T) {
	d := spirals(300, 0.1, 5)
	wide := d
	wide.Features = nil
	wide.X = mat.NewDense(d.Len(), 120, nil)
	for i := range d.Len() {
		for j := range 120 {
			wide.X.Set(i, j, math.Sin(float64(j+1)*d.X.At(i, j%2)))
		}
	}
	var want []float64
	for _, procs := range []int{1, 2, 3} {
		m, err := registry.New("mlp-classifier", []byte(`{"hidden_layer_sizes": [150, 140], "max_iter": 3, "dropout": 0.1}`), learner.Env{Seed: 1, Procs: procs})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fit(t.Context(), wide); err != nil {
			t.Fatal(err)
		}
		got := m.(learner.Layered).Parameters()
		if want == nil {
			want = got
		}
		if !slices.Equal(want, got) {
			t.Errorf("%d threads give other bits than one", procs)
		}
	}
}
