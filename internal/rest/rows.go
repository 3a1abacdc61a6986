package rest

import (
	"errors"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
)

// RawInput is the input of an operation that reads its body itself. RawBody
// is only valid until the handler returns.
type RawInput struct {
	ContentType string `header:"Content-Type"`
	Accept      string `header:"Accept"`
	RawBody     []byte
}

// DocumentBody describes the JSON body of an operation with a RawInput, which
// checks it itself.
func DocumentBody(a *API, op *huma.Operation, body any) {
	schema := huma.SchemaFromType(a.Huma.OpenAPI().Components.Schemas, reflect.TypeOf(body))
	op.SkipValidateBody = true
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}

// DocumentAnswer describes the JSON form of an operation's 200 answer.
func DocumentAnswer(a *API, op *huma.Operation, body any) {
	schema := huma.SchemaFromType(a.Huma.OpenAPI().Components.Schemas, reflect.TypeOf(body))
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}}
}

// DecodeRows reads the columns and rows of a predict request in JSON.
func DecodeRows(in *RawInput, limits ReadLimits) (columns []string, x *mat.Dense, err error) {
	if err := WantJSON(in.ContentType); err != nil {
		return nil, nil, err
	}
	columns, x, err = wire.DecodePredict(in.RawBody, wire.RowsLimits{Bytes: limits.MaxBody, Faults: api.MaxFaults})
	if err != nil {
		return nil, nil, BodyProblem(err)
	}
	return columns, x, nil
}

// WantJSON refuses a content type that is not JSON. None at all is read as JSON.
func WantJSON(contentType string) error {
	if contentType == "" {
		return nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err == nil && (media == "application/json" || strings.HasSuffix(media, "+json")) {
		return nil
	}
	return api.Problemf(api.CodeUnsupportedMedia, "The body's content type is %q; send application/json.", Shorten(contentType))
}

// BodyProblem makes a problem of a body that cannot be used.
func BodyProblem(err error) error {
	var b *wire.BodyError
	if !errors.As(err, &b) {
		return api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	code := api.CodeInvalidRequest
	switch b.Status {
	case http.StatusBadRequest:
		code = api.CodeMalformedBody
	case http.StatusRequestEntityTooLarge:
		code = api.CodeBodyTooLarge
	}
	p := api.NewProblem(code, b.Error())
	for _, one := range b.Faults {
		location := "body"
		if one.Path != "" {
			location += "." + one.Path
		}
		p.Errors = append(p.Errors, api.Fault{Location: location, Message: one.Message, Value: one.Value})
	}
	return p
}
