package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Problem is the form of every error answer: RFC 9457 problem+json, plus the message and details of
// the Python package. It is an error and a huma.StatusError.
type Problem struct { //nolint:errname // RFC 9457 names it so
	Type    string          `json:"type" doc:"URN of the kind of problem." example:"urn:chimera:problem:not_fitted"`
	Title   string          `json:"title" doc:"Short description of the kind of problem."`
	Status  int             `json:"status" doc:"HTTP status."`
	Detail  string          `json:"detail" doc:"What happened, where, and what to do."`
	Code    Code            `json:"code" doc:"Stable name of the kind of problem."`
	Message string          `json:"message" doc:"The Python package's message."`
	Details ProblemDetails  `json:"details" doc:"The Python package's details."`
	Errors  []Fault         `json:"errors,omitzero" doc:"The faults one by one, at most 20."`
	Workers []WorkerFailure `json:"workers,omitzero" doc:"The workers that failed, each with its reason."`
	FitID   string          `json:"fit_id,omitzero" doc:"The fit that the problem is about."`
}

// ProblemDetails is what the Python package sends in addition to message.
type ProblemDetails struct {
	ErrorCode    int    `json:"errorCode" doc:"HTTP status."`
	ErrorMessage string `json:"errorMessage" doc:"Class name of the error."`
}

// Fault is one fault in a request.
type Fault struct {
	Location string `json:"location" doc:"Place of the fault, for example body.X_pred_rows[3][1]."`
	Message  string `json:"message"`
	Value    string `json:"value,omitzero" doc:"The value found there, shortened."`
}

// WorkerFailure is a worker that did not take part, and why.
type WorkerFailure struct {
	Worker string `json:"worker"`
	Code   Code   `json:"code" doc:"The kind of failure."`
	Reason string `json:"reason"`
}

// String returns "worker: reason".
func (f WorkerFailure) String() string { return f.Worker + ": " + f.Reason }

// MaxFaults bounds the number of faults in an answer, so that the answer to a large bad request is not
// larger still.
const MaxFaults = 20

// NewProblem makes a problem of a kind; detail is a sentence for users.
func NewProblem(code Code, detail string) *Problem {
	info := code.Info()
	info.Code = code // also for an unknown code
	return &Problem{
		Type: info.Type(), Title: info.Title, Status: info.Status, Detail: detail, Code: code,
		Message: detail, Details: ProblemDetails{ErrorCode: info.Status, ErrorMessage: info.Class},
	}
}

// Problemf is NewProblem with a format.
func Problemf(code Code, format string, args ...any) *Problem {
	return NewProblem(code, fmt.Sprintf(format, args...))
}

// WorkersProblem reports that too few workers did their part. message is the Python package's
// sentence; the detail adds every worker's reason. The status is 504 if all failures are timeouts, or
// else 502.
func WorkersProblem(message string, failures []WorkerFailure) *Problem {
	code := CodeWorkersTimeout
	reasons := make([]string, len(failures))
	for i, f := range failures {
		reasons[i] = f.String()
		if f.Code != CodeWorkersTimeout {
			code = CodeWorkersFailed
		}
	}
	if len(failures) == 0 {
		code = CodeWorkersFailed
	}
	p := NewProblem(code, strings.TrimSpace(message+" "+strings.Join(reasons, "; ")))
	p.Message, p.Workers = message, failures
	return p
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status, for huma.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the answer's further headers, for huma: when another try may do better, if that is known.
func (p *Problem) GetHeaders() http.Header {
	again := p.Code.Info().Again
	if again == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(again)}}
}

// ContentType turns application/json into application/problem+json, for huma.
func (p *Problem) ContentType(ct string) string {
	if ct == "application/json" || ct == "" {
		return "application/problem+json"
	}
	return ct
}

// StatusProblem is a problem for an HTTP status without a code of its own.
func StatusProblem(status int, detail string) *Problem {
	p := NewProblem(codeOfStatus(status), detail)
	p.Status, p.Details.ErrorCode = status, status
	return p
}
