package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
)

// huma builds its own errors (a body too large, a missing query parameter)
// through this variable and documents their type in OpenAPI from it; the one
// place where it can be made to use ours. The same goes for whether lists may be null.
func init() {
	huma.DefaultArrayNullable = false // no list of ours is null: an empty one is [], and what is absent is left out
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return newProblem(status, message, errs)
	}
}

func newProblem(status int, message string, errs []error) *api.Problem {
	for _, err := range errs {
		var p *api.Problem
		if errors.As(err, &p) {
			return p
		}
	}
	if status == http.StatusBadRequest && message == "request body is required" {
		status = http.StatusUnprocessableEntity // as the Python package has it: the request is sound HTTP
	}
	p := api.StatusProblem(status, message)
	for _, err := range errs {
		if err == nil {
			continue
		}
		if len(p.Errors) == api.MaxFaults {
			p.Detail += fmt.Sprintf(" (%d faults, the first %d are listed)", len(errs), api.MaxFaults)
			break
		}
		var d huma.ErrorDetailer
		if !errors.As(err, &d) {
			p.Errors = append(p.Errors, api.Fault{Message: err.Error()})
			continue
		}
		f := api.Fault{Location: d.ErrorDetail().Location, Message: d.ErrorDetail().Message}
		if v := d.ErrorDetail().Value; v != nil {
			f.Value = Shorten(fmt.Sprint(v))
		}
		p.Errors = append(p.Errors, f)
	}
	if len(p.Errors) > 0 && status < http.StatusInternalServerError {
		p.Detail += ": " + strings.TrimSpace(p.Errors[0].Location+" "+p.Errors[0].Message)
		p.Message = p.Detail
	}
	return p
}

// Shorten bounds a value that is echoed to the client.
func Shorten(s string) string {
	const limit = 64
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
