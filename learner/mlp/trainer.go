package mlp

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/gochimera/chimera/internal/metrics"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/optimise"
)

// trainer trains one network on one data set.
type trainer struct {
	Training
	net  *network
	loss loss
	data learner.Dataset
	env  learner.Env

	rows    []int           // of data, to train on
	aside   learner.Dataset // rows to score on; none unless early stopping
	updates []update
	grad    []float64
	x       buffer          // of batch
	batch   learner.Dataset // the one at hand
}

// update is a part of the parameter vector and the optimiser that moves it.
// Parts do not interact, so threads may share them out.
type update struct {
	from, to  int
	penalised bool
	optimiser optimise.Optimiser
}

// updateSize bounds a part.
const updateSize = 1 << 14

// train trains net on the rows of d that have weight and returns the mean loss
// of each epoch. ctx's end is an error, and so is a loss that leaves the
// numbers.
func train(ctx context.Context, t Training, net *network, l loss, d learner.Dataset, env learner.Env) (curve []float64, err error) {
	tr := &trainer{Training: t, net: net, loss: l, data: d, env: env, grad: make([]float64, len(net.params))}
	for i := range d.Len() {
		if d.Weight(i) > 0 {
			tr.rows = append(tr.rows, i)
		}
	}
	if t.EarlyStopping {
		tr.setAside()
	}
	at := 0
	for _, b := range net.blocks() {
		for end := at + b.Len(); at < end; at = min(at+updateSize, end) {
			o, err := t.optimiser(b.Penalised)
			if err != nil {
				return nil, err
			}
			tr.updates = append(tr.updates, update{at, min(at+updateSize, end), b.Penalised, o})
		}
	}
	return tr.run(ctx)
}

// setAside moves rows from training to scoring: a share of each class, or of
// all rows for regression. Where that share is less than one row, none.
func (t *trainer) setAside() {
	groups := make([][]int, max(len(t.data.Classes), 1))
	for _, r := range t.rows {
		g := 0
		if t.data.Classes != nil {
			g = int(t.data.Y[r])
		}
		groups[g] = append(groups[g], r)
	}
	rng := learner.NewRand(learner.Seed(t.env.Seed, "mlp.validation"))
	var aside []int
	t.rows = nil
	for _, g := range groups {
		rng.Shuffle(len(g), func(i, j int) { g[i], g[j] = g[j], g[i] })
		n := min(int(math.Round(t.ValidationFraction*float64(len(g)))), max(len(g)-1, 0))
		aside, t.rows = append(aside, g[:n]...), append(t.rows, g[n:]...)
	}
	slices.Sort(aside)
	slices.Sort(t.rows)
	t.aside = t.data.Select(aside)
	if len(aside) == 0 {
		t.env.Log.Warn("too few rows to set any aside for early stopping: training goes by the loss",
			"rows", len(t.rows), "validation_fraction", t.ValidationFraction)
	}
}

func (t *trainer) run(ctx context.Context) (curve []float64, err error) {
	rate, err := t.rate()
	if err != nil {
		return nil, err
	}
	stop := newStopping(t.Tol, t.NIterNoChange)
	var best []float64
	steps, seen := 0, 0
	for epoch := range t.MaxIter {
		order := t.order(epoch)
		lr := rate(epoch, seen)
		var sum float64
		for from := 0; from < len(order); from += t.BatchSize {
			rows := order[from:min(from+t.BatchSize, len(order))]
			mean, err := t.step(ctx, learner.Step{Seed: t.env.Seed, Epoch: epoch, Index: steps}, rows, lr)
			if err != nil {
				return nil, err
			}
			sum += mean * float64(len(rows))
			steps, seen = steps+1, seen+len(rows)
		}
		mean := sum / float64(len(order))
		if mean-mean != 0 {
			return nil, fmt.Errorf("training diverged in epoch %d: the loss is %v; lower learning_rate_init, or standardise the features", epoch+1, mean)
		}
		curve = append(curve, mean)
		watched := mean
		if t.aside.Len() > 0 {
			score, err := t.score(ctx)
			if err != nil {
				return nil, err
			}
			watched = -score
		}
		improved, enough := stop.look(watched)
		if improved && t.aside.Len() > 0 {
			best = append(best[:0], t.net.params...)
		}
		if enough {
			break
		}
		if epoch == t.MaxIter-1 && t.MaxIter > t.NIterNoChange {
			t.env.Log.Warn("training ended at max_iter before the loss settled", "max_iter", t.MaxIter, "loss", mean)
		}
	}
	if best == nil {
		best = t.net.params
	}
	if err := t.net.set(best); err != nil {
		return nil, fmt.Errorf("training diverged: %w; lower learning_rate_init, or standardise the features", err)
	}
	return curve, ctx.Err()
}

// order is the order of an epoch's rows, a function of the seed and the epoch.
func (t *trainer) order(epoch int) []int {
	if !t.Shuffle {
		return t.rows
	}
	order := slices.Clone(t.rows)
	rng := learner.NewRand(learner.Seed(t.env.Seed, "mlp.shuffle", strconv.Itoa(epoch)))
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// step moves the parameters by one mini-batch and returns its mean loss, the
// penalty included.
func (t *trainer) step(ctx context.Context, at learner.Step, rows []int, lr float64) (mean float64, err error) {
	weight := t.gather(rows)
	lossSum, err := t.net.gradient(ctx, at, t.batch, t.loss, t.grad)
	if err != nil {
		return 0, err
	}
	return (lossSum + t.move(weight, lr)) / weight, nil
}

// gather makes the given rows the batch at hand and returns their weight.
func (t *trainer) gather(rows []int) (weight float64) {
	b, d := &t.batch, t.data
	x := t.x.at(len(rows), t.net.in())
	b.X, b.Y, b.Rows, b.Weights = x, b.Y[:0], b.Rows[:0], b.Weights[:0]
	for i, r := range rows {
		copy(x.RawRowView(i), d.X.RawRowView(r))
		b.Y, b.Rows, b.Weights = append(b.Y, d.Y[r]), append(b.Rows, d.Row(r)), append(b.Weights, d.Weight(r))
		weight += d.Weight(r)
	}
	return weight
}

// move takes one step of every optimiser, against the gradient of the mean
// loss, and returns the penalty: of all rows of the batch, as their losses' sum is.
func (t *trainer) move(weight, lr float64) (penalty float64) {
	penalties := make([]float64, len(t.updates))
	threads := min(t.net.procs, len(t.grad)/updateSize+1)
	work := func(first int) {
		for i := first; i < len(t.updates); i += threads {
			penalties[i] = t.updates[i].move(t.net.params, t.grad, t.penalty(), weight, lr)
		}
	}
	var others sync.WaitGroup
	for first := 1; first < threads; first++ {
		others.Go(func() { work(first) })
	}
	work(0)
	others.Wait()
	for _, p := range penalties {
		penalty += p
	}
	return penalty
}

func (u *update) move(params, grad []float64, alpha, weight, lr float64) (penalty float64) {
	p, g := params[u.from:u.to], grad[u.from:u.to]
	if !u.penalised {
		alpha = 0
	}
	scale := 1 / weight
	for i, v := range p {
		g[i] = (g[i] + alpha*v) * scale
		penalty += v * v
	}
	u.optimiser.Step(p, g, lr)
	return alpha / 2 * penalty
}

// score is the accuracy, or R2, on the rows set aside.
func (t *trainer) score(ctx context.Context) (float64, error) {
	out, err := t.net.predict(ctx, t.aside.X)
	if err != nil {
		return 0, err
	}
	predicted, _, err := answers(t.data.Task(), out)
	if err != nil {
		return 0, fmt.Errorf("training diverged: on the rows set aside, %w; lower learning_rate_init, or standardise the features", err)
	}
	if t.data.Task() == learner.Classification {
		return metrics.Accuracy(t.aside.Y, predicted, t.aside.Weights), nil
	}
	return metrics.R2(t.aside.Y, predicted, t.aside.Weights), nil
}
