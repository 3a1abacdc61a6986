package bayes

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("gaussian-nb", registry.Entry[GaussianParams, *Gaussian]{
		Task: learner.Classification, Summary: "Naive Bayes for features that are normal within a class.",
		Reference: "Duda and Hart 1973; from sums: Chu et al. 2006", Traits: learner.Traits{KeepsScale: true}, New: NewGaussian,
	})
}

// GaussianParams are the parameters of gaussian-nb.
type GaussianParams struct {
	VarSmoothing float64 `json:"var_smoothing" default:"1e-9" validate:"gte=0" doc:"added to every variance, as a share of the largest variance of all features"`
}

// Gaussian takes every feature to be normal within a class.
type Gaussian struct {
	params    GaussianParams
	weights   []float64 // one per class
	means     []float64 // classes x features
	variances []float64 // classes x features, smoothed
	model     *posterior
}

// NewGaussian makes an unfitted classifier. The error is a *learner.ParamError.
func NewGaussian(p GaussianParams, _ learner.Env) (*Gaussian, error) {
	if !numeric.IsFinite(p.VarSmoothing) || p.VarSmoothing < 0 {
		return nil, &learner.ParamError{Param: "var_smoothing", Reason: "must be a number >= 0"}
	}
	return &Gaussian{params: p}, nil
}

// Fit computes the mean and the variance of each feature in each class: a training by sums, in one part.
func (g *Gaussian) Fit(ctx context.Context, train learner.Dataset) error {
	return fitBySums(ctx, g, train)
}

// Start is the empty state.
func (*Gaussian) Start(s learner.Schema) ([]float64, error) { return start(s) }

// Shape is, for each class, the sum of the weights, a sum of each feature, and one of the squares of each.
func (*Gaussian) Shape(s learner.Schema, _ []float64) (counts, reals int) {
	return 0, len(s.Classes) * exact.DiagonalLen(1+len(s.Features))
}

// Part checks the rows: no value, also times its row's weight, may be more than exact.LargestFactor in size.
func (g *Gaussian) Part(_ context.Context, rows learner.Dataset) (learner.Part, error) {
	return partOf(g, rows)
}

func (*Gaussian) part(rows learner.Dataset) (learner.Part, error) {
	if err := checkFactors(rows); err != nil {
		return nil, err
	}
	return &momentsPart{rows, byClass(rows), exact.NewDiagonal, exact.DiagonalLen}, nil
}

// Advance makes the last state: the weights of the classes, the means and the smoothed variances, each classes x
// features and rounded once.
func (g *Gaussian) Advance(_ context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	_, reals := g.Shape(s, state)
	if err := checkSums(s, state, sums, reals); err != nil {
		return learner.Advance{}, err
	}
	classes, cols := len(s.Classes), len(s.Features)
	each := exact.DiagonalLen(1 + cols)
	next := make([]float64, classes+2*classes*cols)
	weights, means, variances := next[:classes], next[classes:][:classes*cols], next[classes+classes*cols:]
	all := make([]exact.Sum, each)
	for c := range classes {
		of := sums.Reals[c*each:][:each]
		for i := range of {
			all[i].AddSum(&of[i])
		}
		if weights[c] = of[0].Value(); !(weights[c] >= 0) {
			return learner.Advance{}, fmt.Errorf("class %s weighs %v", s.Classes[c], weights[c])
		}
		if weights[c] == 0 {
			continue
		}
		for j := range cols {
			means[c*cols+j] = exact.Quotient(&of[1+j], &of[0])
			variances[c*cols+j] = variance(of, j, cols)
		}
	}
	var largest float64
	if all[0].Value() > 0 {
		for j := range cols {
			largest = max(largest, variance(all, j, cols))
		}
	}
	if largest == 0 {
		largest = 1 // all features are constant: any variance will do
	}
	for i, v := range variances {
		variances[i] = min(max(v+g.params.VarSmoothing*largest, smallestVariance), math.MaxFloat64)
	}
	return learner.Advance{State: next, Done: true, Loss: math.NaN(), Why: "counted"}, checkState(s, next, 2)
}

// variance is that of feature j of cols features, of sums of some weight.
func variance(of []exact.Sum, j, cols int) float64 {
	squares, _ := exact.Centred(&of[0], &of[1+j], &of[1+j], &of[1+cols+j])
	return max(squares/of[0].Value(), 0)
}

// SetState makes the model of the last state.
func (g *Gaussian) SetState(s learner.Schema, state []float64) error {
	if err := checkState(s, state, 2); err != nil {
		return err
	}
	classes, each := len(s.Classes), len(s.Classes)*len(s.Features)
	weights, means, variances := state[:classes], state[classes:][:each], state[classes+each:]
	for i, v := range variances {
		if v < smallestVariance {
			return fmt.Errorf("variance %d of the state is %v", i, v)
		}
	}
	g.set(slices.Clone(weights), slices.Clone(means), slices.Clone(variances))
	return nil
}

// smallestVariance is what a variance of 0 is taken for, if it is not
// smoothed: its reciprocal still is a number.
const smallestVariance = 0x1p-1022

// set makes the model from what was fitted or stored.
func (g *Gaussian) set(weights, means, variances []float64) {
	cols := len(means) / len(weights)
	l := &normal{cols: cols, means: means, halves: make([]float64, len(variances)), offsets: make([]float64, len(weights))}
	for i, v := range variances {
		l.halves[i] = 1 / (2 * v)
		l.offsets[i/cols] -= (math.Log(2*math.Pi) + math.Log(v)) / 2
	}
	g.weights, g.means, g.variances = weights, means, variances
	g.model = &posterior{likelihood: l, prior: logPrior(weights, true)}
}

// normal is the likelihood of independent normal features.
type normal struct {
	cols    int
	means   []float64 // classes x features
	halves  []float64 // 1 / (2 variance)
	offsets []float64 // one per class: the logarithm of the density at the means
}

func (l *normal) width() int           { return l.cols }
func (*normal) check(*mat.Dense) error { return nil }

func (l *normal) add(row, sums []float64) {
	for c, sum := range sums {
		if math.IsInf(sum, -1) {
			continue
		}
		sum += l.offsets[c]
		means, halves := l.means[c*l.cols:][:len(row)], l.halves[c*l.cols:][:len(row)]
		for j, v := range row {
			d := v - means[j]
			sum -= float64(d * d * halves[j])
		}
		sums[c] = sum
	}
}

// Predict answers the likeliest class of each row of x.
func (g *Gaussian) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	return g.model.predict(ctx, x)
}

// PredictProba answers rows x classes probabilities.
func (g *Gaussian) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	return g.model.proba(ctx, x)
}

const gaussianKind = "bayes.gaussian"

// MarshalBinary stores the fitted model; see package snapshot.
func (g *Gaussian) MarshalBinary() ([]byte, error) {
	if g.model == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(gaussianKind, 1)
	w.Floats(g.weights)
	w.Floats(g.means)
	w.Floats(g.variances)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (g *Gaussian) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, gaussianKind, 1)
	if err != nil {
		return err
	}
	weights, means, variances := readWeights(r), r.FiniteFloats(), r.FiniteFloats()
	if len(means) == 0 || len(weights) == 0 || len(means)%len(weights) != 0 || len(variances) != len(means) {
		r.Failf("%d means and %d variances for %d classes", len(means), len(variances), len(weights))
	}
	for _, v := range variances {
		if v < smallestVariance {
			r.Failf("a variance of %v", v)
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	g.set(weights, means, variances)
	return nil
}

var (
	_ learner.Classifier  = (*Gaussian)(nil)
	_ learner.Summable    = (*Gaussian)(nil)
	_ learner.Snapshotter = (*Gaussian)(nil)
)
