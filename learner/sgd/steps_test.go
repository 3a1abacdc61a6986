package sgd_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/learner/penalty"
	"github.com/gochimera/chimera/registry"
)

// descend is mini-batch descent without shuffling, written down plainly: the
// last parameters, and their mean over all steps.
func (n *naive) descend(start []float64, epochs, batch int, rate func(t int) float64) (p, mean []float64) {
	p = append([]float64(nil), start...)
	mean = make([]float64, len(p))
	rows := len(n.x)
	steps := int(math.Ceil(float64(rows) / float64(batch)))
	t := 0
	for range epochs {
		for b := range steps {
			_, grad := n.objective(p, rows*b/steps, rows*(b+1)/steps)
			eta := rate(t)
			t++
			for k := range p {
				p[k] -= eta * grad[k]
				if k < n.outputs()*len(n.scale) {
					p[k] = math.Copysign(max(0, math.Abs(p[k])-eta*n.l1), p[k])
				}
				mean[k] += p[k] / float64(steps*epochs)
			}
		}
	}
	return p, mean
}

// Some epochs of every loss, penalty and schedule are the plain algorithm's,
// to 1e-12.
func TestStepsAreTheAlgorithms(t *testing.T) {
	penalties := []struct {
		params string
		l1, l2 float64
	}{
		{`"penalty": "none", "alpha": 0.02`, 0, 0},
		{`"penalty": "l2", "alpha": 0.02`, 0, 0.02},
		{`"penalty": "l1", "alpha": 0.02`, 0.02, 0},
		{`"penalty": "elasticnet", "alpha": 0.02, "l1_ratio": 0.25`, 0.005, 0.015},
	}
	schedules := []struct {
		params string
		rate   func(t int, slope float64) float64
	}{
		{`"learning_rate": "constant", "eta0": 0.05`, func(int, float64) float64 { return 0.05 }},
		{`"learning_rate": "invscaling", "eta0": 0.1, "power_t": 0.5`, func(t int, _ float64) float64 { return 0.1 / math.Sqrt(float64(t+1)) }},
		{`"learning_rate": "optimal"`, func(t int, slope float64) float64 { // scikit-learn's init_t, and t from 1
			typical := math.Sqrt(1 / math.Sqrt(0.02))
			first := typical / max(1, slope)
			return 1 / (0.02 * (1/(first*0.02) + float64(t)))
		}},
	}
	type named struct {
		loss    string
		classes int
	}
	all := []named{{"squared_error", 0}, {"huber", 0}, {"epsilon_insensitive", 0}, {"squared_epsilon_insensitive", 0}}
	for _, loss := range []string{"log_loss", "hinge", "squared_hinge", "modified_huber", "perceptron"} {
		all = append(all, named{loss, 2}, named{loss, 3})
	}
	for _, l := range all {
		t.Run(fmt.Sprintf("%s, %d classes", l.loss, l.classes), func(t *testing.T) {
			d := data(80, l.classes)
			epsilon := ""
			if l.classes == 0 {
				epsilon = `, "epsilon": 0.5`
			}
			for i, p := range penalties {
				for j, s := range schedules {
					intercept, standard := (i+j)%3 != 0, (i+j)%2 == 0
					if j == 2 && strings.HasPrefix(l.loss, "squared") && !standard {
						continue // Bottou's first steps are too long for these columns: the descent diverges
					}
					n := newNaive(d, l.loss, p.l1, p.l2, intercept, standard)
					slope := 0.0
					if l.classes <= 2 || l.loss != "log_loss" {
						_, slope = n.one(-math.Sqrt(1/math.Sqrt(0.02)), 1)
					}
					start := make([]float64, n.size())
					if l.classes == 0 && intercept {
						start[n.size()-1] = floats.Dot(d.Y, d.Weights) / floats.Sum(d.Weights)
					}
					want, mean := n.descend(start, 3, 7, func(t int) float64 { return s.rate(t, math.Abs(slope)) })
					average := i == 1
					if average {
						want = mean
					}
					want = n.onData(want)
					params := fmt.Sprintf(`{"loss": %q, "batch_size": 7, "shuffle": false, "max_iter": 3, "tol": 0,
						"fit_intercept": %t, "standardize": %t, "average": %t, %s, %s%s}`,
						l.loss, intercept, standard, average, p.params, s.params, epsilon)
					got := fitted(t, learnerOf(d), params, learner.Env{}, d).Parameters()
					if far := farthest(want, got); far > 1e-12 {
						t.Errorf("%s: parameters %v, off by %.2g from %v", params, got, far, want)
					}
				}
			}
		})
	}
}

// A model trained by gradients from workers, with moments merged over them and
// the penalty on the master's side, is the model that Fit makes of all rows at
// once.
func TestDataParallelIsFit(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 7, 32} {
		for _, classes := range []int{2, 3} {
			t.Run(fmt.Sprintf("%d workers, %d classes", workers, classes), func(t *testing.T) {
				d := data(150, classes)
				want := fitted(t, "sgd-classifier", `{"penalty": "elasticnet", "alpha": 0.01, "learning_rate": "constant",
					"tol": 0, "max_iter": 40, "batch_size": 150}`, learner.Env{}, d).Parameters()

				shards := make([]learner.Dataset, workers)
				var merged moments.Moments
				for w := range shards {
					from, to := w*w*150/(workers*workers), (w+1)*(w+1)*150/(workers*workers) // unequal, and empty for some
					if to > from {
						rows := make([]int, to-from)
						for i := range rows {
							rows[i] = from + i
						}
						shards[w] = d.Select(rows)
					}
					part, err := moments.FromDataset(context.Background(), shards[w])
					if err != nil {
						t.Fatal(err)
					}
					if merged, err = moments.Merge(merged, part); err != nil {
						t.Fatal(err)
					}
				}
				scaling, err := merged.Scaling()
				if err != nil {
					t.Fatal(err)
				}
				e, err := registry.New("sgd-classifier", nil, learner.Env{})
				if err != nil {
					t.Fatal(err)
				}
				model := e.(learner.Differentiable)
				blocks, err := model.Init(d.Schema)
				if err != nil {
					t.Fatal(err)
				}
				p := penalty.Penalty{Kind: penalty.ElasticNet, Alpha: 0.01, L1Ratio: 0.15}
				params := model.Parameters()
				grad, part := make([]float64, len(params)), make([]float64, len(params))
				var optimiser optimise.SGD
				for range 40 {
					clear(grad)
					var rows float64
					for _, shard := range shards {
						if shard.Len() == 0 {
							continue
						}
						batch := shard
						if batch.X, err = scaling.Standardize(shard.X); err != nil {
							t.Fatal(err)
						}
						_, weight, err := model.Gradient(context.Background(), learner.Step{}, batch, part)
						if err != nil {
							t.Fatal(err)
						}
						floats.Add(grad, part)
						rows += weight
					}
					floats.Scale(1/rows, grad)
					p.AddGradient(params, blocks, grad)
					optimiser.Step(params, grad, 0.5)
					p.Prox(params, blocks, 0.5)
					if err := model.SetParameters(params); err != nil {
						t.Fatal(err)
					}
				}
				got, err := scaling.Fold(params, blocks)
				if err != nil {
					t.Fatal(err)
				}
				if far := farthest(want, got); far > 1e-12 {
					t.Errorf("parameters off by %.2g", far)
				}
			})
		}
	}
}

// Rows that are many chunks: the gradient is the plain sum, and its bits do
// not depend on the threads.
func TestGradientOfManyRows(t *testing.T) {
	for _, classes := range []int{0, 2, 3} {
		t.Run(fmt.Sprint(classes, " classes"), func(t *testing.T) {
			d := data(20000, classes)
			name := "squared_error"
			if classes > 0 {
				name = "log_loss"
			}
			n := newNaive(d, name, 0, 0, true, false)
			p := make([]float64, n.size())
			for i := range p {
				p[i] = math.Sin(float64(i))
			}
			wantLoss, want := n.objective(p, 0, d.Len())
			var first []float64
			for _, procs := range []int{0, 1, 2, 3, 8} {
				e, err := registry.New(learnerOf(d), nil, learner.Env{Procs: procs})
				if err != nil {
					t.Fatal(err)
				}
				m := e.(learner.Differentiable)
				if _, err := m.Init(d.Schema); err != nil {
					t.Fatal(err)
				}
				if err := m.SetParameters(p); err != nil {
					t.Fatal(err)
				}
				got := make([]float64, n.size())
				loss, weight, err := m.Gradient(context.Background(), learner.Step{}, d, got)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, loss)
				if first == nil {
					first = append([]float64(nil), got...)
				}
				if !floats.Same(first, got) {
					t.Errorf("%d threads: other bits than with none", procs)
				}
				floats.Scale(1/weight, got)
				if far := farthest(append(want, wantLoss), got); far > 1e-11 {
					t.Errorf("%d threads: off by %.2g", procs, far)
				}
			}
		})
	}
}
