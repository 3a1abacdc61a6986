package mlp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// model is what the classifier and the regressor have in common.
type model struct {
	kind         string // of its snapshots
	task         learner.Task
	architecture Architecture
	training     Training
	loss         outputLoss
	env          learner.Env

	net    *network // nil before Init and Fit
	built  Architecture
	fitted bool
	curve  []float64
	ended  *learner.Convergence // of the Fit that made the model; nil if none did
}

func newModel(kind string, task learner.Task, a Architecture, t Training, l outputLoss, env learner.Env) (model, error) {
	if a == nil {
		return model{}, errors.New("the network has no architecture")
	}
	if err := t.check(); err != nil {
		return model{}, err
	}
	if p, ok := a.(Perceptron); ok { // of others nobody knows what they take
		if _, err := lay(p, 1, 1); err != nil {
			return model{}, err
		}
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	return model{kind: kind, task: task, architecture: a, training: t, loss: l, env: env}, nil
}

// outputs is how many values the last layer has for a schema.
func (m *model) outputs(s learner.Schema) int {
	if m.task == learner.Classification {
		return len(s.Classes)
	}
	return 1
}

// lay plans the network for rows of a schema.
func (m *model) lay(s learner.Schema) (plan, error) {
	if len(s.Features) == 0 {
		return plan{}, &learner.DataError{Row: -1, Column: -1, Reason: "the schema names no features"}
	}
	if s.Task() != m.task || m.outputs(s) == 0 {
		return plan{}, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("the schema is for %s with %d classes, the learner for %s", s.Task(),
			len(s.Classes), m.task)}
	}
	return lay(m.architecture, len(s.Features), m.outputs(s))
}

// network makes the layers [from, to) of the plan, to be trained as the model is.
func (m *model) network(p plan, from, to int, seed uint64) *network {
	n := newNetwork(p, from, to, seed, m.env.Procs)
	n.single = m.training.Precision == Float32
	return n
}

// Fit trains a new network by mini-batches.
func (m *model) Fit(ctx context.Context, data learner.Dataset) error {
	if err := learner.CheckFit(data, m.task, learner.Traits{}); err != nil {
		return err
	}
	_, in := data.X.Dims()
	p, err := lay(m.architecture, in, m.outputs(data.Schema))
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	net := m.network(p, 0, len(p.layers), m.env.Seed)
	if m.task == learner.Classification {
		net.silenceAbsent(data)
	}
	curve, ended, err := train(ctx, m.training, net, m.loss, data, m.env)
	if err != nil {
		return err
	}
	m.net, m.built, m.fitted, m.curve, m.ended = net, m.architecture, true, curve, ended
	return nil
}

// LossCurve returns the mean loss of each epoch of the last Fit, the penalty
// included; nil if there was none.
func (m *model) LossCurve() []float64 { return slices.Clone(m.curve) }

// Convergence is how the last Fit ended, in epochs.
func (m *model) Convergence() *learner.Convergence { return m.ended.Clone() }

// answer computes outputs and what they mean.
func (m *model) answer(ctx context.Context, x *mat.Dense) (predicted []float64, proba *mat.Dense, err error) {
	if !m.fitted {
		return nil, nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, m.net.in(), learner.Traits{}); err != nil {
		return nil, nil, err
	}
	out, err := m.net.predict(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	return answers(m.task, out)
}

// Predict returns the target, or the index of the likeliest class, of each
// row.
func (m *model) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	predicted, _, err := m.answer(ctx, x)
	return predicted, err
}

// Init builds the network for rows of a schema, with the parameters that the
// seed gives it.
func (m *model) Init(s learner.Schema) ([]learner.Block, error) {
	p, err := m.lay(s)
	if err != nil {
		return nil, err
	}
	m.net, m.built = m.network(p, 0, len(p.layers), m.env.Seed), m.architecture
	m.fitted, m.curve, m.ended = false, nil, nil
	return m.net.blocks(), nil
}

// Parameters returns the parameters, layer after layer: of a dense layer the
// coefficients (inputs x outputs), then the intercepts.
func (m *model) Parameters() []float64 {
	if m.net == nil {
		return nil
	}
	return slices.Clone(m.net.params)
}

// SetParameters is the inverse of Parameters.
func (m *model) SetParameters(p []float64) error {
	if m.net == nil {
		return errNoParameters
	}
	if err := m.net.set(p); err != nil {
		return err
	}
	m.fitted, m.ended = true, nil
	return nil
}

// Gradient sums over the rows in their order, in pieces of fixed size.
func (m *model) Gradient(ctx context.Context, at learner.Step, batch learner.Dataset, into []float64) (lossSum, weight float64, err error) {
	if m.net == nil {
		return 0, 0, errNoParameters
	}
	if len(into) != len(m.net.params) {
		return 0, 0, fmt.Errorf("room for %d derivatives, the network has %d parameters", len(into), len(m.net.params))
	}
	if err := learner.CheckBatch(batch, m.task); err != nil {
		return 0, 0, err
	}
	if _, cols := batch.X.Dims(); cols != m.net.in() {
		return 0, 0, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d columns, the network takes %d", cols, m.net.in())}
	}
	if m.outputs(batch.Schema) != m.net.out() {
		return 0, 0, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("the schema has %d classes, the network %d", len(batch.Classes), m.net.out())}
	}
	lossSum, err = m.net.gradient(ctx, at, batch, m.loss, into)
	if err != nil {
		return 0, 0, err
	}
	for i := range batch.Len() {
		weight += batch.Weight(i)
	}
	return lossSum, weight, checkFinite(batch, m.task, lossSum, into)
}

// checkFinite looks for a value in the batch that is not finite only if the
// result is not: it would have made it so.
func checkFinite(batch learner.Dataset, task learner.Task, loss float64, gradient []float64) error {
	if numeric.IsFinite(loss) && numeric.AllFinite(gradient) {
		return nil
	}
	if err := learner.CheckFit(batch, task, learner.Traits{}); err != nil {
		return err
	}
	return errors.New("the gradient overflows: lower the learning rate, or standardise the features")
}

// OutputLoss is the loss that Gradient is the gradient of.
func (m *model) OutputLoss(out *mat.Dense, y, weights []float64, dOut *mat.Dense) (lossSum, weight float64, err error) {
	rows, cols := out.Dims()
	if r, c := dOut.Dims(); r != rows || c != cols {
		return 0, 0, fmt.Errorf("%d x %d outputs, a gradient of %d x %d", rows, cols, r, c)
	}
	s := learner.Schema{}
	if m.task == learner.Classification {
		s.Classes = make([]learner.Label, cols)
	} else if cols != 1 {
		return 0, 0, fmt.Errorf("%d outputs for one target", cols)
	}
	batch := learner.Dataset{Schema: s, X: out, Y: y, Weights: weights}
	if err := learner.CheckBatch(batch, m.task); err != nil {
		return 0, 0, err
	}
	for i := range rows {
		weight += batch.Weight(i)
	}
	return m.loss.sum(out, y, weights, dOut), weight, nil
}

// OutputAnswers is how Predict and PredictProba end.
func (m *model) OutputAnswers(out *mat.Dense) (predicted []float64, proba *mat.Dense, err error) {
	return answers(m.task, out)
}

// Layers lists the layers.
func (m *model) Layers(s learner.Schema) ([]learner.LayerSpec, error) {
	p, err := m.lay(s)
	if err != nil {
		return nil, err
	}
	return p.describe(), nil
}

// Build makes the layers [from, to).
func (m *model) Build(s learner.Schema, from, to int) (learner.Stage, error) {
	p, err := m.lay(s)
	if err != nil {
		return nil, err
	}
	if from < 0 || from >= to || to > len(p.layers) {
		return nil, fmt.Errorf("layers %d to %d: want some of the %d layers, 0 to %d", from, to, len(p.layers), len(p.layers))
	}
	return &stage{net: m.network(p, from, to, m.env.Seed), inFlight: map[int]*run{}}, nil
}

// Penalty is alpha for half the squares of the weights, beside the losses of a mini-batch.
func (m *model) Penalty() learner.Penalty {
	return learner.Penalty{L2: m.training.Alpha, Beside: learner.BatchLoss}
}
