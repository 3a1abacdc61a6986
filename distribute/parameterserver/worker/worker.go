// Package worker is the worker half of the kind parameter-server: a worker
// that keeps a share of the rows and computes gradients on them.
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

// sgd is the worker of a parameter server: it keeps a share of the rows and
// answers the parameters of each step with a gradient on them, or with what
// local descent made of them. An answer depends on what the master sent at the
// step and at the fit's beginning, never on the steps before, so a worker can
// be left out, restarted and used again.
type sgd struct {
	*node.Node
	epochs atomic.Int64 // fit-steps in JSON, which have no number of their own

	mu      sync.Mutex // held while a session works
	session *session   // of the fit under way; nil if none
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
	node.Handle(n, parameterserver.End, node.Plain(w.end), node.Describe("Frees what the worker keeps for a fit. Ending what it does not have is fine."))
	node.Handle(n, parameterserver.Sample, node.Plain(w.sample), node.Describe(
		"Two rows for a regression, five for a classification, and the first row of each class that those lack."))
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
