package sgd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/optimise"
)

// ErrDiverged is wrapped by the error of a Fit whose steps led away from the
// minimum. The old model is kept.
var ErrDiverged = errors.New("the descent diverged")

// problem is what a descent goes down: the loss over some rows.
type problem struct {
	loss    loss.Rows
	data    learner.Dataset
	weights []float64        // one per row of data, class weights included
	scaling *moments.Scaling // nil for none
	rows    []int            // of data, to learn from
	held    []int            // of data: their loss says when to stop; nil if that of rows does
}

// descent is one run of stochastic gradient descent.
type descent struct {
	problem
	settings settings
	log      *slog.Logger
	poll     *learner.Poll
	summer   *summer
	blocks   []learner.Block

	schedule   optimise.Schedule
	optimiser  optimise.SGD
	steps      int
	meanWeight float64
	params     []float64
	average    []float64 // of params after each step; nil if it is not asked for
	ended      *learner.Convergence
	grad       []float64

	panel      blas64.General // rows gathered, on the scale of the descent
	y, weighed []float64      // their targets and weights
}

// pollWork is how many multiply-adds go by between two looks at the context.
const pollWork = 1 << 20

// newDescent prepares a descent from start, whose parameters it takes over.
func newDescent(ctx context.Context, p problem, start functions, s settings, log *slog.Logger) (*descent, error) {
	schedule, err := s.schedule(p.loss)
	if err != nil {
		return nil, err
	}
	d := &descent{
		problem: p, settings: s, log: log, poll: learner.NewPoll(ctx, pollWork), summer: newSummer(p.loss, start.features, start.intercept),
		blocks: start.blocks(), schedule: schedule, params: start.params, grad: make([]float64, len(start.params)),
	}
	if s.average {
		d.average = make([]float64, len(start.params))
	}
	n := d.summer.panel()
	d.panel = blas64.General{Cols: start.features, Stride: start.features, Data: make([]float64, n*start.features)}
	d.y, d.weighed = make([]float64, n), make([]float64, n)
	d.meanWeight = d.totalWeight(p.rows) / float64(len(p.rows))
	return d, nil
}

func (d *descent) totalWeight(rows []int) (total float64) {
	for _, i := range rows {
		total += d.weights[i]
	}
	return total
}

// run descends until there is nothing more to gain, and returns the parameters
// it has come to: the last ones, or with rows held back those that were best
// for them.
func (d *descent) run(ctx context.Context, seed uint64) ([]float64, error) {
	judges := d.rows
	if d.held != nil {
		judges = d.held
	}
	start, err := d.meanLoss(judges)
	if err != nil {
		return nil, err
	}
	if !numeric.IsFinite(start) {
		return nil, &learner.DataError{Row: -1, Column: -1, Name: "y", Reason: "the targets are so large that the loss overflows; rescale them"}
	}
	p := progress{
		start: start, tol: d.settings.tol, patience: d.settings.nIterNoChange, endless: d.settings.tol == 0 && d.held == nil,
		held: d.held != nil, oneStep: d.held == nil && len(d.rows) <= d.settings.batchSize,
	}
	rng := learner.NewRand(learner.Seed(seed, "sgd", "shuffle"))
	var best []float64
	for range d.settings.maxIter {
		if d.settings.shuffle {
			rng.Shuffle(len(d.rows), func(i, j int) { d.rows[i], d.rows[j] = d.rows[j], d.rows[i] })
		}
		objective, err := d.epoch()
		if err != nil {
			return nil, err
		}
		p.add(objective)
		if d.held != nil && objective == p.best {
			best = slices.Clone(d.current())
		}
		if p.over() && !d.slower(&p) {
			d.log.DebugContext(ctx, "the descent has settled", "epochs", p.epochs, "objective", objective)
			break
		}
	}
	if p.grown() {
		return nil, d.diverged()
	}
	if !p.endless {
		if err := d.judge(ctx, p); err != nil {
			return nil, err
		}
	}
	if d.held != nil {
		return best, nil
	}
	return d.current(), nil
}

// current is the parameters a model would have now.
func (d *descent) current() []float64 {
	if d.average != nil {
		return d.average
	}
	return d.params
}

// slower lowers an adaptive learning rate and reports whether that is worth
// another try.
func (d *descent) slower(p *progress) bool {
	if d.settings.learningRate != adaptive {
		return false
	}
	rate := d.schedule.Rate(0) / adaptiveFactor
	if rate < adaptiveLeast {
		return false
	}
	d.schedule = optimise.Constant{Eta0: rate}
	p.stale = 0
	return true
}

// epoch goes over the rows once. It returns the mean loss, of each row before
// the step that it is part of, and the penalty; or that of the rows held back.
func (d *descent) epoch() (objective float64, err error) {
	n := len(d.rows)
	steps := (n + d.settings.batchSize - 1) / d.settings.batchSize
	var total float64
	for b := range steps {
		// Batches differ by at most one row, so that no row weighs more because
		// its batch is small.
		sum, err := d.step(d.rows[n*b/steps : n*(b+1)/steps])
		if err != nil {
			return 0, err
		}
		total += sum
	}
	if d.held != nil {
		objective, err = d.meanLoss(d.held)
	} else {
		objective = total/(d.meanWeight*float64(n)) + d.settings.penalty.Value(d.params, d.blocks)
	}
	if err == nil && (!numeric.IsFinite(objective) || !numeric.AllFinite(d.params)) {
		return 0, d.diverged()
	}
	return objective, err
}

// step takes one step on a batch. The gradient is divided by what as many rows
// weigh on average, not by what these do: a heavy row pulls harder wherever it falls.
func (d *descent) step(batch []int) (lossSum float64, err error) {
	clear(d.grad)
	lossSum, err = d.sum(batch, d.params, d.grad)
	if err != nil {
		return 0, err
	}
	floats.Scale(1/(d.meanWeight*float64(len(batch))), d.grad)
	d.settings.penalty.AddGradient(d.params, d.blocks, d.grad)
	rate := d.schedule.Rate(d.steps)
	d.optimiser.Step(d.params, d.grad, rate)
	d.settings.penalty.Prox(d.params, d.blocks, rate)
	d.steps++
	if d.average != nil {
		share := 1 / float64(d.steps)
		for i, p := range d.params {
			d.average[i] += share * (p - d.average[i])
		}
	}
	return lossSum, nil
}

// meanLoss is the mean loss of rows for the current parameters.
func (d *descent) meanLoss(rows []int) (float64, error) {
	params := d.params
	if d.steps > 0 {
		params = d.current()
	}
	sum, err := d.sum(rows, params, d.grad)
	return sum / d.totalWeight(rows), err
}

// sum adds the gradient of the loss over some rows to into and returns the
// loss.
func (d *descent) sum(rows []int, params, into []float64) (total float64, err error) {
	for len(rows) > 0 {
		part := rows[:min(len(rows), d.summer.panel())]
		rows = rows[len(part):]
		if err := d.poll.Work(len(part) * len(params)); err != nil {
			return 0, err
		}
		d.gather(part)
		s := d.summer.addPanel(params, d.panel, d.y[:len(part)], d.weighed[:len(part)], into)
		if s.infinite {
			return 0, d.diverged()
		}
		total += s.loss
	}
	return total, nil
}

// gather copies rows into the panel.
func (d *descent) gather(rows []int) {
	d.panel.Rows = len(rows)
	for k, i := range rows {
		from, to := d.data.X.RawRowView(i), d.panel.Data[k*d.panel.Stride:(k+1)*d.panel.Stride]
		if d.scaling != nil {
			d.scaling.Row(from, to)
		} else {
			copy(to, from)
		}
		d.y[k], d.weighed[k] = d.data.Y[i], d.weights[i]
	}
}

func (d *descent) diverged() error {
	remedy := fmt.Sprintf("lower eta0 (it is %v)", d.settings.eta0)
	if d.settings.learningRate == optimise.NameOptimal {
		remedy = fmt.Sprintf("raise alpha (it is %v) or choose another learning_rate", d.settings.penalty.Alpha)
	}
	if !d.settings.standardize {
		remedy += ", or set standardize to true"
	}
	return fmt.Errorf("%w after %d steps: %s", ErrDiverged, d.steps, remedy)
}
