package bayes

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("gaussian-nb", registry.Entry[GaussianParams, *Gaussian]{
		Task: learner.Classification, Summary: "Naive Bayes for features that are normal within a class.",
		Reference: "Duda and Hart 1973; running variance: West 1979", Traits: learner.Traits{KeepsScale: true}, New: NewGaussian,
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

// moments are the weighted mean and variance of each column, kept up row by
// row (West 1979).
type moments struct {
	weight        float64
	mean, squares []float64 // squares: the weighted sum of the squared deviations
}

func (m *moments) add(row []float64, w float64) {
	m.weight += w
	share := w / m.weight
	for j, v := range row {
		d := v - m.mean[j]
		m.mean[j] += float64(d * share)
		m.squares[j] += float64(w * d * (v - m.mean[j]))
	}
}

// Fit computes the mean and the variance of each feature in each class.
func (g *Gaussian) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, learner.Traits{}); err != nil {
		return err
	}
	weights, err := classWeights(train)
	if err != nil {
		return err
	}
	_, cols := train.X.Dims()
	classes := len(weights)
	means, variances := make([]float64, classes*cols), make([]float64, classes*cols)
	within := make([]moments, classes)
	for c := range within {
		within[c] = moments{mean: means[c*cols:][:cols], squares: variances[c*cols:][:cols]}
	}
	all := moments{mean: make([]float64, cols), squares: make([]float64, cols)}
	poll := learner.NewPoll(ctx, pollBudget)
	for i, y := range train.Y {
		if err := poll.Work(2 * cols); err != nil {
			return err
		}
		if w := train.Weight(i); w > 0 {
			within[int(y)].add(train.X.RawRowView(i), w)
			all.add(train.X.RawRowView(i), w)
		}
	}
	var largest float64
	for j, s := range all.squares {
		if !(s <= math.MaxFloat64) {
			e := &learner.DataError{Row: -1, Column: j, Reason: "the variance is more than a float can hold: scale the feature down"}
			if train.Features != nil {
				e.Name = train.Features[j]
			}
			return e
		}
		largest = max(largest, s/all.weight)
	}
	if largest == 0 {
		largest = 1 // all features are constant: any variance will do
	}
	for c, w := range weights {
		for j := range cols {
			v := &variances[c*cols+j]
			if w > 0 {
				*v /= w
			}
			*v = min(max(*v+g.params.VarSmoothing*largest, smallestVariance), math.MaxFloat64)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	g.set(weights, means, variances)
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
	_ learner.Snapshotter = (*Gaussian)(nil)
)
