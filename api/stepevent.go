package api

// StepEvent reports a step of a training. Of fast steps not every one has an event: there are at most 20 a second,
// among them the first and the last. What the workers did in the steps between is in their totals.
type StepEvent struct {
	FitID   string   `json:"fit_id"`
	Step    int      `json:"step"` // counted from 1
	MaxIter int      `json:"max_iter"`
	Loss    *float64 `json:"loss,omitzero" doc:"Of the rows before the step; absent if it is not known."`
	Workers int      `json:"workers"` // workers that answered
	Seconds float64  `json:"seconds"` // since the first step began

	At       float64       `json:"at,omitzero" doc:"Seconds since the fit began, at the end of the step."`
	Parts    []WorkerStep  `json:"parts,omitzero" doc:"What each worker did, in the order of the configuration."`
	Pipeline *PipelineStep `json:"pipeline,omitzero" doc:"Of a pipeline."`
}

// Kind is the event's name.
func (StepEvent) Kind() string { return "step" }

// WorkerStep is what a worker, or a stage, did in a step, and in all steps so far. The time of a step is what it computed,
// was on the wire and waited.
type WorkerStep struct {
	Worker     string  `json:"worker"`
	Rows       int     `json:"rows,omitzero" doc:"Rows that its answer is computed from."`
	Loss       float64 `json:"loss,omitzero" doc:"Mean loss of these rows, without the penalty; of a stage only the last."`
	SentAt     float64 `json:"sent_at,omitzero" doc:"When the request was sent: seconds since the fit began."`
	AnsweredAt float64 `json:"answered_at,omitzero" doc:"When its answer came."`
	Computing  float64 `json:"computing_seconds,omitzero" doc:"As the worker measured; absent if it does not say."`
	Wire       float64 `json:"wire_seconds,omitzero" doc:"From the request to the answer, in addition to computing and waiting for neighbours."`
	Waiting    float64 `json:"waiting_seconds,omitzero" doc:"For the slowest worker, or of a stage for its neighbours and for the end of the step."`
	Sent       int64   `json:"bytes_sent,omitzero" doc:"To the worker, or by a stage to its neighbours."`
	Received   int64   `json:"bytes_received,omitzero" doc:"From the worker, or by a stage from its neighbours."`
	Missed     string  `json:"missed,omitzero" doc:"Why the step is without its rows."`

	Total WorkerTotals `json:"total" doc:"Of all steps of the fit so far, also those that had no event."`
}

// WorkerTotals is what a worker did in all steps so far.
type WorkerTotals struct {
	Steps     int     `json:"steps"`
	Missed    int     `json:"missed,omitzero" doc:"Steps without its rows."`
	Computing float64 `json:"computing_seconds,omitzero"`
	Wire      float64 `json:"wire_seconds,omitzero"`
	Waiting   float64 `json:"waiting_seconds,omitzero"`
	Sent      int64   `json:"bytes_sent,omitzero"`
	Received  int64   `json:"bytes_received,omitzero"`
}

// PipelineStep is what a step tells of a pipeline as a whole.
type PipelineStep struct {
	MicroBatches int     `json:"micro_batches"`
	Bubble       float64 `json:"bubble" doc:"Share of the step's time in which stages did not compute."`
	BubbleSoFar  float64 `json:"bubble_so_far" doc:"The same of all steps so far."`
	BubbleTheory float64 `json:"bubble_in_theory" doc:"(p-1)/(m+p-1), for p equal stages on p processors, m micro-batches and links without delay."`
}
