package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/watch"
	"github.com/gochimera/chimera/registry"
)

// Server is a running master: its HTTP interface, its workers and its fits. It is an http.Handler.
type Server struct {
	*Cluster
	jobs    *jobs
	seats   chan struct{} // one per listener of the event stream
	started time.Time

	scaling   scaling    // of who takes part
	importing sync.Mutex // held while a model that was sent is taken in
}

// NewServer sets up a master. Nothing is called or started before Start, so it can also be used to
// write the OpenAPI documents.
func NewServer(master Master, setup Setup) (*Server, error) {
	if setup.Log == nil {
		setup.Log = slog.New(slog.DiscardHandler)
	}
	setup.Log = slog.New(logs.Contextual(setup.Log.Handler()))
	if _, known := distribute.Lookup(master.Kind()); !known {
		return nil, fmt.Errorf("the kind of distribution %q is not registered: call distribute.Register in an init function of its package", master.Kind())
	}
	s := &Server{Cluster: newCluster(master, setup), seats: make(chan struct{}, maxListeners), started: time.Now()}
	if err := master.Mount(s.Cluster); err != nil {
		return nil, fmt.Errorf("%s master: %w", master.Kind(), err)
	}
	s.handleFit()
	s.mountShared()
	s.mountDocs()
	if err := s.mountHome(); err != nil {
		return nil, err
	}
	s.describeRoles()
	return s, nil
}

// kindOf is the registered kind of a master; NewServer has checked that it is registered.
func kindOf(master Master) distribute.Kind {
	kind, _ := distribute.Lookup(master.Kind())
	return kind
}

// Start starts the master, which runs until Close.
func (s *Server) Start(ctx context.Context) {
	s.scaling.start(ctx, len(s.Members))
	s.jobs = s.newJobs(ctx)
	fit := s.interrupted(ctx)
	s.recall(ctx, fit)
	s.sweep(ctx, fit)
	if err := s.adopt(ctx); err != nil {
		s.Log.WarnContext(ctx, "the stored model that was in service cannot be served; fit again, or serve another", "error", err)
	}
	s.tender.start(ctx)
	s.resume(ctx, fit)
}

// Close cancels a running fit, stops looking after workers, ends all event streams, and waits for all
// goroutines it started.
func (s *Server) Close() {
	if s.jobs != nil {
		s.jobs.close()
	}
	s.scaling.close()
	s.tender.close()
	s.client.Close()
	s.master.Close()
	s.saved.Close()
	s.broker.close()
}

// EndStreams ends all event streams, which would otherwise stay open.
func (s *Server) EndStreams() { s.broker.close() }

// WorkerExited tells the master that a launcher saw a worker exit, which it may start again.
func (s *Server) WorkerExited(worker, reason string) {
	s.each(worker, func(m *Member) { s.Down(context.Background(), m, reason) })
}

// WorkerLeft tells the master that a launcher has left a worker alone that had ended: it does not
// start it again, and nobody needs to wait for it.
func (s *Server) WorkerLeft(worker, reason string) {
	s.each(worker, func(m *Member) { s.Leave(m, reason) })
}

func (s *Server) each(worker string, do func(*Member)) {
	for _, m := range s.Members {
		if m.Name == worker {
			do(m)
		}
	}
}

// Events returns the events of the latest fit and new ones. stop ends the stream.
func (s *Server) Events() (events <-chan api.Envelope, stop func()) { return s.broker.listen(0) }

// fit runs one fit of the master.
func (s *Server) fit(ctx context.Context, c *job) (result *api.FitResponse, err error) {
	fitID := c.fitID
	ctx, fitted := s.work(logs.WithRun(ctx, fitID), watch.Fit)
	defer func() { fitted(err) }()
	s.run.Store(&fitID)
	defer s.run.Store(nil)
	s.gate.close()
	defer s.gate.open()
	fit := newFit(s.Cluster, fitID)
	defer fit.release()
	fit.follow(s.broker.since(0))
	s.Publish(api.FitStartedEvent{FitID: fitID, Workers: nameAll(fit.Taking()), Master: s.master.Kind(), Started: fit.zero.UTC(), Resumed: c.resumed})
	ctx, done := s.limited(ctx, fitID, "The fit")
	defer done()
	leave := false // what the next program needs to go on with it
	defer func() {
		if !leave { // also after a panic
			s.saved.End(ctx, fitID)
		}
	}()
	defer func() { c.workers = fit.workers() }()
	fit.Resumed, fit.interrupted = c.resumed, s.jobs.stopping
	fit.openDir(ctx)
	written := fit.writeEvents(c.resumed)
	defer func() { written(leave) }()
	if c.resumed {
		fit.awaitMembers(ctx)
	}
	result, err = s.master.Fit(ctx, fit)
	fit.EndSteps()
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if leave = s.jobs.stopping(); !leave {
			fit.abandon(Background(ctx))
		}
		return nil, err
	}
	if kept := fit.Stored(); kept != nil && !kept.copied {
		s.service.Store(&service{id: fitID, created: kept.Created})
	}
	s.Timed(ctx, api.PathsOf(s.master.Kind()).Fit, fit.begun) // whoever asked for it, and whether that one waits or not
	s.seat(fit)
	model := s.master.Model()
	return fit.complete(result, &model), nil
}

// complete is a fit's answer with what all kinds of master have in common.
func (f *Fit) complete(part *api.FitResponse, model *Model) *api.FitResponse {
	result := *part
	result.Fit, result.FitID = "ok", f.ID
	if result.Classes == nil {
		result.Classes = model.Classes
	}
	result.Notes = slices.Clone(result.Notes)
	if model.FitID == f.ID {
		result.Prepared = report(model.Preparation)
		if model.Preparation != nil {
			result.Notes = append(result.Notes, model.Preparation.Notes()...)
		}
	}
	result.Notes = append(result.Notes, f.notes...)
	result.Notes = append(result.Notes, f.scaled()...)
	result.Notes = append(result.Notes, f.unrepeatable(result.Failures)...)
	if f.setup.Unkept != "" {
		result.Notes = append(result.Notes, "The model is not stored: "+f.setup.Unkept+".")
	}
	if result.Seconds == 0 {
		result.Seconds = time.Since(f.begun).Seconds()
	}
	return &result
}

// unrepeatable are notes on the learners of the workers that took part whose fits differ with one seed.
func (c *Cluster) unrepeatable(failures []api.WorkerFailure) []string {
	var infos []*registry.Info
	for _, w := range c.Config().Workers {
		if !slices.ContainsFunc(failures, func(f api.WorkerFailure) bool { return f.Worker == w.Name }) {
			infos = append(infos, w.Info)
		}
	}
	return config.Unrepeatable(infos)
}

// fitOutput is a fit's answer with its status: 200, or 202 for a fit that has only started.
type fitOutput struct {
	Status int
	Body   api.FitResponse
}

type fitInput struct {
	Wait    bool `query:"wait" default:"true" doc:"With false, the answer is 202 at once; follow the job at /v1/chimera/fit."`
	Restart bool `query:"restart" doc:"Begin anew, instead of joining a fit that is gone on with since an earlier program was ended in the middle of it."`
}

// fitCodes are the problems of a fit.
var fitCodes = []api.Code{
	api.CodeFitRunning, api.CodeFitCancelled, api.CodeServingOnly, api.CodeUnusableData, api.CodeInvalidRequest, api.CodeDiverged,
	api.CodeWorkersFailed, api.CodeWorkersTimeout, api.CodeStarting, api.CodeNotStored,
}

// handleFit registers the path at which the kind of master fits. The request's body is ignored, as in
// the Python package.
func (s *Server) handleFit() {
	path := api.PathsOf(s.master.Kind()).Fit
	rest.Register(s.API, rest.Fails(huma.Operation{
		Method: http.MethodPost, Path: path, Summary: "Train the model on the workers", Tags: []string{"model"},
		Description: kindOf(s.master).Summary + " Answers with a report when the fit has ended. The request's body is ignored. " +
			"If a fit fails or is cancelled, the old model stays in service. A fit that an earlier program had begun, and that is gone on with, is joined.",
		Responses: map[string]*huma.Response{"202": s.also(http.StatusAccepted, api.FitResponse{Fit: "started", FitID: ExampleFit})},
	}, fitCodes...), func(ctx context.Context, in *fitInput) (*fitOutput, error) {
		if err := s.refuseFit(); err != nil {
			return nil, err
		}
		j, err := s.jobs.start(ctx, in.Restart)
		if err != nil {
			return nil, err
		}
		if !in.Wait {
			return &fitOutput{http.StatusAccepted, api.FitResponse{Fit: "started", FitID: j.fitID}}, nil
		}
		result, err := j.wait(ctx)
		if err != nil {
			return nil, problem(err)
		}
		return &fitOutput{http.StatusOK, *result}, nil
	})
}

// problem turns any error into a problem. One that is not a problem yet is an internal error, or the
// master is stopping.
func problem(err error) error {
	var p *api.Problem
	if errors.As(err, &p) {
		return p
	}
	if errors.Is(err, errStopping) || errors.Is(err, context.Canceled) {
		return api.NewProblem(api.CodeStarting, "The master is stopping.")
	}
	return api.NewProblem(api.CodeInternal, Sentence(err))
}

// mountShared registers the operations that every master has.
func (s *Server) mountShared() {
	rest.Register(s.API, rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: api.PathHealth, Summary: "Is the master alive?", Tags: []string{"node"},
	}), func(context.Context, *rest.None) (*rest.Output[api.Health], error) {
		return &rest.Output[api.Health]{Body: s.health()}, nil
	})
	s.mountReady()
	rest.Register(s.API, rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: api.PathStatus, Summary: "The master, its workers and the fit", Tags: []string{"node"},
	}), func(_ context.Context, in *statusInput) (*rest.Output[api.MasterStatus], error) {
		return &rest.Output[api.MasterStatus]{Body: s.status(in.Report)}, nil
	})
	rest.Register(s.API, rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: api.PathLearners, Summary: "The learners this program has", Tags: []string{"node"},
		Description: "Their tasks, capabilities and parameters.",
	}), func(context.Context, *rest.None) (*rest.Output[[]registry.Info], error) {
		return &rest.Output[[]registry.Info]{Body: s.setup.Learners}, nil
	})
	rest.Register(s.API, rest.Fails(huma.Operation{
		Method: http.MethodGet, Path: api.PathFit, Summary: "The running fit, or the last", Tags: []string{"fit"},
	}, api.CodeNotFound), func(context.Context, *rest.None) (*rest.Output[api.FitJob], error) {
		v, err := s.lastJob()
		if err != nil {
			return nil, err
		}
		return &rest.Output[api.FitJob]{Body: *v}, nil
	})
	rest.Register(s.API, rest.Fails(huma.Operation{
		Method: http.MethodDelete, Path: api.PathFit, Summary: "Cancel the running fit", Tags: []string{"fit"},
		Description: "The model that served before stays in service.", DefaultStatus: http.StatusAccepted,
	}, api.CodeNoFitRunning), func(context.Context, *rest.None) (*rest.Output[api.CommitResponse], error) {
		id, err := s.jobs.cancel()
		if err != nil {
			return nil, err
		}
		return &rest.Output[api.CommitResponse]{Body: api.CommitResponse{FitID: id}}, nil
	})
	s.showNode()
	s.mountEvents()
	s.mountModels()
	s.mountRuns()
	s.mountScale()
}

// lastJob is the running fit or the last, or a problem.
func (s *Server) lastJob() (*api.FitJob, error) {
	if s.jobs == nil {
		return nil, errNotStarted
	}
	if v := s.jobs.view(); v != nil {
		return v, nil
	}
	return nil, api.NewProblem(api.CodeNotFound, "There was no fit yet.")
}

type statusInput struct {
	Report bool `query:"report" default:"true" doc:"Whether the report of a fit that has ended, which is as long as its training, is part of the answer."`
}

func (s *Server) health() api.Health { return api.Health{Status: "ok", Node: s.master.Kind()} }

// status is Status, with the report of a fit that has ended only if it is asked for.
func (s *Server) status(report bool) api.MasterStatus {
	st := s.Status()
	if st.Fit != nil && !report {
		brief := *st.Fit
		brief.Result, st.Fit = nil, &brief
	}
	return st
}

// Status is what the master reports of itself and of its workers.
func (s *Server) Status() api.MasterStatus {
	model := s.master.Model()
	st := api.MasterStatus{
		Master: s.master.Kind(), Project: s.setup.Config.Project, Version: s.setup.Version, Uptime: time.Since(s.started).Seconds(),
		Fitted: model.FitID != "", FitID: model.FitID, Task: model.Task, Features: model.RawColumns(), Classes: model.Classes, Fit: s.jobs.view(),
		Model: s.inService(model.FitID),
	}
	for _, m := range s.Members {
		st.Workers = append(st.Workers, m.view())
	}
	return st
}
