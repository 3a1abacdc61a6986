package api

import (
	"fmt"
	"net/http"
	"strings"
)

// Code names a kind of problem. Codes are stable: a program may act on them.
type Code string

// The codes.
const (
	CodeMalformedBody    Code = "malformed_body"         // 400: not JSON, a damaged frame
	CodeInvalidRequest   Code = "invalid_request"        // 422: the content is wrong
	CodeBodyTooLarge     Code = "body_too_large"         // 413
	CodeBodyTimeout      Code = "body_timeout"           // 408: the sender was too slow
	CodeUnsupportedMedia Code = "unsupported_media_type" // 415
	CodeNotAcceptable    Code = "not_acceptable"         // 406
	CodeNotFound         Code = "not_found"              // 404
	CodeMethodNotAllowed Code = "method_not_allowed"     // 405
	CodeNotFitted        Code = "not_fitted"             // 409: predict before fit
	CodeFitRunning       Code = "fit_running"            // 409: one fit at a time
	CodeNoFitRunning     Code = "no_fit_running"         // 409: nothing to cancel
	CodeFitCancelled     Code = "fit_cancelled"          // 409
	CodeOutdated         Code = "outdated_model"         // 409: a worker holds another fit's model
	CodeUnusableData     Code = "unusable_data"          // 422: the learner refused the rows
	CodeDiverged         Code = "diverged"               // 422: the training ran away
	CodeStarting         Code = "starting"               // 503
	CodeTooManyListeners Code = "too_many_listeners"     // 503: the event stream is full
	CodeWorkersFailed    Code = "workers_failed"         // 502
	CodeWorkersTimeout   Code = "workers_timeout"        // 504
	CodeInternal         Code = "internal"               // 500: a bug
)

// kinds gives each code its HTTP status, a title and the class name that the
// Python package would put into details.errorMessage.
var kinds = map[Code]struct {
	status int
	title  string
	class  string
}{
	CodeMalformedBody:    {http.StatusBadRequest, "The request body cannot be read", "ValueError"},
	CodeInvalidRequest:   {http.StatusUnprocessableEntity, "The request is not valid", "ValueError"},
	CodeBodyTooLarge:     {http.StatusRequestEntityTooLarge, "The request body is too large", "ValueError"},
	CodeBodyTimeout:      {http.StatusRequestTimeout, "The request body came too slowly", "TimeoutError"},
	CodeUnsupportedMedia: {http.StatusUnsupportedMediaType, "The content type is not supported", "ValueError"},
	CodeNotAcceptable:    {http.StatusNotAcceptable, "No acceptable content type", "ValueError"},
	CodeNotFound:         {http.StatusNotFound, "Not found", "HTTPException"},
	CodeMethodNotAllowed: {http.StatusMethodNotAllowed, "Method not allowed", "HTTPException"},
	CodeNotFitted:        {http.StatusConflict, "There is no fitted model yet", "NotFittedError"},
	CodeFitRunning:       {http.StatusConflict, "A fit is running", "RuntimeError"},
	CodeNoFitRunning:     {http.StatusConflict, "No fit is running", "RuntimeError"},
	CodeFitCancelled:     {http.StatusConflict, "The fit was cancelled", "RuntimeError"},
	CodeOutdated:         {http.StatusConflict, "The worker holds another model", "RuntimeError"},
	CodeUnusableData:     {http.StatusUnprocessableEntity, "The data cannot be used", "ValueError"},
	CodeDiverged:         {http.StatusUnprocessableEntity, "The training diverged", "ValueError"},
	CodeStarting:         {http.StatusServiceUnavailable, "Still starting", "RuntimeError"},
	CodeTooManyListeners: {http.StatusServiceUnavailable, "Too many listen to the events", "RuntimeError"},
	CodeWorkersFailed:    {http.StatusBadGateway, "Workers failed", "ResponseException"},
	CodeWorkersTimeout:   {http.StatusGatewayTimeout, "Workers did not answer in time", "ResponseException"},
	CodeInternal:         {http.StatusInternalServerError, "Internal error", "Exception"},
}

// Problem is every error answer: RFC 9457 problem+json, and beside it the
// message and details of the Python package. It is an error and a
// huma.StatusError.
type Problem struct { //nolint:errname // RFC 9457 names it so
	Type    string          `json:"type" doc:"URN of the kind of problem." example:"urn:chimera:problem:not_fitted"`
	Title   string          `json:"title" doc:"The kind of problem in words."`
	Status  int             `json:"status" doc:"HTTP status."`
	Detail  string          `json:"detail" doc:"What happened, where, and what to do."`
	Code    Code            `json:"code" doc:"Stable name of the kind of problem."`
	Message string          `json:"message" doc:"The Python package's message."`
	Details ProblemDetails  `json:"details" doc:"The Python package's details."`
	Errors  []Fault         `json:"errors,omitzero" doc:"The faults one by one, at most 20."`
	Workers []WorkerFailure `json:"workers,omitzero" doc:"The workers that failed, each with its reason."`
	FitID   string          `json:"fit_id,omitzero" doc:"The fit that the problem is about."`
}

// ProblemDetails is what the Python package sends beside message.
type ProblemDetails struct {
	ErrorCode    int    `json:"errorCode" doc:"HTTP status."`
	ErrorMessage string `json:"errorMessage" doc:"Class name of the error."`
}

// Fault is one thing wrong with a request.
type Fault struct {
	Location string `json:"location" doc:"Where, for example body.X_pred_rows[3][1]."`
	Message  string `json:"message"`
	Value    string `json:"value,omitzero" doc:"The value found there, shortened."`
}

// WorkerFailure is a worker that did not take part, and why.
type WorkerFailure struct {
	Worker string `json:"worker"`
	Code   Code   `json:"code" doc:"The kind of failure."`
	Reason string `json:"reason"`
}

// String is "worker: reason".
func (f WorkerFailure) String() string { return f.Worker + ": " + f.Reason }

// MaxFaults bounds how many faults an answer lists, so that a large bad
// request does not come back larger.
const MaxFaults = 20

// NewProblem makes a problem of a kind; detail is a sentence for people.
func NewProblem(code Code, detail string) *Problem {
	k, ok := kinds[code]
	if !ok {
		k = kinds[CodeInternal]
	}
	return &Problem{
		Type: "urn:chimera:problem:" + string(code), Title: k.title, Status: k.status, Detail: detail, Code: code,
		Message: detail, Details: ProblemDetails{ErrorCode: k.status, ErrorMessage: k.class},
	}
}

// Problemf is NewProblem with a format.
func Problemf(code Code, format string, args ...any) *Problem {
	return NewProblem(code, fmt.Sprintf(format, args...))
}

// WorkersProblem says that too few workers did their part. message is the
// Python package's sentence; the detail adds every worker's reason. The status
// is 504 if all that failed did so by their deadline, else 502.
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

// ContentType turns application/json into application/problem+json, for huma.
func (p *Problem) ContentType(ct string) string {
	if ct == "application/json" || ct == "" {
		return "application/problem+json"
	}
	return ct
}

// codeOfStatus is the code for a status that the HTTP library answers by itself.
func codeOfStatus(status int) Code {
	switch status {
	case http.StatusBadRequest:
		return CodeMalformedBody
	case http.StatusRequestEntityTooLarge:
		return CodeBodyTooLarge
	case http.StatusRequestTimeout:
		return CodeBodyTimeout
	case http.StatusUnsupportedMediaType:
		return CodeUnsupportedMedia
	case http.StatusNotAcceptable:
		return CodeNotAcceptable
	case http.StatusNotFound:
		return CodeNotFound
	case http.StatusMethodNotAllowed:
		return CodeMethodNotAllowed
	}
	if status >= 400 && status < 500 {
		return CodeInvalidRequest
	}
	return CodeInternal
}

// StatusProblem is a problem for an HTTP status that has no code of ours yet.
func StatusProblem(status int, detail string) *Problem {
	p := NewProblem(codeOfStatus(status), detail)
	p.Status, p.Details.ErrorCode = status, status
	return p
}
