// Package worker is the worker of a parameter server: it keeps a shard of the rows and computes
// gradients on them.
package worker

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

func init() {
	node.RegisterRole(node.Role{Name: parameterserver.Role, New: newSGD})
}

// sgd is the worker of a parameter server: it keeps a shard of the rows. It answers the parameters of
// each step with a gradient, or with the update of a local descent. An answer depends on what the
// master sent at the step and at the beginning of the fit, never on earlier steps, so a worker can be
// left out, restarted and used again.
type sgd struct {
	*node.Node
	epochs atomic.Int64 // fit-steps in JSON, which have no number of their own

	mu      sync.Mutex // held while a session works
	session *session   // of the current fit; nil if there is none
}

var _ node.Worker = (*sgd)(nil)

func newSGD(spec node.Spec, info registry.Info, r *registry.Registry, o node.Options) (node.Worker, error) {
	n, err := node.New(spec, info, r, o, "Computes gradients of "+spec.Learner+" on its own rows.")
	if err != nil {
		return nil, err
	}
	w := &sgd{Node: n}
	node.Handle(n, parameterserver.Moments, w.moments)
	node.Handle(n, parameterserver.Begin, w.begin)
	node.HandleReusing(n, parameterserver.Step, w.step, node.InJSON(parameterserver.PythonStep, w.epoch), node.Describe(
		"A frame is answered with the sum of the rows' gradients, or in mode local with old minus new. "+
			"In JSON, as the Python package sends it: one local epoch from the given parameters, answered with old minus new."))
	node.Handle(n, parameterserver.End, node.Plain(w.end), node.Describe("Frees what the worker keeps for a fit. Ending an unknown fit is not an error."))
	node.Handle(n, parameterserver.Sample, node.Plain(w.sample), node.Describe(
		"Two rows for a regression, five for a classification, and the first row of each class that is not among those."))
	return w, nil
}

// end forgets a fit.
func (w *sgd) end(_ context.Context, in api.CommitRequest) (api.CommitResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session != nil && w.session.FitID == in.FitID {
		w.session = nil
	}
	return api.CommitResponse{FitID: in.FitID}, nil
}
