package sgd

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/penalty"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("sgd-regressor", registry.Entry[RegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "Linear regression with a choice of losses and penalties, by stochastic gradient descent.",
		Reference: "Robbins and Monro 1951; Bottou 2012", Traits: traits, New: NewRegressor,
	})
}

// traits of both learners: the order of the rows is drawn at random, and losses are not negative (losstest).
var traits = learner.Traits{SamplesRows: true, NonNegativeLoss: true}

// RegressorParams are the parameters of sgd-regressor.
type RegressorParams struct {
	Loss               string  `json:"loss" default:"squared_error"`
	Penalty            string  `json:"penalty" default:"l2" validate:"oneof=none l2 l1 elasticnet" training:"penalty"`
	Alpha              float64 `json:"alpha" default:"0.0001" validate:"gte=0" training:"alpha"`
	L1Ratio            float64 `json:"l1_ratio" default:"0.15" validate:"gte=0,lte=1" training:"l1_ratio"`
	FitIntercept       bool    `json:"fit_intercept" default:"true"`
	MaxIter            int     `json:"max_iter" default:"1000" validate:"gte=1" training:"max_iter epochs"`
	Tol                float64 `json:"tol" default:"0.00001" validate:"gte=0" training:"tol relative"`
	NIterNoChange      int     `json:"n_iter_no_change" default:"5" validate:"gte=1" training:"n_iter_no_change"`
	Shuffle            bool    `json:"shuffle" default:"true" training:"default"`
	Epsilon            float64 `json:"epsilon" default:"0.1" validate:"gte=0"`
	LearningRate       string  `json:"learning_rate" default:"invscaling" validate:"oneof=constant invscaling optimal adaptive" training:"learning_rate"`
	Eta0               float64 `json:"eta0" default:"0.01" validate:"gt=0" training:"learning_rate_init"`
	PowerT             float64 `json:"power_t" default:"0.25" validate:"gte=0" training:"power_t"`
	EarlyStopping      bool    `json:"early_stopping" default:"false" training:"early_stopping"`
	ValidationFraction float64 `json:"validation_fraction" default:"0.1" validate:"gt=0,lt=1" training:"validation_fraction"`
	Average            bool    `json:"average" default:"false" training:"default"`
	BatchSize          int     `json:"batch_size" default:"32" validate:"gte=1" training:"batch_size"`
	Standardize        bool    `json:"standardize" default:"true" training:"standardize"`
}

// ParamOptions are the losses of regression that are linked, for loss.
func (RegressorParams) ParamOptions(param string) []string {
	if param == "loss" {
		return loss.Names(learner.Regression)
	}
	return nil
}

// Regressor is a linear function of the features.
type Regressor struct{ Linear }

// NewRegressor makes an unfitted regressor. It refuses parameters that do not
// go together with a *learner.ParamError.
func NewRegressor(p RegressorParams, env learner.Env) (*Regressor, error) {
	s := settings{
		loss: p.Loss, penalty: penalty.Penalty{Kind: penalty.Kind(p.Penalty), Alpha: p.Alpha, L1Ratio: p.L1Ratio}, intercept: p.FitIntercept,
		maxIter: p.MaxIter, tol: p.Tol, nIterNoChange: p.NIterNoChange, shuffle: p.Shuffle, learningRate: p.LearningRate, eta0: p.Eta0, powerT: p.PowerT,
		earlyStopping: p.EarlyStopping, validationFraction: p.ValidationFraction, average: p.Average, batchSize: p.BatchSize, standardize: p.Standardize,
	}
	l, err := newLinear(learner.Regression, s, env, func(int) (loss.Rows, error) { return loss.ForTargets(p.Loss, p.Epsilon) })
	if err != nil {
		return nil, err
	}
	return &Regressor{l}, nil
}

// Fit descends from coefficients of 0 and the mean of the targets.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, traits); err != nil {
		return err
	}
	weights := weightsOf(train)
	f, ended, err := m.fit(ctx, train, weights, mean(train.Y, weights))
	if err != nil {
		return err
	}
	return m.become(f, 0, ended)
}

// weightsOf is one weight per row.
func weightsOf(d learner.Dataset) []float64 {
	w := make([]float64, d.Len())
	for i := range w {
		w[i] = d.Weight(i)
	}
	return w
}

// mean is a weighted mean that does not overflow where the values do not.
func mean(values, weights []float64) (mean float64) {
	var total float64
	for i, v := range values {
		if w := weights[i]; w > 0 {
			total += w
			mean += w / total * (v - mean)
		}
	}
	return mean
}

// Predict returns x coef + intercept, one per row.
func (m *Regressor) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	y := make([]float64, rows)
	err := m.model.each(x, func(i int, scores []float64) error {
		y[i] = scores[0]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return y, nil
}

var (
	_ learner.Differentiable = (*Regressor)(nil)
	_ learner.Coefficienter  = (*Regressor)(nil)
	_ registry.Optioned      = RegressorParams{}
	_ learner.Snapshotter    = (*Regressor)(nil)
	_ learner.Convergent     = (*Regressor)(nil)
)
