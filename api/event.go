package api

import "time"

// Event is something that happened during a fit or to a worker. Progress bars,
// logs, server-sent events and metrics all listen to the same stream.
type Event interface {
	// Kind is the event's name on the wire.
	Kind() string
}

// Envelope is an event with its number in the stream.
type Envelope struct {
	Seq   int       `json:"seq"` // from 1, without gaps but where a program goes on with a fit that another had begun
	Time  time.Time `json:"time"`
	Kind  string    `json:"kind"`
	Event Event     `json:"event"`
}

// The events of a fit, in the order in which they can occur, and then those of workers.
type (
	// FitStartedEvent is the first event of a fit.
	FitStartedEvent struct {
		FitID   string    `json:"fit_id"`
		Workers []string  `json:"workers"`
		Master  string    `json:"kind,omitzero" doc:"Kind of master."`
		Started time.Time `json:"started,omitzero" doc:"By the master's clock. Seconds since the fit began are counted from here."`
		Resumed bool      `json:"resumed,omitzero" doc:"An earlier program had begun the fit."`
	}
	// WorkerBeganEvent reports that a worker is asked for its part: to fit its own model, or that it is ready for the
	// steps of a training.
	WorkerBeganEvent struct {
		FitID      string  `json:"fit_id"`
		Worker     string  `json:"worker"`
		At         float64 `json:"at" doc:"Seconds since the fit began."`
		Rows       int     `json:"rows,omitzero" doc:"Rows that it trains on, if they are known."`
		Layers     int     `json:"layers,omitzero" doc:"Of a stage."`
		Parameters int     `json:"parameters,omitzero" doc:"Of a stage."`
	}
	// WorkerFittedEvent reports that a worker has finished its part.
	WorkerFittedEvent struct {
		FitID string    `json:"fit_id"`
		Done  int       `json:"done"` // workers that are done, including failed ones
		Total int       `json:"total"`
		Fit   WorkerFit `json:"fit"`

		SentAt     float64 `json:"sent_at,omitzero" doc:"When the worker was asked: seconds since the fit began."`
		AnsweredAt float64 `json:"answered_at,omitzero" doc:"When its answer came. The worker computed for fit.seconds of the time between."`
	}
	// WorkerFailedEvent reports that a worker is excluded from this fit.
	WorkerFailedEvent struct {
		FitID   string        `json:"fit_id"`
		Done    int           `json:"done"`
		Total   int           `json:"total"`
		Failure WorkerFailure `json:"failure"`
	}
	// FitCommittedEvent reports that the new model is in service.
	FitCommittedEvent struct {
		FitID   string  `json:"fit_id"`
		Seconds float64 `json:"seconds"`
		Workers int     `json:"workers"` // workers that took part
	}
	// FitFailedEvent reports that the fit failed; the old model, if any, stays in service.
	FitFailedEvent struct {
		FitID  string `json:"fit_id"`
		Reason string `json:"reason"`
	}
	// FitCancelledEvent reports that the fit was cancelled; the old model, if any, stays in service.
	FitCancelledEvent struct {
		FitID string `json:"fit_id"`
	}
	// ModelServedEvent reports that a stored model is in service in place of another.
	ModelServedEvent struct {
		FitID  string `json:"fit_id"`
		Before string `json:"before"` // the model that was in service; empty if there was none
	}
	// WorkerDownEvent reports that a worker stopped answering.
	WorkerDownEvent struct {
		Worker string `json:"worker"`
		Reason string `json:"reason"`
	}
	// WorkerJoinedEvent reports that a worker has joined a running fit.
	WorkerJoinedEvent struct {
		FitID  string  `json:"fit_id"`
		Worker string  `json:"worker"`
		Step   int     `json:"step" doc:"The first step that it is asked for, counted from 1."`
		Rows   int     `json:"rows" doc:"Rows that it trains on."`
		At     float64 `json:"at" doc:"Seconds since the fit began."`
	}
	// WorkerLeftEvent reports that a worker has left, as it was asked to: a running fit, or the project's workers if fit_id is empty.
	WorkerLeftEvent struct {
		FitID  string  `json:"fit_id,omitzero"`
		Worker string  `json:"worker"`
		Step   int     `json:"step,omitzero" doc:"The first step without its rows, counted from 1."`
		Rows   int     `json:"rows,omitzero" doc:"Rows that are missing from then on."`
		At     float64 `json:"at,omitzero" doc:"Seconds since the fit began."`
	}
	// WorkerUpEvent reports that a worker is back: it answers, and holds the model in service if there is
	// one.
	WorkerUpEvent struct {
		Worker string `json:"worker"`
	}
	// WorkerCaughtUpEvent reports that a worker holds the model in service again.
	WorkerCaughtUpEvent struct {
		Worker   string `json:"worker"`
		FitID    string `json:"fit_id"`
		Refitted string `json:"refitted,omitzero"` // why it was fitted again, if the model is stored; empty if it was given its part
	}
)

// Kind is the event's name.
func (FitStartedEvent) Kind() string { return "fit_started" }

// Kind is the event's name.
func (WorkerBeganEvent) Kind() string { return "worker_began" }

// Kind is the event's name.
func (WorkerFittedEvent) Kind() string { return "worker_fitted" }

// Kind is the event's name.
func (WorkerFailedEvent) Kind() string { return "worker_failed" }

// Kind is the event's name.
func (FitCommittedEvent) Kind() string { return "fit_committed" }

// Kind is the event's name.
func (FitFailedEvent) Kind() string { return "fit_failed" }

// Kind is the event's name.
func (FitCancelledEvent) Kind() string { return "fit_cancelled" }

// Kind is the event's name.
func (ModelServedEvent) Kind() string { return "model_served" }

// Kind is the event's name.
func (WorkerDownEvent) Kind() string { return "worker_down" }

// Kind is the event's name.
func (WorkerJoinedEvent) Kind() string { return "worker_joined" }

// Kind is the event's name.
func (WorkerLeftEvent) Kind() string { return "worker_left" }

// Kind is the event's name.
func (WorkerUpEvent) Kind() string { return "worker_up" }

// Kind is the event's name.
func (WorkerCaughtUpEvent) Kind() string { return "worker_caught_up" }
