package forest

import (
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/learner/tree"
)

// The names of the stored models and the newest version of their encoding.
const (
	classifierKind  = "forest.classifier"
	regressorKind   = "forest.regressor"
	snapshotVersion = 1
)

func (e *ensemble) marshal(kind string) ([]byte, error) {
	if e == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(kind, snapshotVersion)
	w.Float(e.oob)
	w.Int(len(e.trees))
	for _, t := range e.trees {
		t.Write(w)
	}
	return w.Seal(), nil
}

func unmarshal(data []byte, kind string, task learner.Task) (*ensemble, error) {
	r, err := snapshot.NewReader(data, kind, snapshotVersion)
	if err != nil {
		return nil, err
	}
	e := &ensemble{oob: r.Float()}
	if math.IsInf(e.oob, 0) {
		r.Failf("an out-of-bag score of %v", e.oob)
	}
	n := r.Count(len(data)) // each takes more than a byte
	if n == 0 {
		r.Failf("no trees")
	}
	for i := 0; i < n && r.Err() == nil; i++ {
		t := tree.ReadTree(r, task)
		if i > 0 && (t.Features() != e.trees[0].Features() || t.Outputs() != e.trees[0].Outputs()) {
			r.Failf("tree %d is for other data than the first", i)
		}
		e.trees = append(e.trees, t)
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return e, nil
}
