package master_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/kmeans"
	"github.com/gochimera/chimera/learner/mixture"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/pca"
	"github.com/gochimera/chimera/registry"
)

// bayes is Gaussian naive Bayes in rounds: the first one counts and sums, all others sum the squares of what is left of a feature without its class's
// mean. Each round appends to the state what it has found, so that states grow, as those of a boosting do.
type bayes struct {
	params bayesParams
	s      learner.Schema
	state  []float64 // of the model; nil before the first fit
}

type bayesParams struct {
	Rounds int    `json:"rounds" default:"3" validate:"gte=2" doc:"Of sums."`
	Fail   string `json:"fail" default:"" validate:"omitempty,oneof=advance" doc:"What fails."`
}

// test is a registry with the learner of these tests.
func test() *registry.Registry {
	r := new(registry.Registry)
	registry.RegisterIn(r, "rounds", registry.Entry[bayesParams, *bayes]{
		Task: learner.Classification, Summary: "Gaussian naive Bayes in rounds.", Traits: learner.Traits{KeepsScale: true},
		New: func(p bayesParams, _ learner.Env) (*bayes, error) { return &bayes{params: p}, nil },
	})
	registry.RegisterIn(r, "kmeans", registry.Entry[kmeans.Params, *kmeans.KMeans]{Task: learner.Clustering, Summary: "Clusters.", New: kmeans.New})
	registry.RegisterIn(r, "gaussian-mixture", registry.Entry[mixture.Params, *mixture.Mixture]{Task: learner.Clustering, Summary: "Mixtures.", New: mixture.New})
	registry.RegisterIn(r, "pca", registry.Entry[pca.Params, *pca.PCA]{Task: learner.Decomposition, Summary: "Components.", New: pca.New})
	return r
}

func (b *bayes) Fit(ctx context.Context, train learner.Dataset) error {
	return learner.FitBySums(ctx, b, train)
}

// width is how long what one round finds is: per class its weight, and a number for each feature.
func width(s learner.Schema) int { return len(s.Classes) * (1 + len(s.Features)) }

func (b *bayes) Start(learner.Schema) ([]float64, error) { return []float64{}, nil }

func (b *bayes) Shape(s learner.Schema, _ []float64) (counts, reals int) {
	return len(s.Classes), width(s)
}

func (b *bayes) Part(_ context.Context, rows learner.Dataset) (learner.Part, error) {
	if err := learner.CheckFit(rows, learner.Classification, learner.Traits{}); err != nil {
		return nil, err
	}
	for i := range rows.Len() {
		for j, v := range rows.X.RawRowView(i) {
			if math.Abs(v) > 1e100 {
				return nil, &learner.DataError{Row: i, Column: j, Reason: "a number whose square is too large"}
			}
		}
	}
	return part{rows}, nil
}

type part struct{ rows learner.Dataset }

func (p part) Sum(ctx context.Context, state []float64, into *learner.Sums) error {
	features := len(p.rows.Features)
	for i, y := range p.rows.Y {
		if p.rows.Weight(i) == 0 {
			continue
		}
		c := int(y)
		at := c * (1 + features)
		into.Counts[c]++
		into.Reals[at].Add(p.rows.Weight(i))
		for j, v := range p.rows.X.RawRowView(i) {
			if len(state) > 0 {
				v -= state[at+1+j]
				v *= v
			}
			into.Reals[at+1+j].AddProduct(p.rows.Weight(i), v)
		}
	}
	return ctx.Err()
}

func (b *bayes) Advance(_ context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	if b.params.Fail == "advance" && len(state) > 0 {
		return learner.Advance{}, errors.New("as the test wants")
	}
	for i := 0; i < len(sums.Reals); i += 1 + len(s.Features) {
		weight := sums.Reals[i].Value()
		if weight < 0 {
			return learner.Advance{}, errors.New("the rows of a class weigh less than nothing")
		}
		state = append(state, weight)
		for j := range s.Features {
			state = append(state, sums.Reals[i+1+j].Value()/max(weight, 1e-300))
		}
	}
	round := len(state) / width(s)
	return learner.Advance{
		State: state, Done: round == b.params.Rounds, Iteration: round, Most: b.params.Rounds, Loss: 1 / float64(round), Why: "max_iter",
	}, nil
}

func (b *bayes) SetState(s learner.Schema, state []float64) error {
	if len(state) != b.params.Rounds*width(s) {
		return fmt.Errorf("a state of %d numbers, want %d", len(state), b.params.Rounds*width(s))
	}
	if !numeric.AllFinite(state) {
		return errors.New("a state with a number that is not finite")
	}
	b.s, b.state = s, slices.Clone(state)
	return nil
}

func (b *bayes) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	if b.state == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, len(b.s.Features), learner.Traits{}); err != nil {
		return nil, err
	}
	n, features := x.Dims()
	proba := mat.NewDense(n, len(b.s.Classes), nil)
	means, variances := b.state[:width(b.s)], b.state[len(b.state)-width(b.s):]
	for i := range n {
		row := proba.RawRowView(i)
		for c := range row {
			at := c * (1 + features)
			row[c] = math.Log(max(means[at], 1e-300))
			for j, v := range x.RawRowView(i) {
				variance := variances[at+1+j] + 1e-9
				off := v - means[at+1+j]
				row[c] -= (math.Log(variance) + off*off/variance) / 2
			}
		}
		most, total := slices.Max(row), 0.0
		for c := range row {
			row[c] = math.Exp(row[c] - most)
			total += row[c]
		}
		for c := range row {
			row[c] /= total
		}
	}
	return proba, nil
}

func (b *bayes) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	proba, err := b.PredictProba(ctx, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	for i := range out {
		row := proba.RawRowView(i)
		out[i] = float64(slices.Index(row, slices.Max(row)))
	}
	return out, nil
}

var (
	_ learner.Summable   = (*bayes)(nil)
	_ learner.Classifier = (*bayes)(nil)
)
