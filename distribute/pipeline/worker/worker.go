package workers

import (
	"context"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/registry"
)

// stage is the worker of a pipeline: it has some of a network's layers and a
// copy of the rows. In a fit it works off each mini-batch together with its
// neighbours, which it calls and which call it; the master says when. What was
// trained becomes a model beside the one that serves, so a fit that fails on
// any stage leaves the old model whole on all of them.
type stage struct {
	*node
	faults *misbehaviour
	client *transport.Client // to neighbours

	mu      sync.Mutex
	session *stageSession    // the fit it takes part in; nil if none
	parts   map[string]*part // models, by fit: the one that serves, and one that was just finished
	latest  string           // the fit of the last commit
}

func newStage(spec Spec, info registry.Info, r *registry.Registry, o Options) (*stage, error) {
	wrong, err := newMisbehaviour(spec, o)
	if err != nil {
		return nil, err
	}
	w := &stage{
		node:   newNode(spec, info, r, o, "Trains some of the layers of "+spec.Learner+" on its copy of the rows, and predicts with them."),
		faults: wrong, parts: map[string]*part{},
	}
	w.client = transport.New(w.Limits().MaxBody)
	w.state = w.addState
	w.mountFrame(pipeline.PathBegin, "Take part in a fit", w.begin)
	w.mountFrame(pipeline.PathStep, "Work off a mini-batch with the neighbours", w.step)
	w.mountFrame(pipeline.PathMove, "Take the step that was held back", w.move)
	w.mountFrame(pipeline.PathEvaluate, "Score the held-out rows with the neighbours", w.evaluate)
	w.mountFrame(pipeline.PathMicroBatch, "Take a micro-batch from a neighbour", unserved(w.microBatch))
	w.mountFrame(pipeline.PathPredict, "Send rows through this stage and those behind it", w.predict)
	w.mountModels()
	w.mountCheckpoint()
	w.mountProgress()
	w.mountDocs()
	return w, nil
}

// ServeHTTP breaks every connection once the worker has died of its fault.
func (w *stage) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if w.faults.dead.Load() {
		panic(http.ErrAbortHandler)
	}
	switch { // what comes is kept in the memory that it came in
	case r.URL.Path == pipeline.PathMicroBatch && isFrame(r, w.Limits().MaxBody):
		w.serveFrame(rw, r, nil, w.microBatch)
	case r.URL.Path == pipeline.PathCheckpoint && isFrame(r, mostState):
		w.serveFrame(rw, r, nil, w.restore)
	default:
		w.node.ServeHTTP(rw, r)
	}
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

// mountProgress tells what the stage is at, which is how a master finds out
// for whom all others wait.
func (w *stage) mountProgress() {
	rest.Register(w.API, huma.Operation{
		Method: http.MethodGet, Path: pipeline.PathProgress, Summary: "What the stage is at", Tags: []string{"stage"},
	}, func(context.Context, *none) (*output[pipeline.Progress], error) {
		w.mu.Lock()
		s := w.session
		w.mu.Unlock()
		p := pipeline.Progress{Step: -1}
		if s == nil {
			return &output[pipeline.Progress]{p}, nil
		}
		p.FitID, p.Working = s.FitID, s.working.Load()
		if d := s.engine.Doing(); d != nil {
			p.Step, p.Micro, p.Back = d.Step, d.Op.Micro, d.Op.Back
			if d.Waiting {
				p.Waiting = s.peer(!d.Op.Back).Worker
			}
		}
		return &output[pipeline.Progress]{p}, nil
	})
}
