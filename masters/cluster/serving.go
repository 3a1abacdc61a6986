package cluster

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/watch"
)

// service is the stored model in service, for who asks about it.
type service struct {
	id       string
	created  time.Time
	restored bool // it comes from the store, and no fit of this program made it
}

// serving holds what is known of the stored model in service.
type serving struct{ atomic.Pointer[service] }

// inService describes the model in service, if it is a stored one.
func (c *Cluster) inService(fitID string) *api.ServingModel {
	at := c.service.Load()
	if at == nil || at.id != fitID {
		return nil
	}
	m := &api.ServingModel{ID: at.id, Created: at.created}
	for _, member := range c.Members {
		m.Restoring = m.Restoring || at.restored && member.lacks(fitID)
	}
	return m
}

// lacks reports whether a member is to be given the model of a fit.
func (m *Member) lacks(fitID string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state != api.MemberUp && m.left == "" && m.fitID != fitID && !m.newcomer
}

// serveModel answers a request to put a stored model into service.
func (s *Server) serveModel(ctx context.Context, in *serveInput) (*serveOutput, error) {
	_, id, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	stored, err := s.stored(ctx, id)
	if err != nil {
		return nil, storeProblem(err)
	}
	lasting, err := s.serves(stored)
	if err != nil {
		return nil, err
	}
	exists := func() error { // it may have been removed meanwhile
		_, err := s.setup.Models.Get(ctx, id)
		return err
	}
	j, err := s.jobs.serve(ctx, id, exists, func(ctx context.Context) (*api.ServeResponse, error) { return s.serveStored(ctx, lasting, stored) })
	if err != nil {
		return nil, storeProblem(err)
	}
	if !in.Wait {
		return &serveOutput{http.StatusAccepted, api.ServeResponse{ID: id, State: "started"}}, nil
	}
	if _, err := j.wait(ctx); err != nil {
		return nil, problem(err)
	}
	return &serveOutput{http.StatusOK, *j.served}, nil
}

// serves is the master as one that can serve a stored model, or a problem.
func (s *Server) serves(stored *Stored) (Lasting, error) {
	unsuited := func(reason string) error {
		p := api.Problemf(api.CodeModelUnsuited, "The model %s cannot be served here: %s.", stored.ID, reason)
		p.FitID = stored.ID
		return p
	}
	lasting, ok := s.master.(Lasting)
	if !ok {
		return nil, unsuited("a master of the kind " + s.master.Kind() + " cannot serve stored models")
	}
	if err := s.suits(stored); err != nil {
		return nil, unsuited(err.Error())
	}
	return lasting, nil
}

// serveStored puts a stored model into service.
func (s *Server) serveStored(ctx context.Context, lasting Lasting, stored *Stored) (_ *api.ServeResponse, err error) {
	ctx, served := s.work(ctx, watch.Serve)
	defer func() { served(err) }()
	begun, before := time.Now(), s.master.Model().FitID
	answer := &api.ServeResponse{ID: stored.ID, State: "serving", Before: before}
	if s.setup.Unkept != "" {
		answer.Notes = append(answer.Notes, "After a restart another model will be in service: "+s.setup.Unkept+".")
	}
	f := newFit(s.Cluster, stored.ID)
	defer f.release()
	if before == stored.ID { // it may be that the store does not know
		return answer, f.Keeping(ctx)
	}
	s.gate.close()
	defer s.gate.open()
	ctx, done := s.limited(ctx, stored.ID, "Putting the stored model into service")
	defer done()
	if err = lasting.Serve(ctx, f, stored); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		s.Log.WarnContext(ctx, "a stored model could not be put into service", "model", stored.ID, "error", err)
		return nil, servingProblem(err)
	}
	for _, m := range s.Members {
		m.settles()
	}
	s.service.Store(&service{id: stored.ID, created: stored.Created, restored: true})
	s.Log.InfoContext(ctx, "a stored model is in service", "model", stored.ID, "created", stored.Created, "before", before)
	answer.Seconds = time.Since(begun).Seconds()
	answer.Notes = append(answer.Notes, f.notes...)
	return answer, nil
}

// servingProblem is the problem of a stored model that could not be put into service.
func servingProblem(err error) error {
	if errors.Is(err, errCancelled) || errors.Is(err, errStopping) {
		return err
	}
	return storeProblem(err)
}

// limited ends a job at endpoints.fit_timeout. doing begins the sentence that says so.
func (s *Server) limited(ctx context.Context, fitID, doing string) (context.Context, context.CancelFunc) {
	limit := time.Duration(s.setup.Config.Endpoints.FitTimeout)
	if limit <= 0 {
		return ctx, func() {}
	}
	p := api.Problemf(api.CodeWorkersTimeout, "%s took longer than %v (endpoints.fit_timeout). The model that served before, if any, stays in service.",
		doing, limit)
	p.FitID = fitID
	return context.WithTimeoutCause(ctx, limit, p)
}
