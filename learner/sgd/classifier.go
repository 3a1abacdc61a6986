package sgd

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
	"github.com/gochimera/chimera/learner/penalty"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("sgd-classifier", registry.Entry[ClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "Linear classification (logistic regression, support vector machine, perceptron) by stochastic gradient descent.",
		Reference: "Robbins and Monro 1951; Zhang 2004; Bottou 2012", Traits: traits, New: NewClassifier,
	})
}

// ClassifierParams are the parameters of sgd-classifier.
type ClassifierParams struct {
	Loss               string  `json:"loss" default:"log_loss"`
	Penalty            string  `json:"penalty" default:"l2" validate:"oneof=none l2 l1 elasticnet" training:"penalty"`
	Alpha              float64 `json:"alpha" default:"0.0001" validate:"gte=0" training:"alpha"`
	L1Ratio            float64 `json:"l1_ratio" default:"0.15" validate:"gte=0,lte=1" training:"l1_ratio"`
	FitIntercept       bool    `json:"fit_intercept" default:"true"`
	MaxIter            int     `json:"max_iter" default:"1000" validate:"gte=1" training:"max_iter epochs"`
	Tol                float64 `json:"tol" default:"0.001" validate:"gte=0" training:"tol relative"`
	NIterNoChange      int     `json:"n_iter_no_change" default:"5" validate:"gte=1" training:"n_iter_no_change"`
	Shuffle            bool    `json:"shuffle" default:"true" training:"default"`
	LearningRate       string  `json:"learning_rate" default:"invscaling" validate:"oneof=constant invscaling optimal adaptive" training:"learning_rate"`
	Eta0               float64 `json:"eta0" default:"0.5" validate:"gt=0" training:"learning_rate_init"`
	PowerT             float64 `json:"power_t" default:"0.25" validate:"gte=0" training:"power_t"`
	EarlyStopping      bool    `json:"early_stopping" default:"false" training:"early_stopping"`
	ValidationFraction float64 `json:"validation_fraction" default:"0.1" validate:"gt=0,lt=1" training:"validation_fraction"`
	ClassWeight        string  `json:"class_weight" default:"none" validate:"oneof=none balanced" training:"default"`
	Average            bool    `json:"average" default:"false" training:"default"`
	BatchSize          int     `json:"batch_size" default:"32" validate:"gte=1" training:"batch_size"`
	Standardize        bool    `json:"standardize" default:"true" training:"standardize"`
}

// ParamOptions are the losses of classification that are linked, for loss.
func (ClassifierParams) ParamOptions(param string) []string {
	if param == "loss" {
		return loss.Names(learner.Classification)
	}
	return nil
}

// Classifier has a linear function for each class, the largest of which wins;
// of two classes there is one function, which is positive for the second.
type Classifier struct {
	Linear
	balanced bool
}

// NewClassifier makes an unfitted classifier. It refuses parameters that do
// not go together with a *learner.ParamError.
func NewClassifier(p ClassifierParams, env learner.Env) (*Classifier, error) {
	s := settings{
		loss: p.Loss, penalty: penalty.Penalty{Kind: penalty.Kind(p.Penalty), Alpha: p.Alpha, L1Ratio: p.L1Ratio}, intercept: p.FitIntercept,
		maxIter: p.MaxIter, tol: p.Tol, nIterNoChange: p.NIterNoChange, shuffle: p.Shuffle, learningRate: p.LearningRate, eta0: p.Eta0, powerT: p.PowerT,
		earlyStopping: p.EarlyStopping, validationFraction: p.ValidationFraction, average: p.Average, batchSize: p.BatchSize, standardize: p.Standardize,
	}
	l, err := newLinear(learner.Classification, s, env, func(classes int) (loss.Rows, error) { return loss.ForClasses(p.Loss, classes) })
	if err != nil {
		return nil, err
	}
	return &Classifier{Linear: l, balanced: p.ClassWeight == "balanced"}, nil
}

// Fit descends from parameters of 0.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, traits); err != nil {
		return err
	}
	weights := weightsOf(train)
	of := make([]float64, len(train.Classes)) // the weight of each class
	for i, w := range weights {
		of[int(train.Y[i])] += w
	}
	if m.balanced {
		balance(weights, train.Y, of)
	}
	f, ended, err := m.fit(ctx, train, weights, 0)
	if err != nil {
		return err
	}
	if err := f.silence(ctx, train, of); err != nil {
		return err
	}
	return m.become(f, len(train.Classes), ended)
}

// balance changes the weights such that all classes that have any weigh the
// same and all rows together weigh what they did.
func balance(weights, y, of []float64) {
	present := 0
	for _, w := range of {
		if w > 0 {
			present++
		}
	}
	each := floats.Sum(of) / float64(present)
	for i, c := range y {
		if weights[i] > 0 {
			weights[i] *= each / of[int(c)]
		}
	}
}

// silence lowers the intercepts of classes without rows as far as it takes for
// them to win none of the rows of train: separated from the rest, their scores are
// below 0, but the largest of the others may be lower still.
func (f functions) silence(ctx context.Context, train learner.Dataset, of []float64) error {
	if f.outputs == 1 || !f.intercept || floats.Min(of) > 0 {
		return nil
	}
	poll := learner.NewPoll(ctx, pollWork)
	excess := make([]float64, f.outputs)
	err := f.each(train.X, func(i int, scores []float64) error {
		if train.Weight(i) == 0 {
			return nil
		}
		top := math.Inf(-1)
		for o, score := range scores {
			if of[o] > 0 {
				top = max(top, score)
			}
		}
		for o, score := range scores {
			if of[o] == 0 && score >= top {
				excess[o] = max(excess[o], score-top+1)
			}
		}
		return poll.Work(len(f.params))
	})
	if err != nil {
		return err
	}
	floats.Sub(f.intercepts(), excess)
	return ctx.Err()
}

// Predict returns the class of the largest score, one per row.
func (m *Classifier) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	y := make([]float64, rows)
	classes := m.loss.(loss.Classes)
	err := m.model.each(x, func(i int, scores []float64) error {
		y[i] = float64(classes.Class(scores))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return y, nil
}

// PredictProba returns rows x classes probabilities; for a loss that knows
// none it is 1 for the class that Predict returns.
func (m *Classifier) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	proba := mat.NewDense(rows, m.classes, nil)
	classes := m.loss.(loss.Classes)
	err := m.model.each(x, func(i int, scores []float64) error {
		classes.Probabilities(scores, proba.RawRowView(i))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return proba, nil
}

var (
	_ learner.Classifier     = (*Classifier)(nil)
	_ learner.Differentiable = (*Classifier)(nil)
	_ learner.Coefficienter  = (*Classifier)(nil)
	_ registry.Optioned      = ClassifierParams{}
	_ learner.Snapshotter    = (*Classifier)(nil)
	_ learner.Convergent     = (*Classifier)(nil)
)
