// Package worker is the worker half of the kind pipeline: a stage, which has
// some of a network's layers and trains them with its neighbours.
package worker

import (
	"context"
	"io"
	"sync"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

func init() {
	// one thread more: a stage sends and takes micro-batches while it computes
	node.RegisterRole(node.Role{Name: pipeline.Role, Threads: 1, New: newStage})
}

// stage is the worker of a pipeline: it has some of a network's layers and a
// copy of the rows. In a fit it works off each mini-batch together with its
// neighbours, which it calls and which call it; the master says when. What was
// trained becomes a model beside the one that serves, so a fit that fails on
// any stage leaves the old model whole on all of them.
type stage struct {
	*node.Node
	client *transport.Client // to neighbours

	mu      sync.Mutex
	session *session         // the fit it takes part in; nil if none
	parts   map[string]*part // models, by fit: the one that serves, and one that was just finished
	latest  string           // the fit of the last commit
	over    []string         // fits that ended without a model, so that a begin of theirs that comes late is refused
}

// rememberOver is how many fits that ended without a model are remembered.
const rememberOver = 16

var (
	_ node.Worker = (*stage)(nil)
	_ io.Closer   = (*stage)(nil)
)

func newStage(spec node.Spec, info registry.Info, r *registry.Registry, o node.Options) (node.Worker, error) {
	n, err := node.New(spec, info, r, o, "Trains some of the layers of "+spec.Learner+" on its copy of the rows, and predicts with them.")
	if err != nil {
		return nil, err
	}
	w := &stage{Node: n, client: transport.New(n.Limits().MaxBody), parts: map[string]*part{}}
	n.OnStatus(w.addState)
	w.mountFit()
	w.mountModels()
	return w, nil
}

// mountFit registers what a stage does in a fit.
func (w *stage) mountFit() {
	node.Handle(w.Node, pipeline.Begin, node.Plain(w.begin))
	node.Handle(w.Node, pipeline.Step, node.Plain(w.step))
	node.Handle(w.Node, pipeline.Move, node.Plain(w.move))
	node.Handle(w.Node, pipeline.Evaluate, node.Plain(w.evaluate))
	node.Handle(w.Node, pipeline.MicroBatch, w.microBatch)
	node.Handle(w.Node, pipeline.Look, node.Plain(w.progress))
}

// mountModels registers what becomes of what was trained.
func (w *stage) mountModels() {
	node.Handle(w.Node, pipeline.Finish, node.Plain(w.finish), node.Describe("It can predict from then on, beside the model that serves."))
	node.Handle(w.Node, pipeline.Commit, node.Plain(w.commit), node.Describe("The model of the fit serves; 409 if the worker has none."))
	node.Handle(w.Node, pipeline.Discard, node.Plain(w.discard), node.Describe(
		"Forgetting what the worker does not have is fine; a model that was committed stays."))
	node.HandleRelaying(w.Node, pipeline.Forward, w.predict)
	node.HandleQuery(w.Node, pipeline.Capture, w.capture, node.Describe("Of a fit under way with what its optimiser remembers, else of a model."))
	node.Handle(w.Node, pipeline.Restore, w.restore, node.Largest(mostState))
}

// Close ends a fit under way and drops the connections to neighbours.
func (w *stage) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session != nil {
		w.session.cancel(errReplaced)
	}
	w.client.Close()
	return nil
}

// addState adds the model to the worker's status.
func (w *stage) addState(s *api.WorkerStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.Fitted, s.FitID = w.parts[w.latest] != nil, w.latest
}

// progress tells what the stage is at, which is how a master finds out for
// whom all others wait.
func (w *stage) progress(context.Context, endpoint.None) (pipeline.Progress, error) {
	w.mu.Lock()
	s := w.session
	w.mu.Unlock()
	p := pipeline.Progress{Step: -1}
	if s == nil {
		return p, nil
	}
	p.FitID, p.Working = s.FitID, s.working.Load()
	if d := s.engine.Doing(); d != nil {
		p.Step, p.Micro, p.Back = d.Step, d.Op.Micro, d.Op.Back
		if d.Waiting {
			p.Waiting = s.peer(!d.Op.Back).Worker
		}
	}
	return p, nil
}
