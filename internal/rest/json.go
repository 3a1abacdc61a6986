package rest

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
)

// huma's handling of a request is compiled anew for each pair of types, which
// is 50 kB of a program each time. The functions below do what Register does for
// operations with a JSON body or answer, for any types with the same code:
// huma checks the body against the type's schema, and it is read afterwards.

// JSONHandler answers a request; read reads its body. The answer is written as JSON.
type JSONHandler func(ctx context.Context, read func(into any) error) (any, error)

// RegisterJSON adds an operation with a JSON body of the type of in and an
// answer of the type of out. With optional the body may be absent; then read does nothing.
func RegisterJSON(a *API, op huma.Operation, in, out any, optional bool, handle JSONHandler) {
	op.RequestBody = &huma.RequestBody{Required: !optional, Content: a.jsonContent(in)}
	op.Responses = a.answers(out)
	Register(a, op, func(ctx context.Context, in *struct{ Body *jsontext.Value }) (*Output[any], error) {
		return answered(handle(ctx, reader(in.Body)))
	})
}

// RegisterLook adds an operation without a body, whose answer is of the type of out.
func RegisterLook(a *API, op huma.Operation, out any, handle func(context.Context) (any, error)) {
	op.Responses = a.answers(out)
	registerWriter(a, op, func(ctx context.Context) (func(huma.Context), error) {
		v, err := handle(ctx)
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal(v)
		if err != nil {
			a.log.ErrorContext(ctx, "an answer cannot be encoded; this is a bug", "path", op.Path, "error", err)
			return nil, api.NewProblem(api.CodeInternal, "The answer cannot be written as JSON: "+err.Error())
		}
		return func(h huma.Context) {
			h.SetHeader("Content-Type", "application/json")
			wire.AddDigest(h.Header(wire.HeaderWantDigest), b, h.SetHeader)
			_, _ = h.BodyWriter().Write(b) // the client may have gone
		}, nil
	})
}

// RegisterStream adds an operation without a body that reads its query, which
// the operation documents, and writes its answer itself.
func RegisterStream(a *API, op huma.Operation, write func(huma.Context)) {
	registerWriter(a, op, func(context.Context) (func(huma.Context), error) { return write, nil })
}

func registerWriter(a *API, op huma.Operation, handle func(context.Context) (func(huma.Context), error)) {
	Register(a, op, func(ctx context.Context, _ *None) (*struct{ Body func(huma.Context) }, error) {
		write, err := handle(ctx)
		if err != nil {
			return nil, err
		}
		return &struct{ Body func(huma.Context) }{write}, nil
	})
}

// Fail answers with a problem instead of a stream that could not begin.
func Fail(h huma.Context, p *api.Problem) {
	h.SetHeader("Content-Type", p.ContentType(""))
	for name := range p.GetHeaders() {
		h.SetHeader(name, p.GetHeaders().Get(name))
	}
	h.SetStatus(p.Status)
	_ = marshal(h.BodyWriter(), p) // a Problem can be written; the client may have gone
}

// answers describes the 200 answer, of the type of out.
func (a *API) answers(out any) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: a.jsonContent(out)}}
}

// jsonContent describes a JSON value of the type of v, which is listed among
// the document's components.
func (a *API) jsonContent(v any) map[string]*huma.MediaType {
	t := reflect.TypeOf(v)
	schema := a.Huma.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}

func answered(a any, err error) (*Output[any], error) {
	if err != nil {
		return nil, err
	}
	return &Output[any]{a}, nil
}

// reader reads a body that has been checked against its schema. What is wrong
// beyond that, such as a number that is too large for its type, is reported as huma does.
func reader(body *jsontext.Value) func(into any) error {
	return func(into any) error {
		if body == nil {
			return nil
		}
		err := json.Unmarshal(*body, into)
		if err == nil {
			return nil
		}
		return huma.NewError(http.StatusUnprocessableEntity, "validation failed",
			&huma.ErrorDetail{Location: "body", Message: err.Error(), Value: string(*body)})
	}
}
