package cluster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/models"
)

// jobs runs fits, and puts stored models into service, one at a time. A fit belongs to the master, not to the request that started it: it
// continues when the client disconnects, and ends when it is cancelled.
type jobs struct {
	fit     func(ctx context.Context, c *job) (*api.FitResponse, error)
	ended   func(c *job)                // called at the end of a fit, before anybody is told
	told    func(c *job) (after func()) // called when everybody has been told of a fit, before the next one can begin; after, when it can
	publish func(api.Event)

	removing sync.Mutex // held while a stored model is removed, or begins to be put into service; before mu

	mu      sync.Mutex
	current *job // the running job, or the last one
	ctx     context.Context
	stop    context.CancelCauseFunc
	owner   sync.WaitGroup
}

// job is one fit, or puts the stored model of one into service.
type job struct {
	fitID   string
	resumed bool                                              // a program that was killed had begun it; who asks for a fit joins it
	serve   func(context.Context) (*api.ServeResponse, error) // nil for a fit
	started time.Time
	cancel  context.CancelCauseFunc
	over    atomic.Bool   // nothing is left but to tell
	done    chan struct{} // closed when the other fields are final

	ended   time.Time
	result  *api.FitResponse
	served  *api.ServeResponse
	err     error
	workers []models.Worker // of a fit: who was asked, and who took part
}

var (
	errCancelled = errors.New("the fit was cancelled on request; the model that served before stays in service")
	errStopping  = errors.New("the master is stopping")
)

// newJobs makes the jobs of a server, which run until ctx ends.
func (s *Server) newJobs(ctx context.Context) *jobs {
	j := &jobs{fit: s.fit, ended: s.record, told: s.keepEvents, publish: s.Publish}
	j.ctx, j.stop = context.WithCancelCause(ctx)
	return j
}

// start starts a fit, or returns a fit_running problem. A caller who asks while an interrupted fit is gone
// on with, as when it repeats its request after the master was killed, gets that, unless it wants to begin anew:
// then the interrupted fit is cancelled first.
func (j *jobs) start(ctx context.Context, anew bool) (*job, error) {
	if anew {
		if err := j.drop(ctx); err != nil {
			return nil, err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if c := j.current; c != nil && c.running() && c.resumed {
		return c, nil
	}
	if err := j.busy(); err != nil {
		return nil, err
	}
	return j.begin(ctx, &job{fitID: newFitID()}), nil
}

// serve starts to put a stored model into service, or returns a fit_running problem. exists says whether it is still there; from then on
// it stays until the end of the job.
func (j *jobs) serve(ctx context.Context, id string, exists func() error, serve func(context.Context) (*api.ServeResponse, error)) (*job, error) {
	j.removing.Lock()
	defer j.removing.Unlock()
	if err := exists(); err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.busy(); err != nil {
		return nil, err
	}
	return j.begin(ctx, &job{fitID: id, serve: serve}), nil
}

// runs reports whether the running job is the fit of a model, or puts it into service.
func (j *jobs) runs(id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.current != nil && j.current.fitID == id && j.current.running()
}

// busy is the problem of a job that cannot begin now; j.mu is held.
func (j *jobs) busy() error {
	if c := j.current; c != nil && c.running() {
		what := "Fit %s has been running"
		if c.serve != nil {
			what = "The stored model %s has been on its way into service"
		}
		p := api.Problemf(api.CodeFitRunning, what+" for %.1f s; wait for it, or cancel it with DELETE %s.", c.fitID, time.Since(c.started).Seconds(), api.PathFit)
		p.FitID = c.fitID
		return p
	}
	if j.ctx.Err() != nil {
		return api.NewProblem(api.CodeStarting, "The master is stopping and starts no new fit.")
	}
	return nil
}

// drop cancels an interrupted fit that is gone on with, and waits for its end.
func (j *jobs) drop(ctx context.Context) error {
	j.mu.Lock()
	c := j.current
	j.mu.Unlock()
	if c == nil || !c.resumed || !c.running() {
		return nil
	}
	c.cancel(errCancelled)
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// resume goes on with an interrupted fit, before any other has started.
func (j *jobs) resume(fitID string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.begin(j.ctx, &job{fitID: fitID, resumed: true})
}

// stopping reports whether the master is being stopped.
func (j *jobs) stopping() bool { return j.ctx.Err() != nil }

// begin starts a job; j.mu is held. What asked says of the request, such as the trace that it is part of, holds for the job, but not
// its end.
func (j *jobs) begin(asked context.Context, c *job) *job {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(asked))
	detach := context.AfterFunc(j.ctx, func() { cancel(context.Cause(j.ctx)) })
	c.started, c.cancel, c.done = time.Now(), cancel, make(chan struct{})
	j.current = c
	j.owner.Go(func() {
		defer cancel(nil)
		defer detach()
		c.finish(j.guarded(ctx, c))
		if c.serve == nil {
			j.ended(c)
		}
		c.over.Store(true)
		switch {
		case c.serve != nil && c.err == nil:
			j.publish(api.ModelServedEvent{FitID: c.fitID, Before: c.served.Before})
		case c.serve != nil: // nothing has changed
		case c.err == nil:
			j.publish(api.FitCommittedEvent{FitID: c.fitID, Seconds: c.result.Seconds, Workers: len(c.result.Workers)})
		case errors.Is(c.err, errCancelled):
			j.publish(api.FitCancelledEvent{FitID: c.fitID})
		default:
			j.publish(api.FitFailedEvent{FitID: c.fitID, Reason: c.err.Error()})
		}
		after := func() {}
		if c.serve == nil {
			after = j.told(c)
		}
		close(c.done)
		after()
	})
	return c
}

// guarded runs the fit; a panic in it is a bug that fails this fit but not the master.
func (j *jobs) guarded(ctx context.Context, c *job) (result *api.FitResponse, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			result, err = nil, api.Problemf(api.CodeInternal, "The fit panicked: %v", fault)
		}
	}()
	if c.serve != nil {
		c.served, err = c.serve(ctx)
		return nil, err
	}
	return j.fit(ctx, c)
}

func (c *job) finish(result *api.FitResponse, err error) {
	c.ended = time.Now()
	c.result, c.err = result, err
}

func (c *job) running() bool {
	if c.over.Load() { // who has been told of its end begins the next one
		<-c.done
	}
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// wait returns the job's result, or ctx's error if that ends first.
func (c *job) wait(ctx context.Context) (*api.FitResponse, error) {
	select {
	case <-c.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if errors.Is(c.err, errCancelled) {
		p := api.NewProblem(api.CodeFitCancelled, Sentence(c.err))
		p.FitID = c.fitID
		return nil, p
	}
	return c.result, c.err
}

// cancel cancels the running fit and returns its ID; it is a problem if no fit is running.
func (j *jobs) cancel() (string, error) {
	j.mu.Lock()
	c := j.current
	j.mu.Unlock()
	if c == nil || !c.running() {
		return "", api.NewProblem(api.CodeNoFitRunning, "No fit is running; there is nothing to cancel.")
	}
	c.cancel(errCancelled)
	return c.fitID, nil
}

// view is the running job, or the last one, or nil before the first.
func (j *jobs) view() *api.FitJob {
	j.mu.Lock()
	c := j.current
	j.mu.Unlock()
	if c == nil {
		return nil
	}
	v := &api.FitJob{FitID: c.fitID, Started: c.started, Resumed: c.resumed, Serve: c.serve != nil}
	if c.running() {
		v.State, v.Seconds = api.FitRunning, time.Since(c.started).Seconds()
		return v
	}
	v.Seconds = c.ended.Sub(c.started).Seconds()
	switch {
	case c.err == nil:
		v.State, v.Result = api.FitSucceeded, c.result
	case errors.Is(c.err, errCancelled):
		v.State, v.Error = api.FitCancelled, c.err.Error()
	default:
		v.State, v.Error = api.FitFailed, c.err.Error()
	}
	return v
}

// close cancels the running fit and waits for it.
func (j *jobs) close() {
	j.mu.Lock() // a job is begun, and waited for, or it is not begun any more
	j.stop(errStopping)
	j.mu.Unlock()
	j.owner.Wait()
}

// newFitID returns an ID that is unique over time and between masters; the model does not depend on
// it.
func newFitID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	return fmt.Sprintf("%s-%s", time.Now().UTC().Format("20060102T150405.000"), hex.EncodeToString(b[:]))
}

// Sentence turns an error's text into a sentence.
func Sentence(err error) string { return rest.Sentence(err) }
