package sgd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// naive is the learners' mathematics once more, as plainly as can be and
// sharing no code with them.
type naive struct {
	loss                string
	epsilon             float64
	classes             int // 0 for regression
	l1, l2              float64
	intercept, standard bool
	x                   [][]float64 // on the scale of the descent
	y, w                []float64
	mean, scale         []float64
}

func (n *naive) outputs() int {
	if n.classes <= 2 {
		return 1
	}
	return n.classes
}

func newNaive(d learner.Dataset, loss string, l1, l2 float64, intercept, standard bool) *naive {
	rows, cols := d.X.Dims()
	n := &naive{
		loss: loss, epsilon: 0.5, classes: len(d.Classes), l1: l1, l2: l2, intercept: intercept, standard: standard,
		y: d.Y, mean: make([]float64, cols), scale: make([]float64, cols),
	}
	var total float64
	for i := range rows {
		n.w = append(n.w, d.Weight(i))
		total += d.Weight(i)
	}
	for j := range cols {
		n.scale[j] = 1
		if !standard {
			continue
		}
		var mean, variance float64
		for i := range rows {
			mean += n.w[i] * d.X.At(i, j) / total
		}
		for i := range rows {
			variance += n.w[i] * math.Pow(d.X.At(i, j)-mean, 2) / total
		}
		n.scale[j] = math.Sqrt(variance)
		if intercept {
			n.mean[j] = mean
		}
	}
	for i := range rows {
		var row []float64
		for j := range cols {
			row = append(row, (d.X.At(i, j)-n.mean[j])/n.scale[j])
		}
		n.x = append(n.x, row)
	}
	return n
}

// size is the number of parameters: outputs x features, then intercepts.
func (n *naive) size() int {
	size := n.outputs() * len(n.scale)
	if n.intercept {
		size += n.outputs()
	}
	return size
}

func (n *naive) scores(p []float64, row []float64) []float64 {
	scores := make([]float64, n.outputs())
	for o := range scores {
		for j, v := range row {
			scores[o] += p[o*len(row)+j] * v
		}
		if n.intercept {
			scores[o] += p[n.outputs()*len(row)+o]
		}
	}
	return scores
}

// slope is the derivative of a row's loss by its scores.
func (n *naive) slope(scores []float64, y float64) (value float64, slopes []float64) {
	slopes = make([]float64, len(scores))
	if n.classes > 2 && n.loss == "log_loss" {
		var sum float64
		for _, s := range scores {
			sum += math.Exp(s)
		}
		for c, s := range scores {
			slopes[c] = math.Exp(s) / sum
		}
		slopes[int(y)]--
		return math.Log(sum) - scores[int(y)], slopes
	}
	for o, s := range scores {
		t := y
		if n.classes == 2 {
			t = 2*y - 1
		} else if n.classes > 2 {
			t = -1
			if int(y) == o {
				t = 1
			}
		}
		v, d := n.one(s, t)
		value += v
		slopes[o] = d
	}
	return value, slopes
}

func (n *naive) one(s, t float64) (value, slope float64) {
	r, e := s-t, n.epsilon
	sign := math.Copysign(1, r)
	m := s * t
	switch n.loss {
	case "squared_error":
		return r * r / 2, r
	case "huber":
		if math.Abs(r) <= e {
			return r * r / 2, r
		}
		return e*math.Abs(r) - e*e/2, e * sign
	case "epsilon_insensitive":
		if math.Abs(r) <= e {
			return 0, 0
		}
		return math.Abs(r) - e, sign
	case "squared_epsilon_insensitive":
		if math.Abs(r) <= e {
			return 0, 0
		}
		return math.Pow(math.Abs(r)-e, 2), 2 * (math.Abs(r) - e) * sign
	case "log_loss":
		return math.Log(1 + math.Exp(-m)), -t / (1 + math.Exp(m))
	case "hinge":
		if m > 1 {
			return 0, 0
		}
		return 1 - m, -t
	case "perceptron":
		if m > 0 {
			return 0, 0
		}
		return -m, -t
	case "squared_hinge":
		if m > 1 {
			return 0, 0
		}
		return (1 - m) * (1 - m), -2 * t * (1 - m)
	case "modified_huber":
		if m > 1 {
			return 0, 0
		}
		if m < -1 {
			return -4 * m, -4 * t
		}
		return (1 - m) * (1 - m), -2 * t * (1 - m)
	}
	panic("no loss " + n.loss)
}

// objective is the mean loss and the squares of the penalty over some rows,
// and its gradient; the weights' mean is that over all rows.
func (n *naive) objective(p []float64, from, to int) (value float64, grad []float64) {
	var total float64
	for _, w := range n.w {
		total += w
	}
	rows := total / float64(len(n.w)) * float64(to-from)
	grad = make([]float64, n.size())
	features := len(n.scale)
	for i := from; i < to; i++ {
		v, slopes := n.slope(n.scores(p, n.x[i]), n.y[i])
		value += n.w[i] * v / rows
		for o, s := range slopes {
			for j, x := range n.x[i] {
				grad[o*features+j] += n.w[i] * s * x / rows
			}
			if n.intercept {
				grad[n.outputs()*features+o] += n.w[i] * s / rows
			}
		}
	}
	for k := range n.outputs() * features {
		value += n.l2 / 2 * p[k] * p[k]
		grad[k] += n.l2 * p[k]
	}
	return value, grad
}

// onData brings parameters to the scale of the data.
func (n *naive) onData(p []float64) []float64 {
	out := append([]float64(nil), p...)
	features := len(n.scale)
	for o := range n.outputs() {
		for j := range features {
			out[o*features+j] = p[o*features+j] / n.scale[j]
			if n.intercept {
				out[n.outputs()*features+o] -= out[o*features+j] * n.mean[j]
			}
		}
	}
	return out
}

// data draws rows whose columns are correlated, have a mean and unlike scales,
// with weights; classes is 0 for regression.
func data(n, classes int) learner.Dataset {
	rng := learner.NewRand(learner.Seed(9, fmt.Sprint(n, classes)))
	d := learner.Dataset{X: mat.NewDense(n, 4, nil), Y: make([]float64, n), Weights: make([]float64, n)}
	d.Features = []string{"a", "b", "c", "d"}
	for c := range classes {
		d.Classes = append(d.Classes, learner.NumberLabel(float64(c)))
	}
	for i := range n {
		a, b, c, e := rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		d.X.SetRow(i, []float64{1 + a, 2*b + a, 0.5*c - 1, 0.3 * e})
		d.Weights[i] = []float64{1, 2, 0.5}[i%3]
		target := 1.5*a - b + 0.5*rng.NormFloat64()
		switch {
		case classes == 0:
			d.Y[i] = 3 + target
		case target > 0.5:
			d.Y[i] = float64(classes - 1)
		case target > -1 && classes > 2:
			d.Y[i] = 1
		}
	}
	return d
}

// fitted makes a learner and fits it.
func fitted(t *testing.T, name, params string, env learner.Env, d learner.Dataset) learner.Differentiable {
	t.Helper()
	m, err := registry.New(name, json.RawMessage(params), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m.(learner.Differentiable)
}

// learnerOf is the learner for d's task.
func learnerOf(d learner.Dataset) string {
	if d.Classes == nil {
		return "sgd-regressor"
	}
	return "sgd-classifier"
}

// farthest is the largest difference of two vectors' values, relative to the
// larger of 1 and the value.
func farthest(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var far float64
	for i := range a {
		far = max(far, math.Abs(a[i]-b[i])/max(1, math.Abs(a[i])))
	}
	return far
}
