package workers

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/registry"
)

// sgd is the worker of a parameter server: it keeps a share of the rows and
// answers the parameters of each step with a gradient on them, or with what
// local descent made of them. An answer depends on what the master sent at the
// step and at the fit's beginning, never on the steps before, so a worker can
// be left out, restarted and used again.
type sgd struct {
	*node
	faults *misbehaviour
	epochs atomic.Int64 // fit-steps in JSON, which have no number of their own

	memory sync.Pool // of *stepMemory

	mu      sync.Mutex // held while a session works
	session *session   // of the fit under way; nil if none
}

func newSGD(spec Spec, info registry.Info, r *registry.Registry, o Options) (*sgd, error) {
	wrong, err := newMisbehaviour(spec, o)
	if err != nil {
		return nil, err
	}
	w := &sgd{node: newNode(spec, info, r, o, "Computes gradients of "+spec.Learner+" on its own rows."), faults: wrong}
	w.mountFrame(parameterserver.PathMoments, "Moments of the worker's rows", w.moments)
	w.mountFrame(parameterserver.PathBegin, "Take part in a fit", w.begin)
	w.mountStep()
	w.mountEnd()
	w.mountSample()
	w.mountDocs()
	return w, nil
}

// ServeHTTP breaks every connection once the worker has died of its fault.
func (w *sgd) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if w.faults.dead.Load() {
		panic(http.ErrAbortHandler)
	}
	if r.URL.Path == parameterserver.PathStep && isFrame(r, w.Limits().MaxBody) {
		w.serveStep(rw, r)
		return
	}
	w.node.ServeHTTP(rw, r)
}

// mountStep registers the step: in a frame from our own master, in JSON from
// the Python package's.
func (w *sgd) mountStep() {
	op := huma.Operation{
		Method: http.MethodPost, Path: parameterserver.PathStep, Summary: "One step on the worker's rows", Tags: []string{"sgd"},
		Description: "In JSON, as the Python package sends it: one local epoch from the given parameters, answered with old minus new. Between nodes of ours: a binary frame (" +
			wire.ContentTypeFrame + ") both ways, answered with the sum of the rows' gradients, or in mode local with old minus new.",
		Errors: []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}
	rest.DocumentBody(w.API, &op, parameterserver.FitStepRequest{})
	rest.DocumentAnswer(w.API, &op, parameterserver.FitStepResponse{})
	rest.Register(w.API, op, func(ctx context.Context, in *rest.RawInput) (*bodyOutput, error) {
		handle := w.framedStep
		if !strings.HasPrefix(in.ContentType, wire.ContentTypeFrame) {
			if err := rest.WantJSON(in.ContentType); err != nil {
				return nil, err
			}
			handle = w.epoch
		}
		out, err := handle(ctx, in.RawBody)
		if err != nil {
			return nil, w.problem(err)
		}
		return out, nil
	})
}

func (w *sgd) mountEnd() {
	type endInput struct {
		Body api.CommitRequest
	}
	rest.Register(w.API, huma.Operation{
		Method: http.MethodPost, Path: parameterserver.PathEnd, Summary: "Forget a fit", Tags: []string{"sgd"},
		Description: "Frees what the worker keeps for a fit. Ending what it does not have is fine.",
		Errors:      []int{http.StatusUnprocessableEntity},
	}, func(_ context.Context, in *endInput) (*output[api.CommitResponse], error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.session != nil && w.session.FitID == in.Body.FitID {
			w.session = nil
		}
		return &output[api.CommitResponse]{api.CommitResponse{FitID: in.Body.FitID}}, nil
	})
}
