package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
)

// codesKey is where an operation's metadata has its codes.
const codesKey = "codes"

// Fails is an operation that documents with which problems it may be answered, beside those of every operation.
func Fails(op huma.Operation, codes ...api.Code) huma.Operation {
	op.Metadata = map[string]any{codesKey: codes}
	op.Errors = append(op.Errors, api.CodeInternal.Info().Status) // none at all would mean the usual ones (API.Limit)
	for _, c := range codes {
		if status := c.Info().Status; !slices.Contains(op.Errors, status) {
			op.Errors = append(op.Errors, status)
		}
	}
	return op
}

// Documents reports whether the operation that a request is for documents a problem. What is no operation documents none, and need
// not.
func (a *API) Documents(r *http.Request, p *api.Problem) bool {
	op := a.operation(r)
	return op == nil || slices.Contains(slices.Concat(a.problems(op, strconv.Itoa(p.Status)), a.problems(op, "default")), p.Code)
}

// common are the codes of problems that any operation may be answered with, those where requests are limited, those where clients have to say who
// they are, and those of an operation that takes a body.
var (
	common  = []api.Code{api.CodeCrossSite, api.CodeUnknownHost, api.CodeInternal, api.CodeStarting}
	limited = []api.Code{api.CodeTooManyRequests, api.CodeOverloaded}
	guarded = []api.Code{api.CodeUnauthenticated, api.CodeForbidden}
	bodily  = []api.Code{
		api.CodeMalformedBody, api.CodeDamaged, api.CodeBodyTimeout, api.CodeBodyTooLarge, api.CodeUnsupportedMedia, api.CodeInvalidRequest, api.CodeOverloaded,
	}
)

// problems are the codes that an operation documents for a status: its own, or all of that status if it has not said which.
// Those of the status "default" are common to all operations.
func (a *API) problems(op *huma.Operation, status string) []api.Code {
	if status == "default" {
		codes := slices.Clone(common)
		if op.RequestBody != nil {
			codes = append(codes, bodily...)
		}
		if a.limits.Requests > 0 && op.Path != api.PathHealth && op.Path != api.PathReady {
			codes = append(slices.DeleteFunc(codes, func(c api.Code) bool { return slices.Contains(limited, c) }), limited...)
		}
		if a.admit != nil && op.Path != api.PathHealth && op.Path != api.PathReady {
			codes = append(codes, guarded...)
		}
		return codes
	}
	own, said := op.Metadata[codesKey].([]api.Code)
	if op.RequestBody != nil || len(op.Parameters) > 0 {
		own = append(slices.Clone(own), api.CodeInvalidRequest)
	}
	var codes []api.Code
	for _, info := range api.Codes() {
		if strconv.Itoa(info.Status) == status && (!said || info.Code == api.CodeInternal || slices.Contains(own, info.Code)) {
			codes = append(codes, info.Code)
		}
	}
	return codes
}

// describeProblems lists the codes of each of an operation's problems, and shows one.
func (a *API) describeProblems(doc *huma.OpenAPI, op *huma.Operation) {
	const media = "application/problem+json"
	if doc.Components.Schemas.Map()["Problem"] != nil {
		schema := &huma.Schema{Ref: "#/components/schemas/Problem"}
		op.Responses["default"] = &huma.Response{Content: map[string]*huma.MediaType{media: {Schema: schema}}}
	}
	for status, response := range op.Responses {
		if response.Content[media] == nil {
			continue
		}
		codes := a.problems(op, status)
		if len(codes) == 0 {
			continue
		}
		lines := make([]string, len(codes))
		for i, c := range codes {
			lines[i] = fmt.Sprintf("- `%s`: %s", c, c.Info().Meaning)
			if status == "default" {
				lines[i] = fmt.Sprintf("- `%s` (%d): %s", c, c.Info().Status, c.Info().Meaning)
			}
		}
		title := "Any other problem, as of every operation"
		if n, err := strconv.Atoi(status); err == nil {
			title = http.StatusText(n)
		}
		response.Description = title + ". Codes:\n\n" + strings.Join(lines, "\n")
		if text, err := json.Marshal(api.NewProblem(codes[0], codes[0].Info().Meaning)); err == nil { // it holds texts
			response.Content[media].Example = json.RawMessage(text)
		}
	}
}
