package master_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/sgd"
)

// losses are all losses of the two sgd learners.
var losses = []struct {
	loss    string
	classes int
}{
	{"squared_error", 0}, {"huber", 0}, {"epsilon_insensitive", 0}, {"squared_epsilon_insensitive", 0},
	{"log_loss", 2}, {"hinge", 2}, {"squared_hinge", 2}, {"modified_huber", 2}, {"perceptron", 2},
	{"log_loss", 3}, {"hinge", 3}, {"squared_hinge", 3}, {"modified_huber", 3}, {"perceptron", 3},
}

func learnerFor(classes int) string {
	if classes > 0 {
		return "sgd-classifier"
	}
	return "sgd-regressor"
}

// N workers with unequal shards compute what one process computes on all their rows: the same
// parameters and losses after a fixed number of steps, in mode full and in mode local with one epoch
// of one batch.
func TestParameterServerIsExact(t *testing.T) {
	const steps, eta = 8, 0.05
	for _, l := range losses {
		d := mastertest.ToyRows(96, l.classes)
		for _, n := range []int{3, 32, 1, 2, 7}[:repeat.Times(5, 2)] {
			setup := server{learner: learnerFor(l.classes), params: fmt.Sprintf(`{"loss": %q}`, l.loss)}
			c := setup.workers(t, mastertest.Split(d, n)...)
			for k, penalty := range []string{"none", "l2", "l1", "elasticnet"} {
				mode := []string{"full", "local"}[(n+k)%2] // each in half of the cases
				t.Run(fmt.Sprintf("%s of %d, %d workers, %s, %s", l.loss, l.classes, n, penalty, mode), func(t *testing.T) {
					r := newReference(d, l.loss, penalty, eta)
					var want []float64
					for range steps {
						want = append(want, r.step(mastertest.AllOf(d.Len())))
						r.threshold()
					}
					setup.settings = fmt.Sprintf("mode: %s, max_iter: %d, n_iter_no_change: 0, eta0: %g, penalty: %s, alpha: 0.02, l1_ratio: 0.3", mode, steps, eta, penalty)
					setup.over(c)
					fit := c.Fit()
					mastertest.CloseTo(t, "parameters", c.parameters(false), r.parameters(), 1e-12)
					mastertest.CloseTo(t, "losses", fit.Training.Loss, want, 1e-12)
					if fit.Training.Steps != steps || fit.Training.Stopped != api.StopMaxIter || fit.Rows != d.Len() || len(fit.Workers) != n {
						t.Errorf("%+v of %d rows and %d workers", fit.Training, fit.Rows, len(fit.Workers))
					}
				})
			}
			c.Stop()
		}
	}
}

// Local epochs on shuffled mini-batches equal federated averaging in one process.
func TestParameterServerIsFederatedAveraging(t *testing.T) {
	const seed = 5
	for _, tt := range []struct {
		name                 string
		loss, penalty        string
		classes, n, k, batch int
		uniform              bool
	}{
		{"two epochs of one batch", "squared_error", "l2", 0, 3, 2, 0, false},
		{"three epochs of batches of four", "huber", "none", 0, 3, 3, 4, false},
		{"uniform", "squared_error", "l2", 0, 7, 2, 3, true},
		{"softmax with l1", "log_loss", "l1", 3, 2, 2, 5, false},
		{"one against the rest, elasticnet, batches of one", "squared_hinge", "elasticnet", 3, 3, 1, 1, true},
		{"one worker", "log_loss", "l2", 2, 1, 3, 7, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := mastertest.ToyRows(60, tt.classes)
			r := newReference(d, tt.loss, tt.penalty, 0.03)
			shards := mastertest.Split(d, tt.n)
			var rows [][]int
			from := 0
			for _, s := range shards {
				rows = append(rows, mastertest.AllOf(d.Len())[from:from+s.Len()])
				from += s.Len()
			}
			for round := range 5 {
				r.federated(rows, round, tt.k, tt.batch, seed, tt.uniform)
			}
			weighting := "rows"
			if tt.uniform {
				weighting = "uniform"
			}
			c := server{learner: learnerFor(tt.classes), params: fmt.Sprintf(`{"loss": %q}`, tt.loss), more: fmt.Sprintf("seed: %d", seed),
				settings: fmt.Sprintf("mode: local, local_epochs: %d, batch_size: %d, weighting: %s, "+
					"max_iter: 5, n_iter_no_change: 0, eta0: 0.03, penalty: %s, alpha: 0.02, l1_ratio: 0.3",
					tt.k, tt.batch, weighting, tt.penalty)}.start(t, shards...)
			c.Fit()
			mastertest.CloseTo(t, "parameters", c.parameters(false), r.parameters(), 1e-11)
		})
	}
}

// A step of mode minibatch is a gradient on all workers' batches together.
func TestParameterServerMinibatches(t *testing.T) {
	d := mastertest.ToyRows(50, 2)
	shards := mastertest.Split(d, 3)
	const batch, steps = 8, 9
	r := newReference(d, "log_loss", "l2", 0.05)
	for step := range steps {
		var rows []int
		from := 0
		for w, s := range shards {
			perEpoch := (s.Len() + batch - 1) / batch
			order := learner.NewRand(learner.Seed(0, fmt.Sprintf("w%d", w+1), "epoch", fmt.Sprint(step/perEpoch))).Perm(s.Len())
			at := step % perEpoch * batch
			for _, i := range order[at:min(at+batch, s.Len())] {
				rows = append(rows, from+i)
			}
			from += s.Len()
		}
		r.step(rows)
	}
	c := server{learner: "sgd-classifier",
		settings: fmt.Sprintf("mode: minibatch, batch_size: %d, max_iter: %d, n_iter_no_change: 0, eta0: 0.05, alpha: 0.02", batch, steps)}.start(t, shards...)
	c.Fit()
	mastertest.CloseTo(t, "parameters", c.parameters(false), r.parameters(), 1e-12)
}

// Two fits on the same rows end with the same bits, whatever the order of the answers and the number
// of threads.
func TestParameterServerIsReproducible(t *testing.T) {
	shards := mastertest.Split(mastertest.ToyRows(200, 3), 7)
	var first []float64
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for i, delays := range []map[int]string{nil, {0: `{"delay":0.004,"delay_rate":0.5}`, 3: `{"delay":0.003,"delay_rate":1}`},
		{6: `{"delay":0.004,"delay_rate":0.7}`}} {
		runtime.GOMAXPROCS(i + 1)
		c := server{learner: "sgd-classifier", faults: delays,
			settings: "mode: minibatch, batch_size: 5, max_iter: 25, optimiser: adam, penalty: elasticnet"}.start(t, shards...)
		c.Fit()
		got := c.parameters(false)
		if i == 0 {
			first = got
			continue
		}
		if !slices.Equal(got, first) {
			t.Errorf("run %d: %v, the first %v", i, got, first)
		}
	}
}
