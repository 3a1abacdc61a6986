//go:build cgo

package knn

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

const reference = "Fix, Hodges (1951), Discriminatory analysis: nonparametric discrimination"

func init() {
	registry.Register("golearn-knn-classifier", registry.Entry[Params, *Classifier]{
		Task: learner.Classification, Summary: "k nearest neighbours by golearn's linear search.", Reference: reference,
		Traits: traits, Cgo: true, New: NewClassifier,
	})
}

// Params are the parameters of golearn-knn-classifier and
// golearn-knn-regressor.
type Params struct {
	NNeighbors int `json:"n_neighbors" default:"5" validate:"gte=1" doc:"number of neighbours; all rows if there are fewer"`
}

// Classifier lets the nearest training rows vote. Its probabilities are shares
// of the votes.
type Classifier struct {
	params  Params
	classes instances.Classes
	places  []float64 // of the training rows' classes
	search  *search   // nil before Fit
}

// NewClassifier makes an unfitted classifier.
func NewClassifier(p Params, _ learner.Env) (*Classifier, error) { return &Classifier{params: p}, nil }

// Fit keeps a copy of the rows. Row weights must be whole numbers; rows are
// repeated.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	t, err := checkFit(ctx, train, learner.Classification)
	if err != nil {
		return err
	}
	s, err := newSearch(t.X, m.params.NNeighbors)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.classes, m.places, m.search = t.Classes, t.Y, s
	return nil
}

// Predict answers the class with the most votes.
func (m *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	shares, err := m.shares(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return m.classes.Predict(ctx, rows, shares)
}

// PredictProba answers the shares of the votes, rows x classes.
func (m *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	shares, err := m.shares(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return m.classes.Proba(ctx, rows, shares)
}

func (m *Classifier) shares(ctx context.Context, x *mat.Dense) (func(int, []float64) error, error) {
	if err := m.search.checkPredict(x); err != nil {
		return nil, err
	}
	ask, err := m.search.asker(ctx, x)
	if err != nil {
		return nil, err
	}
	return func(i int, into []float64) error {
		neighbours, err := ask(i)
		if err != nil {
			return err
		}
		for _, n := range neighbours {
			into[int(m.places[n])]++
		}
		for c := range into {
			into[c] /= float64(len(neighbours))
		}
		return nil
	}, nil
}

const classifierKind = "golearn.knn.classifier"

// MarshalBinary stores the fitted model, which is its training rows; see
// package snapshot.
func (m *Classifier) MarshalBinary() ([]byte, error) {
	if m.search == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(classifierKind, snapshotVersion)
	w.Int(m.search.k)
	m.classes.Write(w)
	w.Floats(m.places)
	m.search.write(w)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Classifier) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, classifierKind, snapshotVersion)
	if err != nil {
		return err
	}
	k, classes, places := r.Int(), instances.ReadClasses(r), r.FiniteFloats()
	for i, place := range places {
		if place != math.Trunc(place) || place < 0 || place >= float64(classes.Len()) {
			r.Failf("row %d has class %v of %d", i, place, classes.Len())
			break
		}
	}
	s, err := readSearch(r, k, len(places))
	if err != nil {
		return err
	}
	m.classes, m.places, m.search = classes, places, s
	return nil
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
)
