package mlp

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/metrics"
)

// trainer trains one network on one data set.
type trainer struct {
	Training
	net  *network
	loss outputLoss
	data learner.Dataset
	env  learner.Env

	rows   []int           // of data, to train on
	aside  learner.Dataset // rows to score on; none unless early stopping
	vector *optimise.Vector
	grad   []float64
	x      buffer          // of batch
	batch  learner.Dataset // the one at hand
}

// train trains net on the rows of d that have weight and returns the mean loss
// of each epoch, and how it ended. ctx's end is an error, and so is a loss that leaves the
// numbers.
func train(ctx context.Context, t Training, net *network, l outputLoss, d learner.Dataset, env learner.Env) (
	curve []float64, ended *learner.Convergence, err error,
) {
	tr := &trainer{Training: t, net: net, loss: l, data: d, env: env, grad: make([]float64, len(net.params))}
	for i := range d.Len() {
		if d.Weight(i) > 0 {
			tr.rows = append(tr.rows, i)
		}
	}
	if t.EarlyStopping {
		tr.setAside(ctx)
	}
	if tr.vector, err = optimise.NewVector(net.parts(), t.settings(), t.Alpha); err != nil {
		return nil, nil, err
	}
	net.team = kernel.NewTeam(net.procs)
	tr.vector.Together = net.team.Do
	defer func() {
		net.team.End()
		net.team = nil
	}()
	return tr.run(ctx)
}

// setAside moves rows from training to scoring: a share of each class, or of
// all rows for regression. Where that share is less than one row, none.
func (t *trainer) setAside(ctx context.Context) {
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
		t.env.Log.WarnContext(ctx, "too few rows to set any aside for early stopping: training goes by the loss",
			"rows", len(t.rows), "validation_fraction", t.ValidationFraction)
	}
}

const trainingAdvice = "raise max_iter, learning_rate_init or tol"

func (t *trainer) run(ctx context.Context) (curve []float64, ended *learner.Convergence, err error) {
	rate, err := t.rate()
	if err != nil {
		return nil, nil, err
	}
	stop := optimise.NewStopping(t.Tol, t.NIterNoChange)
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
				return nil, nil, err
			}
			sum += mean * float64(len(rows))
			steps, seen = steps+1, seen+len(rows)
		}
		mean := sum / float64(len(order))
		if !numeric.IsFinite(mean) {
			return nil, nil, fmt.Errorf("training diverged in epoch %d: the loss is %v; lower learning_rate_init, or standardise the features", epoch+1, mean)
		}
		curve = append(curve, mean)
		watched := mean
		if t.aside.Len() > 0 {
			score, err := t.score(ctx)
			if err != nil {
				return nil, nil, err
			}
			watched = -score
		}
		improved, enough := stop.Look(watched)
		if improved && t.aside.Len() > 0 {
			best = append(best[:0], t.net.params...)
		}
		ended = learner.Ended(enough, epoch+1, trainingAdvice)
		if enough {
			break
		}
		if epoch == t.MaxIter-1 {
			t.env.Log.WarnContext(ctx, "training ended at max_iter before the loss settled", "advice", trainingAdvice, "max_iter", t.MaxIter, "loss", mean)
		}
	}
	if best == nil {
		best = t.net.params
	}
	if err := t.net.set(best); err != nil {
		return nil, nil, fmt.Errorf("training diverged: %w; lower learning_rate_init, or standardise the features", err)
	}
	return curve, ended, ctx.Err()
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
	penalty := optimise.Sum(t.vector.Step(t.net.params, t.grad, weight, lr, t.net.procs)) // of all rows of the batch, as their losses' sum is
	return (lossSum + penalty) / weight, nil
}

// worthAThread is how many values to copy make up for handing work to a thread.
const worthAThread = 1 << 16

// gather makes the given rows the batch at hand and returns their weight.
func (t *trainer) gather(rows []int) (weight float64) {
	b, d := &t.batch, t.data
	x := t.x.at(len(rows), t.net.in())
	b.X, b.Y, b.Rows, b.Weights = x, b.Y[:0], b.Rows[:0], b.Weights[:0]
	threads := min(t.net.procs, len(rows)*t.net.in()/worthAThread+1)
	t.net.team.Do(threads, func(part int) {
		for i := len(rows) * part / threads; i < len(rows)*(part+1)/threads; i++ {
			copy(x.RawRowView(i), d.X.RawRowView(rows[i]))
		}
	})
	for _, r := range rows {
		b.Y, b.Rows, b.Weights = append(b.Y, d.Y[r]), append(b.Rows, d.Row(r)), append(b.Weights, d.Weight(r))
		weight += d.Weight(r)
	}
	return weight
}

// score is the accuracy, or R2 as far as it tells anything, on the rows set aside.
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
	return metrics.HeldOutR2(t.aside.Y, predicted, t.aside.Weights, t.data.Y, t.data.Weights), nil
}
