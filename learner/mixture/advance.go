package mixture

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// Start asks what kmeans asks first, or begins with what is given.
func (m *Mixture) Start(s learner.Schema) ([]float64, error) {
	cols := len(s.Features)
	if cols == 0 {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: "there are no features to tell rows apart by"}
	}
	if err := m.params.fits(cols); err != nil {
		return nil, err
	}
	if m.given() {
		next := &state{phase: em, mixture: mixture{k: m.params.NComponents, cols: cols}}
		if err := m.begin(next); err != nil {
			return nil, err
		}
		return next.encode(), nil
	}
	inner, err := m.inner.Start(s)
	if err != nil {
		return nil, err
	}
	return (&state{phase: clusters, inner: inner}).encode(), nil
}

// Shape is how long the sums are that a state asks for, 0 for one that is none.
func (m *Mixture) Shape(schema learner.Schema, numbers []float64) (counts, reals int) {
	s, err := decode(numbers, m.params.CovarianceType, len(schema.Features))
	switch {
	case err != nil:
		return 0, 0
	case s.phase == clusters:
		return m.inner.Shape(schema, s.inner)
	}
	return s.shape(m.params.CovarianceType)
}

// Advance takes the training to its next phase, or to the next iteration.
func (m *Mixture) Advance(ctx context.Context, schema learner.Schema, numbers []float64, sums *learner.Sums) (learner.Advance, error) {
	s, err := decode(numbers, m.params.CovarianceType, len(schema.Features))
	if err != nil {
		return learner.Advance{}, err
	}
	out := learner.Advance{Loss: math.NaN(), Most: m.params.MaxIter}
	if s.phase == clusters {
		out.State, err = m.cluster(ctx, schema, s, sums)
		return out, err
	}
	if counts, reals := s.shape(m.params.CovarianceType); s.phase == done || len(sums.Counts) != counts || len(sums.Reals) != reals {
		return learner.Advance{}, fmt.Errorf("gaussian-mixture: sums of %d and %d numbers do not belong to the state", len(sums.Counts), len(sums.Reals))
	}
	if err := ctx.Err(); err != nil {
		return learner.Advance{}, err
	}
	next, err := m.maximise(s, sums)
	if err != nil {
		return learner.Advance{}, err
	}
	if next.phase = em; s.phase == hard {
		if err := m.begin(next); err != nil {
			return learner.Advance{}, err
		}
		out.State = next.encode()
		return out, nil
	}
	next.iteration, next.bound = s.iteration+1, exact.Quotient(&sums.Reals[sumOfLogs], &sums.Reals[sumOfWeights])
	next.converged = next.iteration > 1 && math.Abs(next.bound-s.bound) < m.params.Tol
	out.Iteration, out.Loss, out.Why = next.iteration, -next.bound, "max_iter"
	if next.converged {
		out.Why = "tol"
	}
	if out.Done = next.converged || next.iteration >= m.params.MaxIter; out.Done {
		next.phase = done
	}
	out.State = next.encode()
	return out, nil
}

// cluster takes kmeans a step further. Of its last state it makes one of the phase hard.
func (m *Mixture) cluster(ctx context.Context, schema learner.Schema, s *state, sums *learner.Sums) ([]float64, error) {
	step, err := m.inner.Advance(ctx, schema, s.inner, sums)
	if err != nil {
		return nil, err
	}
	if !step.Done {
		return (&state{phase: clusters, inner: step.State}).encode(), nil
	}
	found, err := m.newInner()
	if err != nil {
		return nil, err
	}
	if err := found.SetState(schema, step.State); err != nil {
		return nil, err
	}
	k := found.Clusters()
	if p := m.params; k < p.NComponents && len(p.WeightsInit.values)+len(p.MeansInit.values)+len(p.PrecisionsInit.values) > 0 {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf(
			"the rows have only %d clusters, and a beginning is given for %d components: give all of weights_init, means_init and precisions_init", k, p.NComponents)}
	}
	return (&state{phase: hard, mixture: mixture{k: k, cols: len(schema.Features), means: found.Centers().RawMatrix().Data}}).encode(), nil
}

// begin puts what is given in place of what the clusters have.
func (m *Mixture) begin(s *state) error {
	if given := m.params.WeightsInit; !given.empty() {
		s.weights = given.values
	}
	if given := m.params.MeansInit; !given.empty() {
		s.means = given.values
	}
	given := m.params.PrecisionsInit
	if given.empty() {
		return nil
	}
	s.whitening = make([]float64, 0, len(given.values))
	if c := m.params.CovarianceType; c == Diag || c == Spherical {
		for _, v := range given.values {
			if v <= 0 {
				return &learner.ParamError{Param: "precisions_init", Reason: fmt.Sprintf("the precision %v is not above 0", v)}
			}
			s.whitening = append(s.whitening, math.Sqrt(v))
		}
		return nil
	}
	for rest := given.values; len(rest) > 0; rest = rest[s.cols*s.cols:] {
		var upper []float64
		var ok bool
		if upper, ok = whitenedBy(rest[:s.cols*s.cols], s.cols); !ok {
			return &learner.ParamError{Param: "precisions_init", Reason: "a matrix is not symmetric and positive definite"}
		}
		s.whitening = append(s.whitening, upper...)
	}
	return nil
}

// whitenedBy is the upper triangular matrix whose product with its transpose is a precision.
func whitenedBy(precision []float64, cols int) ([]float64, bool) {
	covariance := mat.NewSymDense(cols, nil)
	for i := range cols {
		for j := i; j < cols; j++ {
			a, b := precision[i*cols+j], precision[j*cols+i]
			if math.Abs(a-b) > 1e-8*max(math.Abs(a), math.Abs(b)) {
				return nil, false
			}
			covariance.SetSym(i, j, a)
		}
	}
	var c mat.Cholesky
	if !c.Factorize(covariance) {
		return nil, false
	}
	var inverse mat.SymDense
	if c.InverseTo(&inverse) != nil {
		return nil, false
	}
	return whitened(&inverse)
}

// whitened is the upper triangular matrix that makes rows of a covariance independent: the transpose of the inverse of its
// Cholesky factor. It is not ok if the covariance is not positive definite.
func whitened(covariance *mat.SymDense) ([]float64, bool) {
	var c mat.Cholesky
	if !c.Factorize(covariance) {
		return nil, false
	}
	var lower, inverse mat.TriDense
	c.LTo(&lower)
	_ = inverse.InverseTri(&lower) // its error says that few digits are right
	n := covariance.SymmetricDim()
	out := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			v := inverse.At(i, j)
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, false
			}
			out[j*n+i] = v
		}
	}
	return out, true
}

// maximise makes the components of the sums.
func (m *Mixture) maximise(s *state, sums *learner.Sums) (*state, error) {
	next := &state{total: sums.Reals[sumOfWeights].Value(), mixture: mixture{k: s.k, cols: s.cols, means: slices.Clone(s.means)}}
	switch {
	case !(next.total > 0):
		return nil, &learner.DataError{Row: -1, Column: -1, Name: "weight", Reason: "all row weights are 0"}
	case next.total < lightest:
		return nil, &learner.DataError{Row: -1, Column: -1, Name: "weight",
			Reason: fmt.Sprintf("all weights together are %v, which is too little to be told apart: multiply all of them by a number", next.total)}
	}
	n := each(m.params.CovarianceType, s.cols)
	least := 10 * 0x1p-52 * min(next.total, 1) // so that a component without rows has a weight
	var of []moments
	var all float64
	for c := range s.k {
		one := moments{sums: sums.Reals[sumsOfAll+c*n:][:n], cols: s.cols}
		one.weight = max(one.sums[0].Value(), 0) + least
		if one.weight > least {
			for j := range s.cols {
				next.means[c*s.cols+j] += exact.Quotient(&one.sums[1+j], &one.sums[0])
			}
		}
		of = append(of, one)
		all += one.weight
	}
	for _, one := range of {
		next.weights = append(next.weights, one.weight/all)
	}
	return next, m.whiten(next, of, all)
}

// moments are the sums of a component.
type moments struct {
	sums   []exact.Sum
	cols   int
	weight float64
}

// scatter is the sum of the products of two features' differences from the mean.
func (o moments) scatter(i, j, products int) float64 {
	if o.sums[0].Value() <= 0 {
		return 0
	}
	v, _ := exact.Centred(&o.sums[0], &o.sums[1+i], &o.sums[1+j], &o.sums[products])
	return v
}

// whiten makes the whitening of the components' covariances.
func (m *Mixture) whiten(next *state, of []moments, all float64) error {
	collapsed := &learner.DataError{Row: -1, Column: -1, Reason: "a component has collapsed to rows that do not differ in every direction: " +
		"lower n_components, or raise reg_covar"}
	cols, reg := next.cols, m.params.RegCovar
	matrix := func(parts []moments, weight float64) error {
		covariance := mat.NewSymDense(cols, nil)
		for i := range cols {
			for j := i; j < cols; j++ {
				var v float64
				for _, o := range parts {
					v += o.scatter(i, j, exact.GramIndex(1+cols, 1+i, 1+j))
				}
				if v /= weight; i == j {
					v += reg
				}
				covariance.SetSym(i, j, v)
			}
		}
		upper, ok := whitened(covariance)
		if !ok {
			return collapsed
		}
		next.whitening = append(next.whitening, upper...)
		return nil
	}
	switch m.params.CovarianceType {
	case Tied:
		return matrix(of, all)
	case Full:
		for _, o := range of {
			if err := matrix([]moments{o}, o.weight); err != nil {
				return err
			}
		}
		return nil
	}
	for _, o := range of {
		variances := make([]float64, cols)
		var mean float64
		for j := range variances {
			variances[j] = max(o.scatter(j, j, 1+cols+j), 0)/o.weight + reg
			mean += variances[j] / float64(cols)
		}
		if m.params.CovarianceType == Spherical {
			variances = []float64{mean}
		}
		for _, v := range variances {
			if !(v > 0) || math.IsInf(1/math.Sqrt(v), 1) {
				return collapsed
			}
			next.whitening = append(next.whitening, 1/math.Sqrt(v))
		}
	}
	return nil
}
