package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gochimera/chimera/api"
)

const (
	askAgain    = 10 * time.Millisecond // first pause before asking again whether a job has ended whose last event has arrived
	askSeldom   = time.Second           // the pause doubles each time, up to this
	startWithin = 10 * time.Second      // longest wait for the answer that a fit has begun, and for the last events of one that has ended
)

// FollowFit fits the model, calls each with the fit's events as they arrive, and waits for the end.
// There are no events if the master has too many listeners; a stream of them that breaks off is gone on with. If ctx ends first, the fit is cancelled,
// the model that served before stays in service, and the error is ctx's.
func (c *Client) FollowFit(ctx context.Context, each func(Event)) (*FitResult, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	// cancelling the start halfway would leave a fit that nobody waits for
	starting, stop := context.WithTimeout(context.WithoutCancel(ctx), startWithin)
	defer stop()
	fitID, err := c.StartFit(starting)
	if err != nil {
		return nil, err
	}
	ended, err := c.followEvents(ctx, fitID, each)
	switch {
	case ctx.Err() != nil:
		return nil, c.abandon(ctx)
	case err != nil:
		return nil, err
	}
	result, err := c.WaitFit(ctx, fitID)
	if !ended && err != nil && ctx.Err() != nil { // after its last event there is nothing to cancel
		return nil, c.abandon(ctx)
	}
	return result, err
}

// followEvents calls each with a fit's events, and reports whether the last of them has come. A stream may end before: its listener has
// fallen behind or was suspended, or a proxy has cut it since nothing came. The next one goes on behind the last event that has come, for
// as long as the master says that the fit runs. The error is the master's, or that there is none any more. If there are no more events
// to be had, it is nil.
func (c *Client) followEvents(ctx context.Context, fitID string, each func(Event)) (ended bool, err error) {
	last, ours := 0, false
	see := func(e Event) (more bool) {
		last = e.Seq
		if started, ok := e.Event.(api.FitStartedEvent); ok {
			if ours && started.FitID != fitID {
				return false
			}
			ours = started.FitID == fitID
		}
		if !ours {
			return true
		}
		each(e)
		switch e.Event.(type) {
		case api.FitCommittedEvent, api.FitFailedEvent, api.FitCancelledEvent:
			ended = true
		}
		return !ended
	}
	for pause, over := askAgain, false; ; pause = min(2*pause, askSeldom) {
		before := last
		listening, stop := ctx, context.CancelFunc(func() {})
		if over { // they come at once, if they are kept
			listening, stop = context.WithTimeout(ctx, startWithin)
		}
		err := c.eventsAfter(listening, last, see)
		stop()
		if err == nil || over || isUseless(err) {
			return ended, nil
		}
		job, err := c.Job(ctx)
		switch {
		case err != nil:
			return false, err
		case !isOf(job, fitID):
			return false, nil
		}
		over = job.State != api.FitRunning // its last events are still to be had
		if last > before {
			pause = askAgain
		}
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// isUseless reports whether another stream of events would end as this one did.
func isUseless(err error) bool {
	var p *Problem
	var unreadable *unreadableError
	return errors.As(err, &unreadable) || errors.As(err, &p) && p.Code == api.CodeTooManyListeners
}

// isOf reports whether a job is that of a fit.
func isOf(job *Job, fitID string) bool { return job != nil && job.FitID == fitID && !job.Serve }

// abandon cancels a fit that nobody waits for any more.
func (c *Client) abandon(ctx context.Context) error {
	cause := context.Cause(ctx)
	if c.leave {
		return cause
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	err := c.Cancel(ctx)
	var p *Problem
	if errors.As(err, &p) && p.Code == api.CodeNoFitRunning {
		err = nil // it ended in the meantime
	}
	return errors.Join(cause, err)
}

// WaitFit waits for the end of a fit that has begun. It returns its result, or a *FitError.
func (c *Client) WaitFit(ctx context.Context, fitID string) (*FitResult, error) {
	for pause := askAgain; ; pause = min(2*pause, askSeldom) {
		job, err := c.Job(ctx)
		switch {
		case err != nil:
			return nil, err
		case !isOf(job, fitID):
			return nil, fmt.Errorf("fit %s has ended, but its result is lost because another fit has begun", fitID)
		case job.State == api.FitSucceeded:
			return job.Result, nil
		case job.State != api.FitRunning:
			return nil, &FitError{Job: *job}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// FitError is a fit that failed or was cancelled by someone else.
type FitError struct{ Job Job }

// Error is the master's reason.
func (e *FitError) Error() string { return e.Job.Error }
