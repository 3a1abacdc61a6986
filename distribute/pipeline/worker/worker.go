// Package worker is the worker of a pipeline: a stage, which has some of a network's layers and trains
// them with its neighbours.
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
	// one additional thread: a stage sends and receives micro-batches while it computes
	node.RegisterRole(node.Role{Name: pipeline.Role, Threads: 1, New: newStage})
}

// stage is the worker of a pipeline: it has some of a network's layers and a copy of the rows. In a
// fit it processes each mini-batch together with its neighbours, which it calls and which call it; the
// master decides when. The trained layers become a model next to the one in service, so a fit that
// fails on any stage leaves the old model intact on all of them.
type stage struct {
	*node.Node
	client *transport.Client // to neighbours

	mu       sync.Mutex
	session  *session         // of the current fit; nil if there is none
	parts    map[string]*part // models, by fit: the one in service, the one before if it was restored, and one that was just finished
	latest   string           // the fit of the last commit
	finishes int              // models that were finished so far
	over     []string         // fits that ended without a model; a begin of theirs that arrives late is refused
}

// rememberOver is the number of fits without a model that are remembered.
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
	if known := n.Identity(); known != nil {
		w.client.Secure(known)
	}
	n.OnStatus(w.addState)
	w.mountFit()
	w.mountModels()
	return w, nil
}

// mountFit registers the operations of a fit.
func (w *stage) mountFit() {
	node.Handle(w.Node, pipeline.Begin, node.Plain(w.begin))
	node.Handle(w.Node, pipeline.Step, node.Plain(w.step))
	node.Handle(w.Node, pipeline.Move, node.Plain(w.move))
	node.Handle(w.Node, pipeline.Evaluate, node.Plain(w.evaluate))
	node.Handle(w.Node, pipeline.MicroBatch, w.microBatch, node.FromWorkers())
	node.Handle(w.Node, pipeline.Look, node.Plain(w.progress))
}

// mountModels registers the operations on trained models.
func (w *stage) mountModels() {
	node.Handle(w.Node, pipeline.Finish, node.Plain(w.finish), node.Describe("The model can then predict, in addition to the one in service."))
	node.Handle(w.Node, pipeline.Commit, node.Plain(w.commit), node.Describe("Puts the model of the fit into service; 409 if the worker does not have it."))
	node.Handle(w.Node, pipeline.Discard, node.Plain(w.discard), node.Describe(
		"Forgetting what the worker does not have is fine; a model that was committed stays."))
	node.HandleRelaying(w.Node, pipeline.Forward, w.predict, node.FromWorkers())
	node.HandleQuery(w.Node, pipeline.Capture, w.capture, node.Describe("Of a fit under way with what its optimiser remembers, else of a model."))
	node.Handle(w.Node, pipeline.Restore, w.restore, node.Largest(mostState))
}

// Close ends a running fit, the connections to neighbours, and what watches the stage.
func (w *stage) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session != nil {
		w.session.cancel(errReplaced)
	}
	w.client.Close()
	return w.Node.Close()
}

// addState adds the model to the worker's status.
func (w *stage) addState(s *api.WorkerStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.Fitted, s.FitID = w.parts[w.latest] != nil, w.latest
}

// progress reports what the stage is doing, so that the master can find out which stage all others
// wait for.
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
	if to := s.handing.Load(); to != nil {
		p.Waiting = to.Worker
	}
	return p, nil
}
