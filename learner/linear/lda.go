package linear

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("lda-classifier", registry.Entry[LDAParams, *LDA]{
		Task: learner.Classification, Summary: "Linear discriminant analysis: classes that are normal with the same covariances.",
		Reference: "Fisher 1936; Rao 1948; Hastie, Tibshirani and Friedman 2009, section 4.3",
		Traits:    learner.Traits{KeepsScale: true}, New: NewLDA,
	})
}

// LDAParams are the parameters of lda-classifier.
type LDAParams struct {
	Tol float64 `json:"tol" default:"0.0001" validate:"gte=0"`
}

// LDA takes the features to be normal together within a class, all classes with the same covariances, so that the
// logarithms of the classes' probabilities differ by linear functions.
//
// As in scikit-learn's solver svd, the covariances have the number of rows less that of classes in their denominator,
// and directions in which no class varies are left out.
type LDA struct {
	Discriminant
	tol float64
	env learner.Env
}

// NewLDA makes an unfitted classifier. The error is a *learner.ParamError.
func NewLDA(p LDAParams, env learner.Env) (*LDA, error) {
	if !(p.Tol >= 0) {
		return nil, &learner.ParamError{Param: "tol", Reason: "must be a number >= 0"}
	}
	return &LDA{Discriminant{kind: "linear.lda", hasIntercept: true}, p.Tol, env}, nil
}

// Fit computes the classes' means and their covariances: a training by sums, in one part.
func (m *LDA) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, learner.Traits{}); err != nil {
		return err
	}
	if err := checkFactors(train, false); err != nil {
		return err
	}
	s := train.Schema
	if s.Features == nil {
		_, features := train.X.Dims()
		s.Features = make([]string, features)
	}
	return learner.TrainOnParts(ctx, m, s, []learner.Part{&ldaPart{train, max(m.env.Procs, 1)}}, nil)
}

// Start is the empty state.
func (m *LDA) Start(s learner.Schema) ([]float64, error) {
	return []float64{}, checkSchema(s, learner.Classification)
}

// Shape is a sum for every pair of the columns 1 and features, then for each class the weight and the sums of the
// features.
func (m *LDA) Shape(s learner.Schema, _ []float64) (counts, reals int) {
	columns := 1 + len(s.Features)
	return 0, exact.GramLen(columns) + len(s.Classes)*columns
}

// Part checks that the rows can be summed up: no number, also times its row's weight, may be larger than
// exact.LargestFactor.
func (m *LDA) Part(_ context.Context, rows learner.Dataset) (learner.Part, error) {
	if err := learner.CheckPart(rows, learner.Classification, learner.Traits{}); err != nil {
		return nil, err
	}
	if err := checkFactors(rows, false); err != nil {
		return nil, err
	}
	return &ldaPart{rows, max(m.env.Procs, 1)}, nil
}

// ldaPart is rows whose products are summed up, and themselves class by class.
type ldaPart struct {
	rows  learner.Dataset
	procs int
}

// Sum adds what Shape says.
func (p *ldaPart) Sum(ctx context.Context, _ []float64, into *learner.Sums) error {
	_, features := p.rows.X.Dims()
	columns := 1 + features
	products := exact.GramLen(columns)
	if len(into.Reals) != products+len(p.rows.Classes)*columns {
		return fmt.Errorf("%d sums asked for of rows with %d features and %d classes", len(into.Reals), features, len(p.rows.Classes))
	}
	return sumRows(ctx, p.rows.Len(), p.procs, columns, products, into.Reals, func(t *summing, i int) {
		w := p.rows.Weight(i)
		if w == 0 {
			return
		}
		x := p.rows.X.RawRowView(i)
		copy(t.row[1:], x)
		t.gram.Add(w, t.row...)
		of := t.sums[products+int(p.rows.Y[i])*columns:][:columns]
		of[0].Add(w)
		for j, v := range x {
			switch {
			case math.Abs(v) < exact.SmallestFactor: // as among the products
			case w == 1:
				of[1+j].Add(v)
			default:
				of[1+j].AddProduct(w, v)
			}
		}
	})
}

// Advance makes the last state: the coefficients, then the intercepts.
func (m *LDA) Advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	if err := checkSchema(s, learner.Classification); err != nil {
		return learner.Advance{}, err
	}
	counts, reals := m.Shape(s, state)
	if len(state) != 0 || len(sums.Counts) != counts || len(sums.Reals) != reals {
		return learner.Advance{}, fmt.Errorf("a state of %d numbers and sums of %d and %d; want 0, %d and %d",
			len(state), len(sums.Counts), len(sums.Reals), counts, reals)
	}
	if err := ctx.Err(); err != nil {
		return learner.Advance{}, err
	}
	w, err := newWithin(sums.Reals, len(s.Classes), len(s.Features))
	if err != nil {
		return learner.Advance{}, err
	}
	f, err := w.functions(m.tol)
	if err != nil {
		return learner.Advance{}, err
	}
	return learner.Advance{State: append(f.coef, f.intercept...), Done: true, Loss: math.NaN(), Why: "solved"}, nil
}

// SetState takes coefficients and intercepts.
func (m *LDA) SetState(s learner.Schema, state []float64) error {
	if err := checkSchema(s, learner.Classification); err != nil {
		return err
	}
	f := newFunctions(len(s.Classes), len(s.Features))
	if err := checkParameters(state, len(f.coef)+len(f.intercept)); err != nil {
		return err
	}
	copy(f.intercept, state[copy(f.coef, state):])
	m.become(f, learner.Ended(true, 0, ""))
	return nil
}

// PredictProba returns rows x classes probabilities. A row whose scores overflow is a *learner.DataError.
func (m *LDA) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) { return m.proba(x) }

var (
	_ learner.Classifier    = (*LDA)(nil)
	_ learner.Summable      = (*LDA)(nil)
	_ learner.Coefficienter = (*LDA)(nil)
	_ learner.Snapshotter   = (*LDA)(nil)
	_ learner.Convergent    = (*LDA)(nil)
)
