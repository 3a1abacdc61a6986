package master_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
)

// score scores the network on rows.
func (c *cluster) score(d learner.Dataset) float64 {
	c.T.Helper()
	var truth []string
	for _, y := range d.Y {
		truth = append(truth, string(d.Classes[int(y)]))
	}
	body := strings.TrimSuffix(mastertest.Request(d), "}") + `,"y_true":["` + strings.Join(truth, `","`) + `"]}`
	return c.Score(body).Classification.Accuracy
}

// TestPipelineScores: on fixed splits, the mean score over seeds is that of scikit-learn 1.2.1, within
// three standard errors of the difference: MLPClassifier (64, 32) with max_iter 500 on standardised
// features, 20 seeds.
func TestPipelineScores(t *testing.T) {
	if testing.Short() {
		t.Skip("20 fits take a while")
	}
	for _, tt := range []struct {
		set             string
		mean, deviation float64
	}{{"breast_cancer", 0.9671, 0.0129}, {"digits", 0.9763, 0.0047}} {
		t.Run(tt.set, func(t *testing.T) {
			if repeat.UnderRace() && tt.set == "digits" {
				t.Skip("the race detector sees as much in the smaller set")
			}
			t.Parallel() // stages wait for one another
			train, test := testdata.Load(t, tt.set)
			seeds := repeat.Times(10, 2)
			scores := make([]float64, seeds)
			for seed := range scores {
				stages := 1 // which computes the bits of any number of them (TestPipelineBits), in a third of the time
				if seed == 0 {
					stages = 2
				}
				c := line{
					learner: "mlp-classifier", params: `{"hidden_layer_sizes": [64, 32]}`, more: fmt.Sprintf("seed: %d", seed),
					settings: "max_iter: 500, micro_batches: 2, checkpoint_every: 0",
				}.stages(t, stages, train)
				c.Fit()
				scores[seed] = c.score(test)
				c.Stop()
			}
			mean, deviation := stat.MeanStdDev(scores, nil)
			apart := 3*math.Sqrt(deviation*deviation/float64(seeds)+tt.deviation*tt.deviation/20) + 5e-5 // the figures have four digits
			t.Logf("mean %.4f, sd %.4f; scikit-learn %.4f, sd %.4f", mean, deviation, tt.mean, tt.deviation)
			if math.Abs(mean-tt.mean) > apart {
				t.Errorf("mean %.4f, want %.4f +- %.4f", mean, tt.mean, apart)
			}
		})
	}
}

// TestPipelineLearns classes that no line separates: exclusive or, and two spirals.
func TestPipelineLearns(t *testing.T) {
	t.Parallel() // stages wait for one another
	xor := learner.Dataset{
		Schema: learner.Schema{Features: []string{"a", "b"}, Classes: []learner.Label{"same", "other"}},
		X:      mat.NewDense(4, 2, []float64{0, 0, 0, 1, 1, 0, 1, 1}), Y: []float64{0, 1, 1, 0},
	}
	spirals := func(seed uint64) learner.Dataset {
		random := learner.NewRand(seed)
		d := learner.Dataset{Schema: learner.Schema{Features: []string{"x", "y"}, Classes: []learner.Label{"in", "out"}}, X: mat.NewDense(400, 2, nil)}
		for i := range 400 {
			angle := 0.5 + 5.5*random.Float64()
			turn := angle + math.Pi*float64(i%2)
			d.X.SetRow(i, []float64{angle*math.Cos(turn) + 0.1*random.NormFloat64(), angle*math.Sin(turn) + 0.1*random.NormFloat64()})
			d.Y = append(d.Y, float64(i%2))
		}
		return d
	}
	for _, tt := range []struct {
		name, params, settings string
		train, test            learner.Dataset
		least                  float64
	}{
		{"exclusive or", `{"hidden_layer_sizes": [8], "activation": "tanh"}`, "learning_rate_init: 0.05, max_iter: 300", xor, xor, 1},
		{"two spirals", `{"hidden_layer_sizes": [32, 32]}`, "learning_rate_init: 0.01, batch_size: 50, max_iter: 80", spirals(1), spirals(2), 0.98},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if repeat.UnderRace() && tt.train.Len() > 100 {
				t.Skip("the race detector sees as much in fewer rows")
			}
			c := line{learner: "mlp-classifier", params: tt.params, settings: tt.settings + ", n_iter_no_change: 0"}.stages(t, 3, tt.train)
			c.Fit()
			if got := c.score(tt.test); got < tt.least {
				t.Errorf("accuracy %v, want at least %v", got, tt.least)
			}
		})
	}
}
