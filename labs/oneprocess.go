package labs

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
)

// oneProcessParams are the parameters of lab sgd-is-one-process.
type oneProcessParams struct {
	Workers []int   `json:"workers" default:"[1,2,3,8]" validate:"min=1,max=6,dive,gte=1,lte=32" doc:"numbers of workers that are compared"`
	Steps   int     `json:"steps" default:"100" validate:"gte=1,lte=2000" doc:"steps of each training"`
	Rows    int     `json:"rows" default:"720" validate:"gte=64,lte=20000" doc:"training rows, which are dealt to the workers"`
	Rate    float64 `json:"learning_rate_init" default:"0.3" validate:"gt=0,lte=1" doc:"learning rate"`
}

func oneProcess() Lab {
	return define(Lab{
		Name: "sgd-is-one-process", Title: "Synchronous SGD is one process", About: "a gradient, step by step",
		Chapter: "three-parallelisms.md#data-parallelism-step-by-step",
		Asks: "Is a model that N workers have trained together another one than that of a single process? The same rows are dealt to 1, 2, 3 and 8 workers, " +
			"in shards of very different sizes. A parameter server trains a softmax regression on them with full gradients, and the parameters are compared " +
			"with those of a loop of 30 lines that has all rows and knows no worker.",
		Expect: "The gradient of a sum is the sum of the gradients. Each worker sends the sum over its rows; the master adds them up and divides by all " +
			"rows. That is the gradient of all rows, whoever has them, so nothing differs but the order in which numbers are added: rounding, about 1e-16 of " +
			"a number at each addition. A mean of the workers' means that forgets how many rows each has (weighting: uniform) is another gradient, and " +
			"trains another model.",
		Picture: "The loss of every step, and how far it is from that of one process. The lines of all numbers of workers are one line; " +
			"the dashed one weights workers alike.",
		Questions: []string{
			"Which differences would you see if the master added gradients in the order in which they arrive?",
			"With mini-batches instead of full gradients, are N workers still one process? With which batch size?",
			"When would weighting workers alike be what you want?",
		},
		Vary: []string{
			"--set steps=1000: do the differences grow with the steps?",
			"--set workers=1,2,4,16,32: more workers, more additions in another order",
			"--set learning_rate_init=1: longer steps",
		},
		Sources: []string{
			"J. Dean et al., Large scale distributed deep networks, NIPS 2012: the parameter server",
			"J. Chen et al., Revisiting distributed synchronous SGD, 2016",
		},
	}, runOneProcess)
}

func runOneProcess(ctx context.Context, b *Bench, p oneProcessParams) (*Result, error) {
	r := &Result{}
	all := rows.Waveform(p.Rows, learner.Seed(b.Seed, "one-process", "train"))
	alone := newSoftmax(all)
	reference := make([]float64, p.Steps) // losses
	for step := range reference {
		reference[step] = alone.step(p.Rate)
	}
	t := Table{Name: "sgd-is-one-process", Title: fmt.Sprintf("Parameters after %d steps", p.Steps), Columns: []Column{
		{Name: "workers"}, {Name: "weighting"}, {Name: "rows of the smallest"}, {Name: "of the largest"}, {Name: "largest difference from the loop", Form: "%.1e"},
		{Name: "in ulps", Form: "%.1f"}, {Name: "loss at the end", Form: "%.6f"}, {Name: "bytes"},
	}}
	losses := Table{Name: "sgd-is-one-process-loss", Title: "Loss before each step", Hidden: true, Columns: []Column{
		{Name: "step"}, {Name: "workers"}, {Name: "weighting"}, {Name: "loss"},
	}}
	var curves, differences []curve
	total := len(p.Workers) + 1
	for i := range total {
		n, weighting := p.Workers[min(i, len(p.Workers)-1)], "rows"
		if i == len(p.Workers) { // the counterexample, with the last number of workers
			weighting = "uniform"
		}
		b.say(i, total, "%d workers, weighting %s", n, weighting)
		shards := rows.Shuffled(all, rows.Rising(n), learner.Seed(b.Seed, "one-process", "deal"))
		one, err := server{seed: b.Seed, shards: shards, with: rig.Settings{
			"mode": "full", "learning_rate_init": p.Rate, "max_iter": p.Steps, "weighting": weighting,
		}}.train(ctx)
		if err != nil {
			return nil, err
		}
		parameters, loss := one.parameters(), one.fit.Training.Loss
		off, ulps := apart(parameters, alone.parameters)
		t.add(n, weighting, shards[0].Len(), shards[n-1].Len(), off, ulps, loss[len(loss)-1], int(one.bytes()))
		c := curve{name: fmt.Sprintf("%d workers", n), dashed: weighting == "uniform"}
		if c.dashed {
			c.name += ", weighted alike"
		}
		d := curve{dashed: c.dashed}
		for step, l := range loss {
			losses.add(step+1, n, weighting, l)
			c.xy = append(c.xy, plotter.XY{X: float64(step + 1), Y: l})
			d.xy = append(d.xy, plotter.XY{X: float64(step + 1), Y: l - reference[step]})
		}
		curves, differences = append(curves, c), append(differences, d)
		if weighting == "rows" {
			r.must(off <= 1e-12*floats.Norm(alone.parameters, math.Inf(1)), fmt.Sprintf("%d workers: the model of one process, to 1e-12", n),
				"off by %.1e, %.1f ulps", off, ulps)
			r.must(floats.EqualApprox(loss, reference, 1e-12), fmt.Sprintf("%d workers: its loss at every step", n), "%.6f at the last, %.6f in one process",
				loss[len(loss)-1], reference[len(reference)-1])
		} else if n > 1 {
			r.expect(off > 1e-6, "workers weighted alike: another model", "%.1e", off)
		}
	}
	r.Tables = []Table{t, losses}
	chart, err := lines("", "step", "mean loss", curves...)
	if err != nil {
		return nil, err
	}
	beside, err := lines("", "step", "mean loss less that of one process", differences...)
	if err != nil {
		return nil, err
	}
	r.Plots = []Plot{{Name: "sgd-is-one-process", Panels: []*plot.Plot{chart, beside}, Beside: 2}}
	r.find("However many workers share the rows, they train the model of one process: what differs is in the last bits of the numbers.")
	return r, nil
}

// apart is the largest difference of two lists of numbers, and how many units in the last place of the largest number it is.
func apart(a, b []float64) (difference, ulps float64) {
	for i := range a {
		difference = max(difference, math.Abs(a[i]-b[i]))
	}
	largest := floats.Norm(b, math.Inf(1))
	return difference, difference / (math.Nextafter(largest, math.Inf(1)) - largest)
}

// softmax is a softmax regression that is trained in one process, in plain loops: what workers are compared with.
type softmax struct {
	x          [][]float64 // standardised, with a 1 at the end
	y          []int
	classes    int
	parameters []float64 // classes x features, then an intercept a class, as learners of this module have them
}

// newSoftmax standardises rows by their mean and standard deviation, and begins at 0.
func newSoftmax(d learner.Dataset) *softmax {
	n, features := d.X.Dims()
	s := &softmax{x: make([][]float64, n), y: make([]int, n), classes: len(d.Classes), parameters: make([]float64, len(d.Classes)*(features+1))}
	for i := range n {
		s.x[i], s.y[i] = append(slices.Clone(d.X.RawRowView(i)), 1), int(d.Y[i])
	}
	for j := range features {
		var mean, square float64
		for _, row := range s.x {
			mean += row[j] / float64(n)
		}
		for _, row := range s.x {
			square += (row[j] - mean) * (row[j] - mean) / float64(n)
		}
		for _, row := range s.x {
			row[j] = (row[j] - mean) / math.Sqrt(square)
		}
	}
	return s
}

// at is where the weight of a feature for a class is; the intercept is the last feature.
func (s *softmax) at(class, feature int) int {
	features := len(s.parameters)/s.classes - 1
	if feature == features {
		return s.classes*features + class
	}
	return class*features + feature
}

// step is a step of gradient descent on all rows; it returns the mean loss before it.
func (s *softmax) step(rate float64) (loss float64) {
	n := float64(len(s.x))
	gradient, scores := make([]float64, len(s.parameters)), make([]float64, s.classes)
	for i, row := range s.x {
		for k := range scores {
			scores[k] = 0
			for j, v := range row {
				scores[k] += v * s.parameters[s.at(k, j)]
			}
		}
		all := floats.LogSumExp(scores)
		loss += (all - scores[s.y[i]]) / n
		for k := range scores {
			residual := math.Exp(scores[k] - all)
			if k == s.y[i] {
				residual--
			}
			for j, v := range row {
				gradient[s.at(k, j)] += residual * v / n
			}
		}
	}
	floats.AddScaled(s.parameters, -rate, gradient)
	return loss
}
