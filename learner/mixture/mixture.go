package mixture

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/kmeans"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("gaussian-mixture", registry.Entry[Params, *Mixture]{
		Task: learner.Clustering, Summary: "A mixture of normal distributions, each of which a row comes from with a probability.",
		Reference: "Dempster, Laird and Rubin 1977", New: New,
	})
}

// Mixture is a mixture of normal distributions, its components.
type Mixture struct {
	params Params
	env    learner.Env
	inner  *kmeans.KMeans // finds where a training begins

	fitted     *mixture // nil before Fit
	total      float64  // the weight of all rows
	bound      float64
	iterations int
	ended      *learner.Convergence
}

// New makes an unfitted model. The error is a *learner.ParamError.
func New(p Params, env learner.Env) (*Mixture, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	m := &Mixture{params: p, env: env}
	var err error
	m.inner, err = m.newInner()
	return m, err
}

// newInner makes the kmeans that finds where a training begins.
func (m *Mixture) newInner() (*kmeans.KMeans, error) {
	return kmeans.New(kmeans.Params{NClusters: m.params.NComponents, MaxIter: 300, Tol: 1e-4},
		learner.Env{Seed: learner.Seed(m.env.Seed, "gaussian-mixture"), Procs: m.env.Procs})
}

// given reports whether all is given that a training begins with.
func (m *Mixture) given() bool {
	return !m.params.WeightsInit.empty() && !m.params.MeansInit.empty() && !m.params.PrecisionsInit.empty()
}

// Fit finds the components.
func (m *Mixture) Fit(ctx context.Context, train learner.Dataset) error {
	if train.Features == nil && train.Len() > 0 {
		_, cols := train.X.Dims()
		train.Features = make([]string, cols) // the training only counts them
	}
	next := &Mixture{params: m.params, env: m.env, inner: m.inner}
	if err := learner.FitBySums(ctx, next, train); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	*m = *next
	return nil
}

// SetState makes the model of the last state of a training.
func (m *Mixture) SetState(schema learner.Schema, numbers []float64) error {
	s, err := decode(slices.Clone(numbers), m.params.CovarianceType, len(schema.Features))
	if err != nil {
		return err
	}
	if s.phase != done {
		return fmt.Errorf("gaussian-mixture: the training is not at its end, so its state is no model")
	}
	m.fitted, m.total, m.bound, m.iterations = &s.mixture, s.total, s.bound, s.iteration
	m.ended = learner.Ended(s.converged, s.iteration, "raise max_iter, or tol")
	return nil
}

// measure calls f with each row's number, its probabilities (valid during the call) and the logarithm of its density.
func (m *Mixture) measure(ctx context.Context, x *mat.Dense, f func(i int, shares []float64, density float64)) error {
	if m.fitted == nil {
		return learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, m.fitted.cols, learner.Traits{}); err != nil {
		return err
	}
	d := newDensity(*m.fitted, m.params.CovarianceType)
	share := make([]float64, d.k)
	poll := learner.NewPoll(ctx, pollBudget)
	rows, _ := x.Dims()
	for i := range rows {
		if err := poll.Work(d.k * d.cols * d.cols); err != nil {
			return err
		}
		d.logs(x.RawRowView(i), share)
		of := shares(share)
		f(i, share, of)
	}
	return nil
}

// Predict answers the index of each row's most probable component, the first of equals.
func (m *Mixture) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	var out []float64
	err := m.measure(ctx, x, func(_ int, shares []float64, _ float64) { out = append(out, float64(numeric.ArgMax(shares))) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// PredictProba answers the probabilities of each row's components, rows x components.
func (m *Mixture) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if m.fitted == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, m.fitted.cols, learner.Traits{}); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	out := mat.NewDense(rows, m.fitted.k, nil)
	if err := m.measure(ctx, x, func(i int, shares []float64, _ float64) { out.SetRow(i, shares) }); err != nil {
		return nil, err
	}
	return out, nil
}

// LogDensity answers the logarithm of the mixture's density at each row.
func (m *Mixture) LogDensity(ctx context.Context, x *mat.Dense) ([]float64, error) {
	var out []float64
	err := m.measure(ctx, x, func(_ int, _ []float64, density float64) { out = append(out, density) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Clusters is how many components there are: n_components, or fewer if the rows have fewer different values.
func (m *Mixture) Clusters() int {
	if m.fitted == nil {
		return 0
	}
	return m.fitted.k
}

// Centers are the means of the components, components x features; nil before Fit.
func (m *Mixture) Centers() *mat.Dense {
	if m.fitted == nil {
		return nil
	}
	return mat.NewDense(m.fitted.k, m.fitted.cols, slices.Clone(m.fitted.means))
}

// Weights are how probable each component is, before a row is seen; nil before Fit.
func (m *Mixture) Weights() []float64 {
	if m.fitted == nil {
		return nil
	}
	return slices.Clone(m.fitted.weights)
}

// ClusterWeights are the weights, as parts of the weight of the rows that the model was fitted to; nil before Fit.
func (m *Mixture) ClusterWeights() []float64 {
	out := m.Weights()
	for c := range out {
		out[c] *= m.total
	}
	return out
}

// Covariances are those of the components, one for all if they are tied; nil before Fit.
func (m *Mixture) Covariances() []*mat.SymDense {
	if m.fitted == nil {
		return nil
	}
	return m.fitted.covariances(m.params.CovarianceType)
}

// LowerBound is the mean log-likelihood of the rows before the last iteration.
func (m *Mixture) LowerBound() float64 { return m.bound }

// Iterations is how many iterations the training took.
func (m *Mixture) Iterations() int { return m.iterations }

// Convergence says whether the log-likelihood came to rest.
func (m *Mixture) Convergence() *learner.Convergence { return m.ended.Clone() }

const snapshotKind = "gaussian-mixture"

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Mixture) MarshalBinary() ([]byte, error) {
	if m.fitted == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(snapshotKind, 1)
	w.String(m.params.CovarianceType)
	w.Int(m.fitted.cols)
	w.Floats((&state{phase: done, iteration: m.iterations, bound: m.bound, total: m.total, mixture: *m.fitted}).encode())
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Mixture) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, snapshotKind, 1)
	if err != nil {
		return err
	}
	covariance, cols, numbers := r.String(), r.Int(), r.FiniteFloats()
	if !slices.Contains([]string{Full, Tied, Diag, Spherical}, covariance) || cols > len(numbers) {
		r.Failf("covariances of type %.20q of %d features", covariance, cols)
	}
	s, err := decode(numbers, covariance, cols)
	switch {
	case err != nil:
		r.Failf("%v", err)
	case s.phase != done:
		r.Failf("it is of a training that is not at its end")
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.params.CovarianceType = covariance
	m.fitted, m.total, m.bound, m.iterations, m.ended = &s.mixture, s.total, s.bound, s.iteration, nil
	return nil
}

var (
	_ learner.Centered    = (*Mixture)(nil)
	_ learner.Denser      = (*Mixture)(nil)
	_ learner.Classifier  = (*Mixture)(nil)
	_ learner.Summable    = (*Mixture)(nil)
	_ learner.Convergent  = (*Mixture)(nil)
	_ learner.Snapshotter = (*Mixture)(nil)
)
