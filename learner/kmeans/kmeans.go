package kmeans

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("kmeans", registry.Entry[Params, *KMeans]{
		Task: learner.Clustering, Summary: "Clusters around means: each row belongs to the nearest center, each center is the mean of its rows.",
		Reference: "Lloyd 1957; k-means||: Bahmani et al. 2012", New: New,
	})
}

// KMeans puts rows into clusters, each around the mean of its rows.
type KMeans struct {
	params Params
	env    learner.Env

	centers    [][]float64 // nil before Fit
	near       points      // the centers
	weights    []float64   // of the rows of each cluster
	inertia    float64
	iterations int
	ended      *learner.Convergence
}

// New makes an unfitted model. The error is a *learner.ParamError.
func New(p Params, env learner.Env) (*KMeans, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return &KMeans{params: p, env: env}, nil
}

// Fit finds clusters.
func (m *KMeans) Fit(ctx context.Context, train learner.Dataset) error {
	if train.Features == nil && train.Len() > 0 {
		_, cols := train.X.Dims()
		train.Features = make([]string, cols) // the training only counts them
	}
	next := &KMeans{params: m.params, env: m.env}
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
func (m *KMeans) SetState(schema learner.Schema, numbers []float64) error {
	s, err := decode(numbers, len(schema.Features))
	if err != nil {
		return err
	}
	if s.phase != done {
		return fmt.Errorf("kmeans: the training is not at its end, so its state is no model")
	}
	centers := make([][]float64, len(s.points))
	for c, p := range s.points {
		centers[c] = slices.Clone(p)
	}
	m.set(centers, slices.Clone(s.weights), s.potential, s.iteration)
	m.ended = learner.Ended(s.converged, s.iteration, "raise max_iter, or tol")
	if n := len(centers); n < m.params.NClusters && m.env.Log != nil {
		m.env.Log.Warn("fewer clusters than n_clusters: the rows have no more different values, or no row stayed near a center",
			"clusters", n, "n_clusters", m.params.NClusters)
	}
	return nil
}

func (m *KMeans) set(centers [][]float64, weights []float64, inertia float64, iterations int) {
	m.centers, m.near, m.weights, m.inertia, m.iterations, m.ended = centers, newPoints(centers), weights, inertia, iterations, nil
}

// Predict answers the index of the cluster whose center is nearest to each row of x.
func (m *KMeans) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if m.centers == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, m.near.cols, learner.Traits{}); err != nil {
		return nil, err
	}
	rows, cols := x.Dims()
	out := make([]float64, rows)
	poll := learner.NewPoll(ctx, pollBudget)
	for i := range out {
		if err := poll.Work(cols * m.near.n); err != nil {
			return nil, err
		}
		at, _ := m.near.nearest(x.RawRowView(i))
		out[i] = float64(at)
	}
	return out, nil
}

// Clusters is how many clusters there are: n_clusters, or fewer if the rows have fewer different values.
func (m *KMeans) Clusters() int { return len(m.centers) }

// Centers are the means of the clusters, clusters x features; nil before Fit.
func (m *KMeans) Centers() *mat.Dense {
	if m.centers == nil {
		return nil
	}
	out := mat.NewDense(len(m.centers), m.near.cols, nil)
	for c, center := range m.centers {
		out.SetRow(c, center)
	}
	return out
}

// ClusterWeights is how much the rows that the model was fitted to weigh in each cluster; nil before Fit.
func (m *KMeans) ClusterWeights() []float64 { return slices.Clone(m.weights) }

// Inertia is the sum of the squared distances of the rows that the model was fitted to from their centers, each times its
// weight.
func (m *KMeans) Inertia() float64 { return m.inertia }

// Iterations is how often the centers were moved.
func (m *KMeans) Iterations() int { return m.iterations }

// Convergence says whether the centers came to rest.
func (m *KMeans) Convergence() *learner.Convergence { return m.ended.Clone() }

const snapshotKind = "kmeans"

// MarshalBinary stores the fitted model; see package snapshot.
func (m *KMeans) MarshalBinary() ([]byte, error) {
	if m.centers == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(snapshotKind, 1)
	w.Int(len(m.centers))
	w.Floats(slices.Concat(m.centers...))
	w.Floats(m.weights)
	w.Float(m.inertia)
	w.Int(m.iterations)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *KMeans) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, snapshotKind, 1)
	if err != nil {
		return err
	}
	n, values, weights, inertia, iterations := r.Int(), r.FiniteFloats(), r.FiniteFloats(), r.Float(), r.Int()
	if len(weights) != n || n > 0 && slices.Min(weights) < 0 {
		r.Failf("%d clusters, and %d weights, or negative ones", n, len(weights))
	}
	if n < 1 || len(values) == 0 || n > len(values) || len(values)%n != 0 || !(inertia >= 0) || iterations < 0 {
		r.Failf("%d clusters of %d values, inertia %v after %d iterations", n, len(values), inertia, iterations)
	}
	if err := r.Close(); err != nil {
		return err
	}
	var centers [][]float64
	for cols := len(values) / n; len(values) > 0; values = values[cols:] {
		centers = append(centers, values[:cols:cols])
	}
	m.set(centers, weights, inertia, iterations)
	return nil
}

var (
	_ learner.Centered    = (*KMeans)(nil)
	_ learner.Summable    = (*KMeans)(nil)
	_ learner.Convergent  = (*KMeans)(nil)
	_ learner.Snapshotter = (*KMeans)(nil)
)
