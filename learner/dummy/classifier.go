package dummy

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("dummy-classifier", registry.Entry[ClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "Baseline that answers the largest class, whatever the features.",
		Traits: traits, New: NewClassifier,
	})
}

// ClassifierParams are the parameters of dummy-classifier.
type ClassifierParams struct {
	Strategy string `json:"strategy" default:"prior" validate:"oneof=prior most_frequent"`
}

// Classifier answers the largest class of its training rows; of classes that
// are equally large, the first.
type Classifier struct {
	params ClassifierParams
	width  int
	proba  []float64 // one per class; nil before Fit
	class  int
}

// NewClassifier makes an unfitted classifier.
func NewClassifier(p ClassifierParams, _ learner.Env) (*Classifier, error) {
	return &Classifier{params: p}, nil
}

// Fit adds up the weights of each class.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, traits); err != nil {
		return err
	}
	poll := learner.NewPoll(ctx, pollRows)
	shares := make([]float64, len(train.Classes))
	var total float64
	for i, y := range train.Y {
		if err := poll.Work(1); err != nil {
			return err
		}
		shares[int(y)] += train.Weight(i)
		total += train.Weight(i)
	}
	largest := 0
	for c, s := range shares {
		if s > shares[largest] {
			largest = c
		}
	}
	for c := range shares {
		switch {
		case m.params.Strategy != "most_frequent":
			shares[c] /= total
		case c == largest:
			shares[c] = 1
		default:
			shares[c] = 0
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, m.width = train.X.Dims()
	m.proba, m.class = shares, largest
	return nil
}

// Predict answers the largest class for each row of x.
func (m *Classifier) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if m.proba == nil {
		return nil, learner.ErrNotFitted
	}
	return constantFor(x, m.width, float64(m.class))
}

// PredictProba answers the same probabilities for each row of x: rows x
// classes.
func (m *Classifier) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	if m.proba == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, m.width, traits); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return mat.NewDense(rows, len(m.proba), slices.Repeat(m.proba, rows)), nil
}

const (
	classifierKind  = "dummy.classifier"
	regressorKind   = "dummy.regressor"
	snapshotVersion = 1
	widthLimit      = 1 << 30 // of a stored model; it is only a number to compare with
)

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Classifier) MarshalBinary() ([]byte, error) {
	if m.proba == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(classifierKind, snapshotVersion)
	w.Int(m.width)
	w.Int(m.class)
	w.Floats(m.proba)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Classifier) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, classifierKind, snapshotVersion)
	if err != nil {
		return err
	}
	width, class, proba := r.Count(widthLimit), r.Count(len(data)), r.FiniteFloats()
	if class >= len(proba) {
		r.Failf("class %d of %d", class, len(proba))
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.width, m.class, m.proba = width, class, proba
	return nil
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
)
