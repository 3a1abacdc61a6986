// Package watch says what a master tells those who watch it, such as its metrics, so that neither needs to know the other. It
// imports package api only.
package watch

import (
	"context"

	"github.com/gochimera/chimera/api"
)

// Master is one who watches a master. Any function may be nil. They are called by many goroutines at once, and must not block.
type Master struct {
	// Work is told that the master begins a piece of its work, and returns the context in which that is done, so that the calls and
	// the smaller pieces in it are known as parts of it. What it returns besides is told how it ended; it may be nil.
	Work func(ctx context.Context, w Work) (context.Context, func(error))
	// Call is told of every attempt to call a worker, but of probes, and returns the context of the call. What it returns besides is
	// told how the call ended; it may be nil.
	Call func(ctx context.Context, c Call) (context.Context, func(Outcome))
	// Retry is told that a call that failed is tried again.
	Retry func(c Call)
	// Step is told of every step of a training, also of those that listeners to events are not told of. What it points to
	// changes after the call.
	Step func(e *api.StepEvent)
	// Event is told of every event.
	Event func(e api.Event)
}

// Work is what a piece of a master's work is. Its context says which run it is for, and which step.
type Work string

// The pieces of work there are.
const (
	Fit     Work = "fit"
	Prepare Work = "prepare" // the workers' summaries of their rows
	Step    Work = "step"    // of a training
	Serve   Work = "serve"   // a stored model is put into service
	CatchUp Work = "catch up"
)

// Call is a call to a worker.
type Call struct {
	Worker   string
	Endpoint string // its path, without the query
	Sent     int64  // bytes of the body
}

// Outcome is how a call to a worker ended.
type Outcome struct {
	Result   Result
	Received int64 // bytes of the answer's body, if it was of use
	Seconds  float64
}

// Result is what became of a call.
type Result string

// The results there are.
const (
	Answered   Result = "answered"
	Refused    Result = "refused"    // the worker is not at fault: there is no model yet, the rows are unusable, it is busy
	Failed     Result = "failed"     // the worker answered with an error of its own
	Unanswered Result = "unanswered" // no connection, a broken one, or the time was up
	Cancelled  Result = "cancelled"  // nobody wanted the answer any more
)
