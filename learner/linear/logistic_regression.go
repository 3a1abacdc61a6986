package linear

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("logistic-regression", registry.Entry[LogisticRegressionParams, *LogisticRegression]{
		Task: learner.Classification, Summary: "Class probabilities from linear scores, multinomial for more than two classes.",
		Reference: "Cox 1958; McFadden 1974; L-BFGS of Nocedal 1980, FISTA of Beck and Teboulle 2009",
		Traits:    learner.Traits{NonNegativeLoss: true}, New: NewLogisticRegression,
	})
}

// LogisticRegressionParams are the parameters of logistic-regression.
type LogisticRegressionParams struct {
	Penalty      string  `json:"penalty" default:"l2" validate:"oneof=l2 none l1 elasticnet" training:"objective"`
	C            float64 `json:"C" default:"1" validate:"gt=0" training:"objective"`
	L1Ratio      float64 `json:"l1_ratio" default:"0" validate:"gte=0,lte=1" training:"objective"`
	ClassWeight  string  `json:"class_weight" default:"none" validate:"oneof=none balanced" training:"default"`
	FitIntercept bool    `json:"fit_intercept" default:"true"`
	MaxIter      int     `json:"max_iter" default:"100" validate:"gte=1" training:"own"`
	Tol          float64 `json:"tol" default:"0.0001" validate:"gte=0" training:"own"`
}

// LogisticRegression minimises
//
//	C * sum of weight * -log(probability of the row's class) + penalty
//
// where the probabilities of two classes come from one linear score and the
// logistic function, and of more from one score each and softmax. The penalty
// is sum of coef^2 / 2 (l2), sum of |coef| (l1), or l1_ratio of the latter and
// the rest of the former (elasticnet).
//
// The loss that Gradient sums is the second factor alone, without C, penalty
// and class weights; Penalty is the second term divided by C.
type LogisticRegression struct {
	Discriminant
	params LogisticRegressionParams
	env    learner.Env
}

// NewLogisticRegression makes an unfitted model.
func NewLogisticRegression(p LogisticRegressionParams, env learner.Env) (*LogisticRegression, error) {
	if p.L1Ratio > 0 && p.Penalty != "elasticnet" {
		return nil, &learner.ParamError{Param: "l1_ratio", Reason: "is for penalty elasticnet only, not " + p.Penalty}
	}
	return &LogisticRegression{Discriminant: Discriminant{kind: "linear.logistic-regression", hasIntercept: p.FitIntercept}, params: p, env: env}, nil
}

const logisticAdvice = "raise max_iter, or lower C"

// Fit finds the minimum to the tolerance asked for. It logs a warning if
// max_iter iterations did not get there; the model is then what they reached.
func (m *LogisticRegression) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, learner.Traits{}); err != nil {
		return err
	}
	v, err := newVote(ctx, train, m.params.ClassWeight == "balanced")
	if err != nil {
		return err
	}
	if v.only >= 0 {
		m.become(v.certain(), learner.Ended(true, 0, ""))
		return nil
	}
	of := m.Penalty()
	l1, l2 := of.L1, of.L2
	procs := max(m.env.Procs, 1)
	s, err := newStandardised(ctx, train, m.hasIntercept, l2, procs)
	if err != nil {
		return err
	}
	loss := summed{data: train, loss: softmaxLogLoss, class: v.index, factor: v.factor, outputs: v.outputs(), procs: procs}
	if loss.outputs == 1 {
		loss.loss = binaryLogLoss
	}
	// The mean loss is minimised, so that tol means the same for any number of rows.
	f, o, err := s.minimise(ctx, loss, penalty{l1: l1 / s.weight, l2: l2 / s.weight}, m.params.Tol, m.params.MaxIter)
	if err != nil {
		return err
	}
	if o.slope > m.params.Tol && m.env.Log != nil {
		m.env.Log.WarnContext(ctx, "logistic regression did not converge",
			"advice", logisticAdvice, "iterations", o.iterations, "derivative", o.slope, "wanted", m.params.Tol)
	}
	m.become(v.spread(f), learner.Ended(o.slope <= m.params.Tol, o.iterations, logisticAdvice))
	return nil
}

// Penalty is beside the sum of the losses, without C.
func (m *LogisticRegression) Penalty() learner.Penalty {
	p := learner.Penalty{Beside: learner.TotalLoss}
	switch m.params.Penalty {
	case "l2":
		p.L2 = 1 / m.params.C
	case "l1":
		p.L1 = 1 / m.params.C
	case "elasticnet":
		p.L1, p.L2 = m.params.L1Ratio/m.params.C, (1-m.params.L1Ratio)/m.params.C
	}
	return p
}

// PredictProba returns rows x classes probabilities. A row whose scores overflow
// is a *learner.DataError.
func (m *LogisticRegression) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	return m.proba(x)
}

// Init sets all parameters to 0: all classes are as likely.
func (m *LogisticRegression) Init(s learner.Schema) ([]learner.Block, error) {
	if err := checkSchema(s, learner.Classification); err != nil {
		return nil, err
	}
	m.model, m.fitted, m.ended = newFunctions(len(s.Classes), len(s.Features)), false, nil
	return m.blocks(), nil
}

// Parameters returns the coefficients, outputs x features, then the
// intercepts if there are any.
func (m *LogisticRegression) Parameters() []float64 { return m.parameters() }

// SetParameters is the inverse of Parameters.
func (m *LogisticRegression) SetParameters(p []float64) error { return m.setParameters(p) }

// Gradient is the gradient of the sum of weight * -log(probability of the
// row's class).
func (m *LogisticRegression) Gradient(ctx context.Context, _ learner.Step, batch learner.Dataset, into []float64) (lossSum, weight float64, err error) {
	if err := checkGradient(ctx, batch, learner.Classification, m.model.features, len(m.parameters()), len(into)); err != nil {
		return 0, 0, err
	}
	if len(batch.Classes) != m.model.classes {
		return 0, 0, &learner.DataError{Row: -1, Column: -1, Reason: "the batch has other classes than the model"}
	}
	s := summed{data: batch, loss: binaryLogLoss, outputs: m.model.outputs(), procs: max(m.env.Procs, 1)}
	if m.model.classes != 2 {
		s.loss = softmaxLogLoss
	}
	by := newFunctions(m.model.classes, m.model.features)
	lossSum, weight, err = s.at(ctx, m.model, by)
	if err != nil {
		return 0, 0, err
	}
	if n := copy(into, by.coef); m.hasIntercept {
		copy(into[n:], by.intercept)
	}
	return lossSum, weight, checkFiniteSum(batch, learner.Classification, lossSum, into)
}

var (
	_ learner.Classifier    = (*LogisticRegression)(nil)
	_ learner.Penalised     = (*LogisticRegression)(nil)
	_ learner.Coefficienter = (*LogisticRegression)(nil)
	_ learner.Snapshotter   = (*LogisticRegression)(nil)
	_ learner.Convergent    = (*LogisticRegression)(nil)
)
