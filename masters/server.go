package masters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/registry"
)

// Server is a master at work: its HTTP interface, its workers and its fits. It
// is an http.Handler.
type Server struct {
	*rest.API
	setup   Setup
	master  Master
	pool    *pool
	jobs    *jobs
	broker  *broker
	seats   chan struct{} // one a listener of the event stream
	log     *slog.Logger
	started time.Time
	base    string // how the master is addressed in the time log
}

// NewServer sets a master up. Nothing is called and nothing runs before Start,
// so it also serves to write the OpenAPI documents.
func NewServer(m Master, setup Setup) (*Server, error) {
	if setup.Log == nil {
		setup.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		API: rest.New(rest.Options{
			Title:       "Chimera " + string(m.Kind()) + " master",
			Description: "Trains one model on many workers and serves it. Project: " + setup.Config.Project + ".",
			Version:     setup.Version, Limits: setup.limits(), Log: setup.Log,
		}),
		setup: setup, master: m, broker: newBroker(), seats: make(chan struct{}, maxListeners), log: setup.Log, started: time.Now(),
		base: setup.URL,
	}
	endpoints := setup.Config.Endpoints
	client := transport.New(setup.Config.Limits.MaxFrame())
	s.pool = newPool(setup.Workers, client, time.Duration(endpoints.Timeout), endpoints.MaxRetries, setup.TimeLog, setup.Log, s.broker.publish)
	if err := m.mount(s); err != nil {
		return nil, fmt.Errorf("%s master: %w", m.Kind(), err)
	}
	s.mountShared()
	s.mountDocs()
	return s, nil
}

// Start lets the master work until Close.
func (s *Server) Start(ctx context.Context) {
	s.jobs = newJobs(ctx, s.master.fit, s.broker.publish)
	s.pool.start(ctx, s.master.catchUp)
}

// Close cancels a running fit, stops looking after workers, ends all event
// streams and waits for what it started.
func (s *Server) Close() {
	if s.jobs != nil {
		s.jobs.close()
	}
	s.pool.close()
	if c, ok := s.master.(interface{ close() }); ok {
		c.close()
	}
	s.broker.close()
}

// EndStreams ends all event streams, which would otherwise stay open.
func (s *Server) EndStreams() { s.broker.close() }

// WorkerExited tells the master what a launcher saw: a worker is gone.
func (s *Server) WorkerExited(worker, reason string) {
	for _, m := range s.pool.members {
		if m.name == worker {
			s.pool.down(m, reason)
		}
	}
}

// Events returns the events of the latest fit and those to come. stop ends it.
func (s *Server) Events() (events <-chan api.Envelope, stop func()) { return s.broker.listen(0) }

// timed writes the time log's line of a successful request.
func (s *Server) timed(path string, start time.Time, err error) {
	if err == nil {
		s.setup.TimeLog.master(s.base+path, time.Since(start))
	}
}

func (s *Server) names() []string {
	names := make([]string, len(s.pool.members))
	for i, m := range s.pool.members {
		names[i] = m.name
	}
	return names
}

type none struct{}

type output[T any] struct{ Body T }

// FitOutput is a fit's answer with its status: 200, or 202 for one only started.
type fitOutput struct {
	Status int
	Body   api.FitResponse
}

type fitInput struct {
	Wait bool `query:"wait" default:"true" doc:"false answers 202 at once; the job is then at /v1/chimera/fit."`
}

// mountFit registers a master's fit under its own path. The request's body is
// ignored, as the Python package does.
func (s *Server) mountFit(path, summary, description string) {
	rest.Register(s.API, huma.Operation{
		Method: http.MethodPost, Path: path, Summary: summary, Description: description, Tags: []string{"model"},
		Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusServiceUnavailable},
	}, func(ctx context.Context, in *fitInput) (*fitOutput, error) {
		start := time.Now()
		j, err := s.jobs.start()
		if err != nil {
			return nil, err
		}
		if !in.Wait {
			return &fitOutput{http.StatusAccepted, api.FitResponse{Fit: "started", FitID: j.fitID}}, nil
		}
		result, err := j.wait(ctx)
		s.timed(path, start, err)
		if err != nil {
			return nil, problem(err)
		}
		return &fitOutput{http.StatusOK, *result}, nil
	})
}

// problem makes any error a problem. What is none already is a bug, or the
// master stopping.
func problem(err error) error {
	var p *api.Problem
	if errors.As(err, &p) {
		return p
	}
	if errors.Is(err, errStopping) || errors.Is(err, context.Canceled) {
		return api.NewProblem(api.CodeStarting, "The master is stopping.")
	}
	return api.NewProblem(api.CodeInternal, sentence(err))
}

// mountShared registers what every master has.
func (s *Server) mountShared() {
	rest.Register(s.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathHealth, Summary: "Is the master alive?", Tags: []string{"node"},
	}, func(context.Context, *none) (*output[api.Health], error) {
		return &output[api.Health]{api.Health{Status: "ok", Node: string(s.master.Kind())}}, nil
	})
	rest.Register(s.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathReady, Summary: "Can the master work?", Tags: []string{"node"},
		Description: "200 once as many workers as the quorum asks for are up, else 503.",
		Errors:      []int{http.StatusServiceUnavailable},
	}, func(context.Context, *none) (*output[api.Health], error) {
		up := 0
		for _, m := range s.pool.members {
			if _, down := m.unavailable(); !down {
				up++
			}
		}
		if need := s.master.quorum(); up < need {
			return nil, api.Problemf(api.CodeStarting, "%d of %d workers are up; the quorum is %d.", up, len(s.pool.members), need)
		}
		return &output[api.Health]{api.Health{Status: "ok", Node: string(s.master.Kind())}}, nil
	})
	rest.Register(s.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathStatus, Summary: "The master, its workers and the fit", Tags: []string{"node"},
	}, func(context.Context, *none) (*output[api.MasterStatus], error) {
		return &output[api.MasterStatus]{s.status()}, nil
	})
	rest.Register(s.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathLearners, Summary: "The learners this program has", Tags: []string{"node"},
		Description: "Their tasks, capabilities and parameters.",
	}, func(context.Context, *none) (*output[[]registry.Info], error) {
		return &output[[]registry.Info]{s.setup.Learners}, nil
	})
	rest.Register(s.API, huma.Operation{
		Method: http.MethodGet, Path: api.PathFit, Summary: "The running fit, or the last", Tags: []string{"fit"},
		Errors: []int{http.StatusNotFound},
	}, func(context.Context, *none) (*output[api.FitJob], error) {
		v := s.jobs.view()
		if v == nil {
			return nil, api.NewProblem(api.CodeNotFound, "There was no fit yet.")
		}
		return &output[api.FitJob]{*v}, nil
	})
	rest.Register(s.API, huma.Operation{
		Method: http.MethodDelete, Path: api.PathFit, Summary: "Cancel the running fit", Tags: []string{"fit"},
		Description: "The model that served before serves on.", DefaultStatus: http.StatusAccepted,
		Errors: []int{http.StatusConflict},
	}, func(context.Context, *none) (*output[api.CommitResponse], error) {
		id, err := s.jobs.cancel()
		if err != nil {
			return nil, err
		}
		return &output[api.CommitResponse]{api.CommitResponse{FitID: id}}, nil
	})
	s.mountEvents()
}

func (s *Server) status() api.MasterStatus {
	model := s.master.state()
	st := api.MasterStatus{
		Master: string(s.master.Kind()), Project: s.setup.Config.Project, Version: s.setup.Version, Uptime: time.Since(s.started).Seconds(),
		Fitted: model.FitID != "", FitID: model.FitID, Features: model.Features, Classes: model.Classes, Fit: s.jobs.view(),
	}
	for _, m := range s.pool.members {
		st.Workers = append(st.Workers, m.view())
	}
	return st
}
