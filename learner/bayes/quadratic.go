package bayes

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("qda-classifier", registry.Entry[QuadraticParams, *Quadratic]{
		Task: learner.Classification, Summary: "Quadratic discriminant analysis: features that are normal together within a class.",
		Reference: "Fisher 1936; Friedman 1989, Regularized discriminant analysis", Traits: learner.Traits{KeepsScale: true}, New: NewQuadratic,
	})
}

// QuadraticParams are the parameters of qda-classifier.
type QuadraticParams struct {
	RegParam float64 `json:"reg_param" default:"0" validate:"gte=0,lte=1" doc:"share of every class's covariances that the identity takes the place of"`
}

// Quadratic takes the features to be normal together within a class, with means and covariances of its own: naive
// Bayes without what is naive in it.
//
// Covariances have the weight of the class less 1 in their denominator, as in scikit-learn. A feature that a class
// does not vary in counts as varying by a billionth of the variance that it has over all classes, and features that
// depend on each other as almost doing so: so far it does not matter which of several classes varies less.
type Quadratic struct {
	params QuadraticParams
	state  []float64
	model  *posterior
}

const (
	// leastShare is the least variance of a feature in a class, as a share of that over all rows.
	leastShare = 1e-9
	// leastDirection is the least variance of any direction, as a share of that of features that are independent.
	leastDirection = 1e-12
)

// NewQuadratic makes an unfitted classifier. The error is a *learner.ParamError.
func NewQuadratic(p QuadraticParams, _ learner.Env) (*Quadratic, error) {
	if !(p.RegParam >= 0 && p.RegParam <= 1) {
		return nil, &learner.ParamError{Param: "reg_param", Reason: "must be a number from 0 to 1"}
	}
	return &Quadratic{params: p}, nil
}

// Fit computes the means and the covariances of each class: a training by sums, in one part.
func (q *Quadratic) Fit(ctx context.Context, train learner.Dataset) error {
	return fitBySums(ctx, q, train)
}

// Start is the empty state.
func (*Quadratic) Start(s learner.Schema) ([]float64, error) { return start(s) }

// Shape is, for each class, the sum of the weights, a sum of each feature, and one of each product of two.
func (*Quadratic) Shape(s learner.Schema, _ []float64) (counts, reals int) {
	return 0, len(s.Classes) * exact.GramLen(1+len(s.Features))
}

// Part checks the rows: no value, also times its row's weight, may be more than exact.LargestFactor in size.
func (q *Quadratic) Part(_ context.Context, rows learner.Dataset) (learner.Part, error) {
	return partOf(q, rows)
}

func (*Quadratic) part(rows learner.Dataset) (learner.Part, error) {
	if err := checkFactors(rows); err != nil {
		return nil, err
	}
	return &momentsPart{rows, byClass(rows), exact.NewGram, exact.GramLen}, nil
}

// Advance makes the last state: the weights of the classes, their means, and, of each class, the logarithm of the
// density at its mean and the features x features matrix that makes a row less the mean of that class one of
// independent features of variance 1.
func (q *Quadratic) Advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	_, reals := q.Shape(s, state)
	if err := checkSums(s, state, sums, reals); err != nil {
		return learner.Advance{}, err
	}
	cols := len(s.Features)
	each := exact.GramLen(1 + cols)
	next := make([]float64, quadraticLen(s))
	parts := splitQuadratic(next, len(s.Classes), cols)
	all := variances(sums.Reals, len(s.Classes), cols)
	for c := range s.Classes {
		if err := ctx.Err(); err != nil {
			return learner.Advance{}, err
		}
		of := sums.Reals[c*each:][:each]
		if parts.weights[c] = of[0].Value(); !(parts.weights[c] >= 0) {
			return learner.Advance{}, fmt.Errorf("class %s weighs %v", s.Classes[c], parts.weights[c])
		}
		if parts.weights[c] == 0 {
			continue
		}
		for j := range cols {
			parts.means[c*cols+j] = exact.Quotient(&of[1+j], &of[0])
		}
		var err error
		if parts.peaks[c], err = whiten(q.covariances(of, cols), all, parts.whitening[c*cols*cols:][:cols*cols]); err != nil {
			return learner.Advance{}, fmt.Errorf("class %s: %w", s.Classes[c], err)
		}
	}
	return learner.Advance{State: next, Done: true, Loss: math.NaN(), Why: "counted"}, checkQuadratic(s, next)
}

// variances are those of the features over the rows of all classes.
func variances(sums []exact.Sum, classes, cols int) []float64 {
	each := exact.GramLen(1 + cols)
	add := func(j, k int) *exact.Sum {
		total := &exact.Sum{}
		for c := range classes {
			total.AddSum(&sums[c*each+exact.GramIndex(1+cols, j, k)])
		}
		return total
	}
	weight := add(0, 0)
	all := make([]float64, cols)
	if !(weight.Value() > 0) {
		return all
	}
	for j := range all {
		total := add(0, 1+j)
		squares, _ := exact.Centred(weight, total, total, add(1+j, 1+j))
		all[j] = max(squares/weight.Value(), 0)
	}
	return all
}

// covariances are those of a class, regularised. A class whose rows weigh no more than one has none.
func (q *Quadratic) covariances(of []exact.Sum, cols int) *mat.SymDense {
	covariances := mat.NewSymDense(cols, nil)
	degrees := of[0].Value() - 1
	for j := range cols {
		for k := j; k < cols; k++ {
			var v float64
			if degrees > 0 {
				v, _ = exact.Centred(&of[0], &of[1+j], &of[1+k], &of[exact.GramIndex(1+cols, 1+j, 1+k)])
				v *= (1 - q.params.RegParam) / degrees
			}
			if j == k {
				v = max(v, 0) + q.params.RegParam
			}
			covariances.SetSym(j, k, v)
		}
	}
	return covariances
}

// whiten writes the matrix that makes features with these covariances independent and of variance 1, and returns the
// logarithm of the density at the mean, but for a constant. all are the features' variances over all classes.
func whiten(covariances *mat.SymDense, all, into []float64) (peak float64, err error) {
	d := len(all)
	deviations := make([]float64, d)
	for j, v := range all {
		v = max(covariances.At(j, j), leastShare*v)
		if v == 0 {
			v = 1 // the feature is constant: any variance will do
		}
		deviations[j] = math.Sqrt(v)
		peak -= math.Log(v) / 2
	}
	correlations := mat.NewSymDense(d, nil)
	for j := range d {
		for k := j + 1; k < d; k++ {
			correlations.SetSym(j, k, covariances.At(j, k)/deviations[j]/deviations[k])
		}
		correlations.SetSym(j, j, 1)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(correlations, true) {
		return 0, errors.New("the covariances have no eigenvalues: rescale the features")
	}
	var directions mat.Dense
	eigen.VectorsTo(&directions)
	for i, v := range eigen.Values(nil) {
		v = max(v, leastDirection)
		peak -= math.Log(v) / 2
		for j := range d {
			into[i*d+j] = directions.At(j, i) / math.Sqrt(v) / deviations[j]
		}
	}
	return peak, nil
}

// quadratic are the parts of a state.
type quadratic struct {
	weights, means, peaks, whitening []float64
}

func quadraticLen(s learner.Schema) int {
	classes, cols := len(s.Classes), len(s.Features)
	return classes * (2 + cols + cols*cols)
}

func splitQuadratic(state []float64, classes, cols int) quadratic {
	means := classes + classes*cols
	return quadratic{state[:classes], state[classes:means], state[means : means+classes], state[means+classes:]}
}

func checkQuadratic(s learner.Schema, state []float64) error {
	if err := checkSchema(s); err != nil {
		return err
	}
	if want := quadraticLen(s); len(state) != want {
		return fmt.Errorf("a state of %d numbers, want %d", len(state), want)
	}
	return checkWeighed(s.Classes, state)
}

// SetState makes the model of the last state.
func (q *Quadratic) SetState(s learner.Schema, state []float64) error {
	if err := checkQuadratic(s, state); err != nil {
		return err
	}
	q.set(slices.Clone(state), len(s.Classes), len(s.Features))
	return nil
}

// set makes the model from what was fitted or stored.
func (q *Quadratic) set(state []float64, classes, cols int) {
	of := splitQuadratic(state, classes, cols)
	q.state = state
	q.model = &posterior{likelihood: &together{cols, of}, prior: logPrior(of.weights, true)}
}

// together is the likelihood of features that are normal together.
type together struct {
	cols int
	quadratic
}

func (l *together) width() int           { return l.cols }
func (*together) check(*mat.Dense) error { return nil }

func (l *together) add(row, sums []float64) {
	for c, sum := range sums {
		if math.IsInf(sum, -1) {
			continue
		}
		means := l.means[c*l.cols:][:len(row)]
		var distance float64
		for i := range row {
			var along float64
			for j, w := range l.whitening[(c*l.cols+i)*l.cols:][:len(row)] {
				along += float64(w * (row[j] - means[j]))
			}
			distance += float64(along * along)
		}
		if sums[c] = sum + l.peaks[c] - distance/2; math.IsNaN(sums[c]) { // the row is too far away for a float64
			sums[c] = math.Inf(-1)
		}
	}
}

// Predict answers the likeliest class of each row of x.
func (q *Quadratic) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	return q.model.predict(ctx, x)
}

// PredictProba answers rows x classes probabilities.
func (q *Quadratic) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	return q.model.proba(ctx, x)
}

const quadraticKind = "bayes.quadratic"

// MarshalBinary stores the fitted model; see package snapshot.
func (q *Quadratic) MarshalBinary() ([]byte, error) {
	if q.model == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(quadraticKind, 1)
	w.Int(len(q.model.prior))
	w.Floats(q.state)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (q *Quadratic) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, quadraticKind, 1)
	if err != nil {
		return err
	}
	classes, state := r.Count(len(data)), r.FiniteFloats()
	cols := 0
	for classes > 0 && classes*(2+cols+cols*cols) < len(state) {
		cols++
	}
	if classes == 0 || cols == 0 || len(state) != classes*(2+cols+cols*cols) {
		r.Failf("%d numbers for %d classes", len(state), classes)
	} else if err := checkWeighed(make([]learner.Label, classes), state); err != nil {
		r.Failf("%v", err)
	}
	if err := r.Close(); err != nil {
		return err
	}
	q.set(state, classes, cols)
	return nil
}

var (
	_ learner.Classifier  = (*Quadratic)(nil)
	_ learner.Summable    = (*Quadratic)(nil)
	_ learner.Snapshotter = (*Quadratic)(nil)
)
