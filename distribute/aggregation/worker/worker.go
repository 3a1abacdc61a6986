package workers

import (
	"sync"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// model is the model worker. A fit makes a new learner and leaves those that
// serve alone. Under a fit id it is staged, and serves once it is committed;
// the model before it is kept until the next fit, so that a commit can be
// taken back and predictions under way end with the model they began with.
type model struct {
	*node
	fitting sync.Mutex // one fit at a time

	mu       sync.Mutex
	serving  *fitted
	previous *fitted
	staged   *fitted
}

// fitted is a learner after its fit; it does not change.
type fitted struct {
	fitID    string // empty if fitted directly
	learner  learner.Estimator
	classes  []learner.Label
	features []string
	seconds  float64
}

func newModel(spec Spec, info registry.Info, r *registry.Registry, o Options) *model {
	w := &model{node: newNode(spec, info, r, o, "Fits "+spec.Learner+" on its own rows and predicts with it.")}
	w.state = w.addState
	w.mountFit()
	w.mountPredict()
	w.mountDocs()
	return w
}

// addState adds the model to the worker's status.
func (w *model) addState(s *api.WorkerStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.serving != nil {
		s.Fitted, s.FitID, s.FitTime = true, w.serving.fitID, w.serving.seconds
	}
	if w.staged != nil {
		s.Staged = w.staged.fitID
	}
}
