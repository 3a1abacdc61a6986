package bayes

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("multinomial-nb", registry.Entry[MultinomialParams, *Multinomial]{
		Task: learner.Classification, Summary: "Naive Bayes for features that are counts or shares, none of them negative.",
		Reference: "McCallum and Nigam 1998; Manning, Raghavan and Schütze 2008, section 13.2", Traits: learner.Traits{KeepsScale: true}, New: NewMultinomial,
	})
}

// MultinomialParams are the parameters of multinomial-nb.
type MultinomialParams struct {
	Alpha    float64 `json:"alpha" default:"1" validate:"gte=0"`
	FitPrior bool    `json:"fit_prior" default:"true"`
}

// Multinomial takes a row to be draws, with replacement, from an urn that its
// class has filled; the features count what was drawn.
type Multinomial struct {
	params MultinomialParams
	fitted MultinomialParams // what model was made with
	tally  tally             // counts are the sums of the features
	model  *posterior
}

// NewMultinomial makes an unfitted classifier. The error is a *learner.ParamError.
func NewMultinomial(p MultinomialParams, _ learner.Env) (*Multinomial, error) {
	if err := checkAlpha(p.Alpha); err != nil {
		return nil, err
	}
	return &Multinomial{params: p}, nil
}

// Fit adds up each feature in each class: a training by sums, in one part. A negative value is a
// *learner.DataError, as it is in Predict and PredictProba.
func (m *Multinomial) Fit(ctx context.Context, train learner.Dataset) error {
	return fitBySums(ctx, m, train)
}

// Start is the empty state.
func (*Multinomial) Start(s learner.Schema) ([]float64, error) { return start(s) }

// Shape is a sum of the weights of each class, then one for each feature of each class.
func (*Multinomial) Shape(s learner.Schema, _ []float64) (counts, reals int) { return tallyShape(s) }

// Part checks the rows: no value may be negative or, also times its row's weight, more than exact.Largest.
func (m *Multinomial) Part(_ context.Context, rows learner.Dataset) (learner.Part, error) {
	return partOf(m, rows)
}

func (*Multinomial) part(rows learner.Dataset) (learner.Part, error) {
	if err := notNegative(rows.X, rows.Features); err != nil {
		return nil, err
	}
	if err := checkWeights(rows); err != nil {
		return nil, err
	}
	for i := range rows.Len() {
		limit := exact.Largest / max(rows.Weight(i), 1)
		for j, v := range rows.X.RawRowView(i) {
			if v > limit {
				return nil, tooLarge(rows, i, j, v)
			}
		}
	}
	return &tallyPart{rows, func(v float64) float64 { return v }}, nil
}

// Advance makes the last state: the weights of the classes and what their features count.
func (m *Multinomial) Advance(_ context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	next, err := advanceTally(s, state, sums)
	if err != nil {
		return learner.Advance{}, err
	}
	_, err = m.tallyOf(s, next.State)
	return next, err
}

// SetState makes the model of the last state.
func (m *Multinomial) SetState(s learner.Schema, state []float64) error {
	t, err := m.tallyOf(s, state)
	if err != nil {
		return err
	}
	m.set(m.params, t)
	return nil
}

// tallyOf is the tally of a state, if the shares of its features can be told.
func (m *Multinomial) tallyOf(s learner.Schema, state []float64) (tally, error) {
	t, err := tallyOf(s, state)
	if err != nil {
		return tally{}, err
	}
	for c := range t.weights {
		if math.IsInf(t.sum(c, m.params.smoothing()), 1) {
			return tally{}, &learner.DataError{Row: -1, Column: -1,
				Reason: fmt.Sprintf("the features of class %s, and alpha, add up to more than a float can hold: scale them down", s.Classes[c])}
		}
	}
	return t, nil
}

func (p MultinomialParams) smoothing() float64 { return max(p.Alpha, smallestAlpha) }

// sum is what all features of class c count, with alpha for each.
func (t tally) sum(c int, alpha float64) float64 {
	var sum float64
	for _, v := range t.class(c) {
		sum += v
	}
	return sum + alpha*float64(t.cols())
}

func notNegative(x *mat.Dense, names []string) error {
	rows, _ := x.Dims()
	for i := range rows {
		for j, v := range x.RawRowView(i) {
			if v < 0 {
				e := &learner.DataError{Row: i, Column: j, Reason: fmt.Sprintf("the value is %v: multinomial-nb counts, and a count cannot be negative", v)}
				if names != nil {
					e.Name = names[j]
				}
				return e
			}
		}
	}
	return nil
}

// set makes the model from what was fitted or stored.
func (m *Multinomial) set(p MultinomialParams, t tally) {
	l := &urns{cols: t.cols(), shares: make([]float64, len(t.counts))}
	alpha := p.smoothing()
	for c := range t.weights {
		whole := math.Log(t.sum(c, alpha))
		for j, v := range t.class(c) {
			l.shares[c*l.cols+j] = math.Log(v+alpha) - whole
		}
	}
	m.fitted, m.tally = p, t
	m.model = &posterior{likelihood: l, prior: logPrior(t.weights, p.FitPrior)}
}

// urns is the likelihood of draws, but for a factor that all classes share.
type urns struct {
	cols   int
	shares []float64 // classes x features: the logarithm of a feature's share in the class's urn
}

func (l *urns) width() int { return l.cols }

func (*urns) check(x *mat.Dense) error { return notNegative(x, nil) }

func (l *urns) add(row, sums []float64) {
	for c := range sums {
		var sum float64
		for j, share := range l.shares[c*l.cols:][:len(row)] {
			sum += float64(row[j] * share)
		}
		sums[c] += sum
	}
}

// Predict answers the likeliest class of each row of x.
func (m *Multinomial) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	return m.model.predict(ctx, x)
}

// PredictProba answers rows x classes probabilities.
func (m *Multinomial) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	return m.model.proba(ctx, x)
}

const multinomialKind = "bayes.multinomial"

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Multinomial) MarshalBinary() ([]byte, error) {
	if m.model == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(multinomialKind, 1)
	w.Float(m.fitted.Alpha)
	w.Bool(m.fitted.FitPrior)
	m.tally.write(w)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored. The model predicts with
// the parameters it was fitted with; the next Fit uses the learner's own.
func (m *Multinomial) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, multinomialKind, 1)
	if err != nil {
		return err
	}
	p := MultinomialParams{Alpha: r.Float(), FitPrior: r.Bool()}
	if err := checkAlpha(p.Alpha); err != nil {
		r.Failf("%v", err)
	}
	t := readTally(r)
	for c := range t.weights {
		if r.Err() == nil && math.IsInf(t.sum(c, p.smoothing()), 1) {
			r.Failf("class %d adds up to infinity", c)
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.set(p, t)
	return nil
}

var (
	_ learner.Classifier  = (*Multinomial)(nil)
	_ learner.Summable    = (*Multinomial)(nil)
	_ learner.Snapshotter = (*Multinomial)(nil)
)
