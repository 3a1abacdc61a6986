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
	registry.Register("bernoulli-nb", registry.Entry[BernoulliParams, *Bernoulli]{
		Task: learner.Classification, Summary: "Naive Bayes for features that are yes or no.",
		Reference: "McCallum and Nigam 1998; Manning, Raghavan and Schütze 2008, section 13.3", Traits: learner.Traits{KeepsScale: true}, New: NewBernoulli,
	})
}

// BernoulliParams are the parameters of bernoulli-nb.
type BernoulliParams struct {
	Alpha    float64 `json:"alpha" default:"1" validate:"gte=0"`
	Binarize float64 `json:"binarize" default:"0"`
	FitPrior bool    `json:"fit_prior" default:"true"`
}

// Bernoulli takes every feature to be a coin, tossed apart from the others.
type Bernoulli struct {
	params BernoulliParams
	fitted BernoulliParams // what model was made with
	tally  tally           // counts are the yeses
	model  *posterior
}

// NewBernoulli makes an unfitted classifier. The error is a *learner.ParamError.
func NewBernoulli(p BernoulliParams, _ learner.Env) (*Bernoulli, error) {
	if err := checkAlpha(p.Alpha); err != nil {
		return nil, err
	}
	if !numeric.IsFinite(p.Binarize) {
		return nil, &learner.ParamError{Param: "binarize", Reason: "must be a finite number"}
	}
	return &Bernoulli{params: p}, nil
}

// Fit counts the yeses of each feature in each class: a training by sums, in one part.
func (b *Bernoulli) Fit(ctx context.Context, train learner.Dataset) error {
	return fitBySums(ctx, b, train)
}

// Start is the empty state.
func (*Bernoulli) Start(s learner.Schema) ([]float64, error) { return start(s) }

// Shape is a sum of the weights of each class, then one for each feature of each class.
func (*Bernoulli) Shape(s learner.Schema, _ []float64) (counts, reals int) { return tallyShape(s) }

// Part checks the rows.
func (b *Bernoulli) Part(_ context.Context, rows learner.Dataset) (learner.Part, error) {
	return partOf(b, rows)
}

func (b *Bernoulli) part(rows learner.Dataset) (learner.Part, error) {
	if err := checkWeights(rows); err != nil {
		return nil, err
	}
	return &tallyPart{rows, func(v float64) float64 {
		if v > b.params.Binarize {
			return 1
		}
		return 0
	}}, nil
}

// Advance makes the last state: the weights of the classes and what their features count.
func (*Bernoulli) Advance(_ context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	return advanceTally(s, state, sums)
}

// SetState makes the model of the last state.
func (b *Bernoulli) SetState(s learner.Schema, state []float64) error {
	t, err := tallyOf(s, state)
	if err != nil {
		return err
	}
	b.set(b.params, t)
	return nil
}

// set makes the model from what was fitted or stored.
func (b *Bernoulli) set(p BernoulliParams, t tally) {
	l := &coins{cols: t.cols(), threshold: p.Binarize, none: make([]float64, len(t.weights)), yes: make([]float64, len(t.counts))}
	alpha := max(p.Alpha, smallestAlpha)
	for i, yes := range t.counts {
		c := i / l.cols
		no := max(t.weights[c]-yes, 0) // rounding
		l.none[c] += math.Log(no+alpha) - math.Log(t.weights[c]+2*alpha)
		l.yes[i] = math.Log(yes+alpha) - math.Log(no+alpha)
	}
	b.fitted, b.tally = p, t
	b.model = &posterior{likelihood: l, prior: logPrior(t.weights, p.FitPrior)}
}

// coins is the likelihood of independent yes-or-no features.
type coins struct {
	cols      int
	threshold float64
	none      []float64 // one per class: the logarithm of the likelihood of a row without a yes
	yes       []float64 // classes x features: what a yes adds to that
}

func (l *coins) width() int           { return l.cols }
func (*coins) check(*mat.Dense) error { return nil }

func (l *coins) add(row, sums []float64) {
	for c := range sums {
		sum := l.none[c]
		for j, yes := range l.yes[c*l.cols:][:len(row)] {
			if row[j] > l.threshold {
				sum += yes
			}
		}
		sums[c] += sum
	}
}

// Predict answers the likeliest class of each row of x.
func (b *Bernoulli) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	return b.model.predict(ctx, x)
}

// PredictProba answers rows x classes probabilities.
func (b *Bernoulli) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	return b.model.proba(ctx, x)
}

const bernoulliKind = "bayes.bernoulli"

// MarshalBinary stores the fitted model; see package snapshot.
func (b *Bernoulli) MarshalBinary() ([]byte, error) {
	if b.model == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(bernoulliKind, 1)
	w.Float(b.fitted.Alpha)
	w.Float(b.fitted.Binarize)
	w.Bool(b.fitted.FitPrior)
	b.tally.write(w)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored. The model predicts with
// the parameters it was fitted with; the next Fit uses the learner's own.
func (b *Bernoulli) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, bernoulliKind, 1)
	if err != nil {
		return err
	}
	p := BernoulliParams{Alpha: r.Float(), Binarize: r.Float(), FitPrior: r.Bool()}
	if _, err := NewBernoulli(p, learner.Env{}); err != nil {
		r.Failf("%v", err)
	}
	t := readTally(r)
	if err := r.Close(); err != nil {
		return err
	}
	b.set(p, t)
	return nil
}

var (
	_ learner.Classifier  = (*Bernoulli)(nil)
	_ learner.Summable    = (*Bernoulli)(nil)
	_ learner.Snapshotter = (*Bernoulli)(nil)
)
