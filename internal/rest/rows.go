package rest

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/prepare/table"
)

// RawInput is the input of an operation that reads its body itself.
type RawInput struct {
	ContentType string `header:"Content-Type"`
	Accept      string `header:"Accept"`
	Raw         []byte // the body as it came, which is not copied for huma
}

// Resolve takes the body from where it lies, for huma.
func (in *RawInput) Resolve(ctx huma.Context) []error {
	if body, ok := ctx.BodyReader().(received); ok {
		in.Raw = body.all
	}
	return nil
}

var _ huma.Resolver = (*RawInput)(nil)

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

// DecodeRows reads the columns and rows of a predict request in JSON, once there is memory for them and their answer,
// which takes up to answer bytes a row. missing are the cells that stand for a missing value, as in wire.RowsLimits.
func DecodeRows(ctx context.Context, body []byte, limits Limits, missing *cell.Missing, answer int64) (table.Rows, error) {
	if err := Reserve(ctx, predictMemory(body, answer)); err != nil {
		return table.Rows{}, err
	}
	rows, err := wire.DecodePredict(body, wire.RowsLimits{Bytes: limits.MaxBody, Columns: maxColumns, Faults: api.MaxFaults, Missing: missing})
	if err != nil {
		return table.Rows{}, BodyProblem(err)
	}
	return rows, nil
}

// maxColumns is how many columns a predict request may have.
const maxColumns = 1 << 20

// textMemory is what a text takes beside its letters if no two are the same: where it is, its code, and its place in an index.
const textMemory = 96

// predictMemory is what a predict request takes in all: its body, its numbers, which are in memory twice if they are brought into another
// order or sent on, its texts, and its answer. There are no more numbers than commas and one, no more texts than pairs of quotes, and no
// more rows than opening brackets.
func predictMemory(body []byte, answer int64) int64 {
	cells, rows := int64(bytes.Count(body, []byte{','}))+1, int64(bytes.Count(body, []byte{'['}))
	texts := int64(bytes.Count(body, []byte{'"'})) / 2
	return int64(len(body)) + 2*8*cells + textMemory*texts + answer*rows
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
