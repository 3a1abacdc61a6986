// Package worker is the worker of an aggregation: it fits any learner on its own rows and predicts
// with it.
package worker

import (
	"sync"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

func init() {
	node.RegisterRole(node.Role{Name: aggregation.Role, New: newModel})
}

// model is the model worker. A fit makes a new learner and does not touch those in service. With a fit
// ID the new one is staged, and goes into service when it is committed; the previous one is kept until
// the next fit, so that a commit can be undone, and running predictions finish with the model they
// began with. A stored model that is taken back is staged too, beside that of a fit: the master may bring the
// worker to the model in service while it fits the next one.
type model struct {
	*node.Node
	fitting sync.Mutex // one fit at a time

	mu       sync.Mutex
	serving  *fitted
	previous *fitted
	staged   []*fitted // at most mostStaged, the latest last
}

// mostStaged is how many models may wait for their commit: one of a fit, and one that is taken back.
const mostStaged = 2

// fitted is a fitted learner; it is immutable.
type fitted struct {
	fitID    string // empty if fitted directly
	learner  learner.Estimator
	classes  []learner.Label
	features []string // that the learner sees
	seconds  float64
	outOfBag *api.OutOfBag // nil without a bootstrap

	columns     []string             // of the rows as they come
	preparation *prepare.Preparation // makes the features of them; nil if they are the features

	rows        int // that it was fitted to
	rowsSum     string
	agreed      string // aggregation.FitRequest.Sum
	convergence *learner.Convergence
}

var _ node.Worker = (*model)(nil)

func newModel(spec node.Spec, info registry.Info, r *registry.Registry, o node.Options) (node.Worker, error) {
	n, err := node.New(spec, info, r, o, "Fits "+spec.Learner+" on its own rows and predicts with it.")
	if err != nil {
		return nil, err
	}
	w := &model{Node: n}
	n.OnStatus(w.addState)
	w.mountFit()
	w.mountPredict()
	w.mountExplain()
	w.mountSnapshot()
	return w, nil
}

// addState adds the model to the worker's status.
func (w *model) addState(s *api.WorkerStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.serving != nil {
		s.Fitted, s.FitID, s.FitTime = true, w.serving.fitID, w.serving.seconds
	}
	if n := len(w.staged); n > 0 {
		s.Staged = w.staged[n-1].fitID
	}
}
