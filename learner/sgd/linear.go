package sgd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
)

// Linear is what Regressor and Classifier have in common: linear functions of
// the features and how they are trained. By itself it cannot be fitted.
//
// Its parameters are the coefficients (outputs x features), then, with
// fit_intercept, one intercept per output. There is one output for regression
// and for two classes, else one per class.
type Linear struct {
	task     learner.Task
	settings settings
	env      learner.Env
	// lossFor is the loss for that many classes, 0 for regression.
	lossFor func(classes int) (loss.Rows, error)

	loss    loss.Rows // nil before Init
	classes int
	model   functions
	fitted  bool
	ended   *learner.Convergence // of the Fit that made the model; nil if none did
}

func newLinear(task learner.Task, s settings, env learner.Env, lossFor func(classes int) (loss.Rows, error)) (Linear, error) {
	if err := s.check(); err != nil {
		return Linear{}, err
	}
	if _, err := lossFor(classesToTry[task]); err != nil {
		return Linear{}, &learner.ParamError{Param: "loss", Reason: err.Error()}
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	return Linear{task: task, settings: s, env: env, lossFor: lossFor}, nil
}

// classesToTry is how many classes a new learner makes its loss for, to refuse
// it at once if there is no such loss.
var classesToTry = map[learner.Task]int{learner.Regression: 0, learner.Classification: 2}

// Convergence is how the last Fit ended. It is nil with a tol of 0, when only
// max_iter ends a Fit.
func (m *Linear) Convergence() *learner.Convergence { return m.ended.Clone() }

// become replaces the model by functions for that many classes.
func (m *Linear) become(f functions, classes int, ended *learner.Convergence) error {
	l, err := m.lossFor(classes)
	if err != nil {
		return err
	}
	m.loss, m.classes, m.model, m.fitted, m.ended = l, classes, f, true, ended
	return nil
}

// Init sets all parameters to 0.
func (m *Linear) Init(s learner.Schema) ([]learner.Block, error) {
	if len(s.Features) == 0 {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: "the schema names no features"}
	}
	if s.Task() != m.task || m.task == learner.Classification && len(s.Classes) == 0 {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("a schema of %d classes for a learner of %s", len(s.Classes), m.task)}
	}
	l, err := m.lossFor(len(s.Classes))
	if err != nil {
		return nil, err
	}
	m.loss, m.classes, m.fitted, m.ended = l, len(s.Classes), false, nil
	m.model = newFunctions(l.Outputs(), len(s.Features), m.settings.intercept)
	return m.model.blocks(), nil
}

// Parameters returns a copy of the parameters; nil before Init and Fit.
func (m *Linear) Parameters() []float64 { return slices.Clone(m.model.params) }

// SetParameters replaces the parameters.
func (m *Linear) SetParameters(p []float64) error {
	if m.loss == nil {
		return errNoParameters
	}
	if len(p) != len(m.model.params) {
		return fmt.Errorf("%d parameters given, the model has %d", len(p), len(m.model.params))
	}
	if i := numeric.FirstNotFinite(p); i >= 0 {
		return fmt.Errorf("parameter %d is %v", i, p[i])
	}
	m.model.params, m.fitted, m.ended = slices.Clone(p), true, nil
	return nil
}

var errNoParameters = errors.New("the model has no parameters yet: call Init or Fit first")

// Gradient is that of the sum of weight times loss, on the scale of the batch
// as it is. Neither the penalty nor class_weight nor standardize is part of it.
// Its bits do not depend on the threads it may use.
func (m *Linear) Gradient(ctx context.Context, _ learner.Step, batch learner.Dataset, into []float64) (lossSum, weight float64, err error) {
	if m.loss == nil {
		return 0, 0, errNoParameters
	}
	if len(into) != len(m.model.params) {
		return 0, 0, fmt.Errorf("room for %d derivatives, the model has %d parameters", len(into), len(m.model.params))
	}
	if err := learner.CheckBatch(batch, m.task); err != nil {
		return 0, 0, err
	}
	if _, cols := batch.X.Dims(); cols != m.model.features {
		return 0, 0, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d columns, the model has %d features", cols, m.model.features)}
	}
	if len(batch.Classes) != m.classes {
		return 0, 0, &learner.DataError{Row: -1, Column: -1, Name: "y", Reason: fmt.Sprintf("the batch has %d classes, the model has %d",
			len(batch.Classes), m.classes)}
	}
	clear(into)
	total, err := gradient(ctx, m.summer, m.model.params, batch, into, m.env.Procs)
	if err != nil {
		return 0, 0, err
	}
	if total.infinite || !numeric.AllFinite(into) || !numeric.IsFinite(total.loss) {
		if err := learner.CheckFit(batch, m.task, learner.Traits{}); err != nil {
			return 0, 0, err
		}
		return 0, 0, errors.New("the gradient overflows: the parameters or the features are too large; rescale the features or lower the learning rate")
	}
	return total.loss, total.weight, nil
}

func (m *Linear) summer() *summer { return newSummer(m.loss, m.model.features, m.model.intercept) }

// Coefficients returns outputs x features coefficients and one intercept
// per output, on the scale of the data; nil before Fit.
func (m *Linear) Coefficients() (coef *mat.Dense, intercept []float64) {
	if !m.fitted {
		return nil, nil
	}
	f := m.model
	intercept = make([]float64, f.outputs)
	copy(intercept, f.intercepts())
	return mat.NewDense(f.outputs, f.features, slices.Clone(f.params[:f.outputs*f.features])), intercept
}

// check is what comes first in Predict and PredictProba.
func (m *Linear) check(x *mat.Dense) error {
	if !m.fitted {
		return learner.ErrNotFitted
	}
	return learner.CheckPredict(x, m.model.features, learner.Traits{})
}

const snapshotVersion = 1

func (m *Linear) kind() string { return "sgd." + string(m.task) }

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Linear) MarshalBinary() ([]byte, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(m.kind(), snapshotVersion)
	w.String(m.settings.loss)
	w.Bool(m.model.intercept)
	w.Int(m.classes)
	w.Int(m.model.features)
	w.Floats(m.model.params)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored. The model must have been
// fitted with the same loss and fit_intercept, which say what its scores mean.
func (m *Linear) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, m.kind(), snapshotVersion)
	if err != nil {
		return err
	}
	if name := r.String(); r.Err() == nil && name != m.settings.loss {
		r.Failf("it was fitted with the loss %q, this learner has %q", name, m.settings.loss)
	}
	f := functions{intercept: r.Bool()}
	if r.Err() == nil && f.intercept != m.settings.intercept {
		r.Failf("it was fitted with fit_intercept %t, this learner has %t", f.intercept, m.settings.intercept)
	}
	classes := r.Count(len(data))
	f.features, f.params = r.Count(len(data)), r.FiniteFloats()
	var l loss.Rows
	if r.Err() == nil {
		if l, err = m.lossFor(classes); err != nil || (classes == 0) != (m.task == learner.Regression) {
			r.Failf("a model of %d classes for a learner of %s", classes, m.task)
		} else if f.outputs = l.Outputs(); f.features == 0 || len(f.params) == 0 || len(f.params)%f.outputs != 0 || f.size() != len(f.params) {
			r.Failf("%d parameters for %d classes and %d features", len(f.params), classes, f.features)
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.loss, m.classes, m.model, m.fitted, m.ended = l, classes, f, true, nil
	return nil
}
