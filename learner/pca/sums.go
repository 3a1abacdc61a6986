package pca

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/numeric"
)

// A state begins with what it asks for: means, or products, of rows less the means that follow, behind the weight of all
// rows; or it is the model. Then come the total variance and the number of components, their variances, and the
// components.
const (
	means    = 0
	products = 1
	model    = 2
)

// largest is the largest value of a feature, and heaviest the largest weight, so that all sums are finite.
const (
	largest  = 0x1p400
	heaviest = 0x1p50
)

// pollBudget is how many products go by between two looks at the context.
const pollBudget = 1 << 20

// Start asks for the means.
func (m *PCA) Start(s learner.Schema) ([]float64, error) {
	cols := len(s.Features)
	if cols == 0 {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: "there are no features to find components of"}
	}
	if n := m.params.NComponents.count; n > cols {
		return nil, &learner.ParamError{Param: "n_components", Reason: fmt.Sprintf("%d components of %d features: want at most as many", n, cols)}
	}
	return []float64{means}, nil
}

// asks is what a state of rows with so many features asks for, or an error.
func asks(state []float64, cols int) (float64, error) {
	switch {
	case !numeric.AllFinite(state):
		return 0, fmt.Errorf("pca: the state has numbers that are not finite")
	case len(state) == 1 && state[0] == means:
		return means, nil
	case len(state) == 2+cols && state[0] == products && state[1] > 0 && floats.Norm(state[2:], math.Inf(1)) <= largest:
		return products, nil
	case len(state) > 3+cols && state[0] == model && state[1] > 0:
		return model, nil
	}
	return 0, fmt.Errorf("pca: %d numbers are no state for %d features", len(state), cols)
}

func shape(asked float64, cols int) (counts, reals int) {
	switch asked {
	case means:
		return 0, 1 + cols
	case products:
		return 0, exact.GramLen(cols)
	default:
		return 0, 0
	}
}

// Shape is how long the sums are that a state asks for.
func (m *PCA) Shape(s learner.Schema, state []float64) (counts, reals int) {
	asked, err := asks(state, len(s.Features))
	if err != nil {
		return 0, 0
	}
	return shape(asked, len(s.Features))
}

// part is rows that learn.
type part struct {
	rows learner.Dataset
	cols int
}

// Part checks rows and prepares to sum over them.
func (m *PCA) Part(ctx context.Context, rows learner.Dataset) (learner.Part, error) {
	if err := learner.CheckPart(rows, learner.Decomposition, learner.Traits{}); err != nil {
		return nil, err
	}
	if err := learner.CheckSize(ctx, rows, largest, heaviest); err != nil {
		return nil, err
	}
	_, cols := rows.X.Dims()
	return &part{rows: rows, cols: cols}, nil
}

// Sum adds the rows, or the products of their features.
func (p *part) Sum(ctx context.Context, state []float64, into *learner.Sums) error {
	asked, err := asks(state, p.cols)
	if err != nil {
		return err
	}
	if counts, reals := shape(asked, p.cols); len(into.Counts) != counts || len(into.Reals) != reals {
		return fmt.Errorf("pca: sums of %d and %d numbers, the state asks for %d and %d", len(into.Counts), len(into.Reals), counts, reals)
	}
	if asked == model {
		return ctx.Err()
	}
	work := p.cols
	var gram *exact.Gram
	if asked == products {
		work *= p.cols
		gram = exact.NewGram(p.cols, into.Reals)
	}
	poll := learner.NewPoll(ctx, pollBudget)
	centred := make([]float64, p.cols)
	for i := range p.rows.Len() {
		if err := poll.Work(work); err != nil {
			return err
		}
		row, w := p.rows.X.RawRowView(i), p.rows.Weight(i)
		switch {
		case w == 0:
		case asked == means:
			into.Reals[0].Add(w)
			for j, v := range row {
				into.Reals[1+j].AddProduct(w, v)
			}
		default:
			for j, v := range row {
				centred[j] = v - state[2+j]
			}
			gram.Add(w, centred...)
		}
	}
	if gram != nil {
		gram.Flush()
	}
	return nil
}

// Advance makes means of the first sums, and the components of the second.
func (m *PCA) Advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	cols := len(s.Features)
	asked, err := asks(state, cols)
	if err != nil {
		return learner.Advance{}, err
	}
	if counts, reals := shape(asked, cols); asked == model || len(sums.Counts) != counts || len(sums.Reals) != reals {
		return learner.Advance{}, fmt.Errorf("pca: sums of %d and %d numbers do not belong to the state", len(sums.Counts), len(sums.Reals))
	}
	out := learner.Advance{Loss: math.NaN()}
	if asked == means {
		weight := sums.Reals[0].Value()
		if weight <= 0 {
			return learner.Advance{}, &learner.DataError{Row: -1, Column: -1, Name: "weight", Reason: "all row weights are 0"}
		}
		out.State = append(out.State, products, weight)
		for j := range cols {
			out.State = append(out.State, exact.Quotient(&sums.Reals[1+j], &sums.Reals[0]))
		}
		return out, nil
	}
	if err := ctx.Err(); err != nil {
		return learner.Advance{}, err
	}
	f, err := m.components(sums.Reals, state[1], slices.Clone(state[2:]))
	if err != nil {
		return learner.Advance{}, err
	}
	out.State, out.Done, out.Why = f.encode(), true, "the components are known"
	return out, nil
}

// components makes the model of the products of centred features.
func (m *PCA) components(sums []exact.Sum, weight float64, mean []float64) (*fitted, error) {
	cols := len(mean)
	over := weight - 1 // as for rows, which weights count
	if over <= 0 {
		over = weight
	}
	covariance := mat.NewSymDense(cols, nil)
	for j := range cols {
		for k := j; k < cols; k++ {
			covariance.SetSym(j, k, sums[exact.GramIndex(cols, j, k)].Value()/over)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: "the components could not be computed: scale the features"}
	}
	variances := eigen.Values(nil) // ascending
	slices.Reverse(variances)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	f := &fitted{weight: weight, mean: mean}
	const epsilon = 0x1p-52
	rank := 0
	for i, v := range variances {
		if v <= float64(cols)*epsilon*variances[0] {
			variances[i] = 0
			continue
		}
		rank++
		f.total += v
	}
	f.variances = variances[:m.params.NComponents.of(variances, rank)]
	for i := range f.variances {
		vector := mat.Col(nil, cols-1-i, &vectors)
		if most := numeric.ArgMax(absolute(vector)); vector[most] < 0 {
			floats.Scale(-1, vector)
		}
		f.vectors = append(f.vectors, vector)
	}
	return f, nil
}

func absolute(vector []float64) []float64 {
	out := make([]float64, len(vector))
	for j, v := range vector {
		out[j] = math.Abs(v)
	}
	return out
}
