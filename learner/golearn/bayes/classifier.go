package bayes

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-bernoulli-nb-classifier", registry.Entry[Params, *Classifier]{
		Task: learner.Classification, Summary: "golearn's naive Bayes over bits.",
		Reference: "Manning, Raghavan, Schuetze (2008), Introduction to information retrieval, section 13.3",
		Traits:    traits, New: New,
	})
}

var traits = learner.Traits{WholeWeights: true, KeepsScale: true}

// Params are the parameters of golearn-bernoulli-nb-classifier.
type Params struct {
	Binarize float64 `json:"binarize" default:"0" doc:"a feature is taken as true above this value"`
}

// Classifier is golearn's Bernoulli naive Bayes.
type Classifier struct {
	params Params
	fitted *fitted // nil before Fit
}

// fitted is what a Fit learned. All are logarithms; the lists have one part a
// class shown.
type fitted struct {
	binarize float64
	width    int
	classes  instances.Classes
	prior    []float64 // classes shown
	present  []float64 // classes shown x features: of a bit that is there
	absent   []float64 // and of one that is not
}

// New makes an unfitted classifier.
func New(p Params, _ learner.Env) (*Classifier, error) { return &Classifier{params: p}, nil }

// Fit counts the bits of each class. Row weights must be whole numbers; rows
// are repeated.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	t, err := instances.Prepare(train, learner.Classification)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t.X.Apply(func(_, _ int, v float64) float64 {
		if v > m.params.Binarize {
			return 1
		}
		return 0
	}, t.X)
	learned, err := conditional(ctx, t)
	if err != nil {
		return err
	}
	f := &fitted{binarize: m.params.Binarize, width: t.Width(), classes: t.Classes}
	rows := make([]float64, t.Classes.Len())
	for _, place := range t.Y {
		rows[int(place)]++
	}
	for class, probabilities := range learned {
		f.prior = append(f.prior, math.Log(rows[class]/float64(len(t.Y))))
		for _, p := range probabilities {
			not := 1 - p
			if p == 1 {
				not = 1 / (rows[class] + 1) // as golearn has it: a bit that all rows have may still be absent
			}
			f.present, f.absent = append(f.present, math.Log(p)), append(f.absent, math.Log(not))
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.fitted = f
	return nil
}

// Predict answers the likeliest class, of equal ones the first, one per row.
func (m *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return m.fitted.classes.Predict(ctx, rows, m.fitted.posterior(x))
}

// PredictProba answers the classes' posterior probabilities, rows x classes.
func (m *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return m.fitted.classes.Proba(ctx, rows, m.fitted.posterior(x))
}

func (m *Classifier) check(x *mat.Dense) error {
	if m.fitted == nil {
		return learner.ErrNotFitted
	}
	return learner.CheckPredict(x, m.fitted.width, traits)
}

func (f *fitted) posterior(x *mat.Dense) func(int, []float64) error {
	return func(i int, into []float64) error {
		row := x.RawRowView(i)
		for class := range into {
			score, first := f.prior[class], class*f.width
			for j, v := range row {
				if v > f.binarize {
					score += f.present[first+j]
				} else {
					score += f.absent[first+j]
				}
			}
			into[class] = score
		}
		total := floats.LogSumExp(into)
		for class, score := range into {
			into[class] = math.Exp(score - total)
		}
		return nil
	}
}

const (
	kind            = "golearn.bayes"
	snapshotVersion = 1
	widthLimit      = 1 << 30
)

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Classifier) MarshalBinary() ([]byte, error) {
	f := m.fitted
	if f == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(kind, snapshotVersion)
	w.Float(f.binarize)
	w.Int(f.width)
	f.classes.Write(w)
	w.Floats(f.prior)
	w.Floats(f.present)
	w.Floats(f.absent)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Classifier) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, kind, snapshotVersion)
	if err != nil {
		return err
	}
	f := &fitted{binarize: r.Float(), width: r.Count(widthLimit), classes: instances.ReadClasses(r)}
	f.prior, f.present, f.absent = r.FiniteFloats(), r.FiniteFloats(), r.FiniteFloats()
	n := f.classes.Len()
	if len(f.prior) != n || len(f.present) != n*f.width || len(f.absent) != n*f.width {
		r.Failf("%d, %d and %d values for %d classes and %d features", len(f.prior), len(f.present), len(f.absent), n, f.width)
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.fitted = f
	return nil
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
)
