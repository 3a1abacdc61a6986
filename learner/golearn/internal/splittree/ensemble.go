package splittree

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/snapshot"
)

// Ensemble is a classifier of one or more trees: its probabilities are the
// mean of the trees' leaves. Learners embed it.
type Ensemble struct {
	kind    string // of its snapshots
	width   int
	classes instances.Classes
	trees   []*Tree // none before Fit
}

// Unfitted makes an ensemble that is not fitted; kind names its snapshots.
func Unfitted(kind string) Ensemble { return Ensemble{kind: kind} }

// Replace gives e what a Fit learned: trees over width features whose leaves
// hold a share for each class shown.
func Replace(e *Ensemble, width int, classes instances.Classes, trees []*Tree) {
	*e = Ensemble{kind: e.kind, width: width, classes: classes, trees: trees}
}

// Predict answers the likeliest class, of equal ones the first, one per row.
func (e *Ensemble) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if err := e.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return e.classes.Predict(ctx, rows, e.shares(x))
}

// PredictProba answers rows x classes probabilities.
func (e *Ensemble) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	if err := e.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return e.classes.Proba(ctx, rows, e.shares(x))
}

func (e *Ensemble) check(x *mat.Dense) error {
	if len(e.trees) == 0 {
		return learner.ErrNotFitted
	}
	return learner.CheckPredict(x, e.width, learner.Traits{})
}

func (e *Ensemble) shares(x *mat.Dense) func(int, []float64) error {
	return func(i int, into []float64) error {
		row := x.RawRowView(i)
		for _, t := range e.trees {
			for c, v := range t.Values(row) {
				into[c] += v
			}
		}
		for c := range into {
			into[c] /= float64(len(e.trees))
		}
		return nil
	}
}

const (
	snapshotVersion = 1
	widthLimit      = 1 << 30 // of a stored model; it is only a number to compare with
)

// MarshalBinary stores the fitted model; see package snapshot.
func (e *Ensemble) MarshalBinary() ([]byte, error) {
	if len(e.trees) == 0 {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(e.kind, snapshotVersion)
	w.Int(e.width)
	e.classes.Write(w)
	w.Int(len(e.trees))
	for _, t := range e.trees {
		t.Write(w)
	}
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (e *Ensemble) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, e.kind, snapshotVersion)
	if err != nil {
		return err
	}
	width, classes := r.Count(widthLimit), instances.ReadClasses(r)
	n := r.Count(len(data))
	var trees []*Tree
	for range n {
		if r.Err() != nil {
			break
		}
		trees = append(trees, ReadTree(r, width, classes.Len(), func(share float64) bool { return share >= 0 && share <= 1 }))
	}
	if n == 0 {
		r.Failf("no trees")
	}
	if err := r.Close(); err != nil {
		return err
	}
	Replace(e, width, classes, trees)
	return nil
}
