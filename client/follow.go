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
	startWithin = 10 * time.Second      // longest wait for the answer that a fit has begun
)

// FollowFit fits the model, calls each with the fit's events as they arrive, and waits for the end.
// There are no events if the master has too many listeners. If ctx ends first, the fit is cancelled,
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
	ours := false
	err = c.Events(ctx, func(e Event) bool {
		if started, ok := e.Event.(api.FitStartedEvent); ok {
			ours = started.FitID == fitID
		}
		if !ours {
			return true
		}
		each(e)
		switch e.Event.(type) {
		case api.FitCommittedEvent, api.FitFailedEvent, api.FitCancelledEvent:
			return false
		default:
			return true
		}
	})
	if ctx.Err() != nil {
		return nil, c.abandon(ctx)
	}
	var p *Problem
	refused := errors.As(err, &p) && p.Code == api.CodeTooManyListeners
	if err != nil && !refused {
		return nil, err
	}
	result, err := c.WaitFit(ctx, fitID)
	if refused && err != nil && ctx.Err() != nil { // after its last event there is nothing to cancel
		return nil, c.abandon(ctx)
	}
	return result, err
}

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
		case job == nil || job.FitID != fitID || job.Serve:
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
