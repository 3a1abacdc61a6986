package master_test

import (
	"math"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// reference is gradient descent on a linear model in one process, written row by row from the
// definitions: it shares nothing with the master, the workers or the learners but the rows and the
// random number generator.
type reference struct {
	loss      string
	classes   int // 0 for regression
	penalty   string
	alpha     float64
	l1Ratio   float64
	eta       float64
	x         [][]float64 // standardised
	y         []float64
	coef      [][]float64 // outputs x features
	intercept []float64
}

// newReference standardises the rows in two passes over all of them.
func newReference(d learner.Dataset, loss, penalty string, eta float64) *reference {
	n, features := d.X.Dims()
	r := &reference{loss: loss, classes: len(d.Classes), penalty: penalty, alpha: 0.02, l1Ratio: 0.3, eta: eta, y: d.Y}
	outputs := 1
	if r.classes > 2 {
		outputs = r.classes
	}
	z := mat.DenseCopyOf(d.X)
	for j := range features {
		var mean, variance float64
		for i := range n {
			mean += d.X.At(i, j) / float64(n)
		}
		for i := range n {
			variance += (d.X.At(i, j) - mean) * (d.X.At(i, j) - mean) / float64(n)
		}
		for i := range n {
			z.Set(i, j, (d.X.At(i, j)-mean)/math.Sqrt(variance))
		}
	}
	for i := range n {
		r.x = append(r.x, z.RawRowView(i))
	}
	for range outputs {
		r.coef, r.intercept = append(r.coef, make([]float64, features)), append(r.intercept, 0)
	}
	return r
}

// one is a loss's value and its derivative by the score; sign is the target of two classes.
func (r *reference) one(score, y float64) (value, slope float64) {
	const epsilon = 0.1 // the learners' default
	off, m := score-y, score*y
	beyond := math.Abs(off) - epsilon
	switch r.loss {
	case "squared_error":
		return off * off / 2, off
	case "huber":
		if beyond <= 0 {
			return off * off / 2, off
		}
		return epsilon*math.Abs(off) - epsilon*epsilon/2, epsilon * off / math.Abs(off)
	case "epsilon_insensitive":
		if beyond <= 0 {
			return 0, 0
		}
		return beyond, off / math.Abs(off)
	case "squared_epsilon_insensitive":
		if beyond <= 0 {
			return 0, 0
		}
		return beyond * beyond, 2 * beyond * off / math.Abs(off)
	case "log_loss":
		return math.Log1p(math.Exp(-m)), -y / (1 + math.Exp(m))
	case "hinge":
		if m > 1 {
			return 0, 0
		}
		return 1 - m, -y
	case "perceptron":
		if m > 0 {
			return 0, 0
		}
		return -m, -y
	case "squared_hinge":
		if m > 1 {
			return 0, 0
		}
		return (1 - m) * (1 - m), -2 * y * (1 - m)
	case "modified_huber":
		switch {
		case m >= 1:
			return 0, 0
		case m >= -1:
			return (1 - m) * (1 - m), -2 * y * (1 - m)
		}
		return -4 * m, -4 * y
	}
	panic("no such loss: " + r.loss)
}

// row is the loss of one row and its derivative by each output.
func (r *reference) row(i int) (value float64, slopes []float64) {
	scores := make([]float64, len(r.coef))
	slopes = make([]float64, len(r.coef))
	for o := range scores {
		scores[o] = r.intercept[o]
		for j, v := range r.x[i] {
			scores[o] += r.coef[o][j] * v
		}
	}
	switch {
	case r.classes > 2 && r.loss == "log_loss": // softmax
		var sum float64
		for _, s := range scores {
			sum += math.Exp(s)
		}
		for o, s := range scores {
			slopes[o] = math.Exp(s) / sum
		}
		slopes[int(r.y[i])]--
		return math.Log(sum) - scores[int(r.y[i])], slopes
	case r.classes > 2: // one against the rest
		for o, s := range scores {
			target := -1.0
			if int(r.y[i]) == o {
				target = 1
			}
			v, slope := r.one(s, target)
			value += v
			slopes[o] = slope
		}
		return value, slopes
	case r.classes == 2:
		value, slopes[0] = r.one(scores[0], 2*r.y[i]-1)
	default:
		value, slopes[0] = r.one(scores[0], r.y[i])
	}
	return value, slopes
}

// strengths are the factors of |w| and w^2/2.
func (r *reference) strengths() (l1, l2 float64) {
	switch r.penalty {
	case "l2":
		return 0, r.alpha
	case "l1":
		return r.alpha, 0
	case "elasticnet":
		return r.alpha * r.l1Ratio, r.alpha * (1 - r.l1Ratio)
	}
	return 0, 0
}

// step is one step of descent on some rows, without the soft threshold. It returns the mean loss plus
// penalty before the step.
func (r *reference) step(rows []int) float64 {
	l1, l2 := r.strengths()
	var loss float64
	coef, intercept := make([][]float64, len(r.coef)), make([]float64, len(r.coef))
	for o := range coef {
		coef[o] = make([]float64, len(r.coef[o]))
	}
	for _, i := range rows {
		value, slopes := r.row(i)
		loss += value / float64(len(rows))
		for o, slope := range slopes {
			for j, v := range r.x[i] {
				coef[o][j] += slope * v / float64(len(rows))
			}
			intercept[o] += slope / float64(len(rows))
		}
	}
	for o := range coef {
		for j, w := range r.coef[o] {
			loss += l1*math.Abs(w) + l2*w*w/2
			r.coef[o][j] -= r.eta * (coef[o][j] + l2*w)
		}
		r.intercept[o] -= r.eta * intercept[o]
	}
	return loss
}

// threshold is the soft threshold of l1.
func (r *reference) threshold() {
	l1, _ := r.strengths()
	for o := range r.coef {
		for j, w := range r.coef[o] {
			r.coef[o][j] = math.Copysign(math.Max(math.Abs(w)-r.eta*l1, 0), w)
		}
	}
}

// parameters are the coefficients, then the intercepts.
func (r *reference) parameters() []float64 {
	var p []float64
	for _, c := range r.coef {
		p = append(p, c...)
	}
	return append(p, r.intercept...)
}

func (r *reference) set(p []float64) {
	for o := range r.coef {
		p = p[copy(r.coef[o], p):]
	}
	copy(r.intercept, p)
}

// federated is one round of federated averaging, one worker after another: each runs k epochs of
// mini-batches from the same parameters; then the parameters are averaged, weighted by rows or
// uniformly.
func (r *reference) federated(shards [][]int, round, epochs, batch int, seed uint64, uniform bool) {
	start := r.parameters()
	mean, total := make([]float64, len(start)), 0.0
	for w, rows := range shards {
		r.set(start)
		first := true
		for e := range epochs {
			order := learner.NewRand(learner.Seed(seed, "w"+strconv.Itoa(w+1), "epoch", strconv.Itoa(round*epochs+e))).Perm(len(rows))
			size := batch
			if size == 0 {
				size = len(rows)
			}
			for from := 0; from < len(rows); from += size {
				var some []int
				for _, i := range order[from:min(from+size, len(rows))] {
					some = append(some, rows[i])
				}
				if !first {
					r.threshold()
				}
				first = false
				r.step(some)
			}
		}
		weight := float64(len(rows))
		if uniform {
			weight = 1
		}
		total += weight
		for i, v := range r.parameters() {
			mean[i] += weight * v
		}
	}
	for i := range mean {
		mean[i] /= total
	}
	r.set(mean)
	r.threshold()
}
