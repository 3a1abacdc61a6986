package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/internal/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
)

// bodyOutput is an answer that is encoded already. With its length known the
// caller reads it into memory of the right size.
type bodyOutput struct {
	ContentType   string `header:"Content-Type"`
	ContentLength int    `header:"Content-Length"`
	Body          []byte
}

func framed(head any, arrays ...wire.Array) (*bodyOutput, error) {
	b, err := wire.Encode(nil, head, arrays...)
	if err != nil {
		return nil, err
	}
	return &bodyOutput{wire.ContentTypeFrame, len(b), b}, nil
}

// decodeHead reads a frame; what is wrong with it is the caller's problem.
func decodeHead(body []byte, head any) ([]wire.Array, error) {
	arrays, err := wire.Decode(body, head)
	if err != nil {
		return nil, api.NewProblem(api.CodeMalformedBody, fmt.Sprintf("The frame cannot be read: %v.", err))
	}
	return arrays, nil
}

// mountFrame registers an operation whose body and answer are frames.
func (n *node) mountFrame(path, summary string, handle func(ctx context.Context, body []byte) (*bodyOutput, error)) {
	op := huma.Operation{
		Method: http.MethodPost, Path: path, Summary: summary, Tags: []string{string(n.spec.Role)}, SkipValidateBody: true,
		Description: "Between nodes of ours: a binary frame (" + wire.ContentTypeFrame + ") both ways.",
		Errors:      []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}
	rest.Register(n.API, op, func(ctx context.Context, in *rest.RawInput) (*bodyOutput, error) {
		if !strings.HasPrefix(in.ContentType, wire.ContentTypeFrame) {
			return nil, api.Problemf(api.CodeUnsupportedMedia, "The body's content type is %q; send %s.", rest.Shorten(in.ContentType), wire.ContentTypeFrame)
		}
		out, err := handle(ctx, in.RawBody)
		if err != nil {
			return nil, n.problem(err)
		}
		return out, nil
	})
}

// takesFrame reports whether a request can be served by serveFrame: a frame of
// known length, within the limits.
func (n *node) takesFrame(r *http.Request) bool {
	return r.Method == http.MethodPost && r.ContentLength > 0 && r.ContentLength <= n.Limits().MaxBody &&
		strings.HasPrefix(r.Header.Get("Content-Type"), wire.ContentTypeFrame)
}

// serveFrame answers a request without huma between, which would gather a body
// in memory that grows as it comes: steps and micro-batches are many, and may be megabytes.
// handle appends its answer to dst, which may be body's memory.
func (n *node) serveFrame(rw http.ResponseWriter, r *http.Request, handle func(ctx context.Context, body, dst []byte) ([]byte, error)) {
	deadline := http.NewResponseController(rw)
	_ = deadline.SetReadDeadline(time.Now().Add(n.Limits().BodyTimeout)) // a connection that knows none has no slow sender
	buffer, _ := n.buffers.Get().([]byte)
	if cap(buffer) < int(r.ContentLength) {
		buffer = make([]byte, r.ContentLength)
	}
	body := buffer[:r.ContentLength]
	defer func() { n.buffers.Put(buffer) }() //nolint:staticcheck // the slice's header is small beside a body
	if _, err := io.ReadFull(r.Body, body); err != nil {
		code := api.CodeMalformedBody
		if errors.Is(err, os.ErrDeadlineExceeded) {
			code = api.CodeBodyTimeout
		}
		rest.WriteProblem(rw, api.Problemf(code, "The body did not come: %v.", err))
		return
	}
	_ = deadline.SetReadDeadline(time.Time{})
	frame, err := handle(r.Context(), body, buffer[:0]) // what is read is copied before anything is written
	if err != nil {
		var p *api.Problem
		if !errors.As(n.problem(err), &p) {
			p = api.NewProblem(api.CodeInternal, err.Error())
		}
		rest.WriteProblem(rw, p)
		return
	}
	buffer = frame
	rw.Header().Set("Content-Type", wire.ContentTypeFrame)
	rw.Header().Set("Content-Length", strconv.Itoa(len(frame)))
	_, _ = rw.Write(frame) // the caller may have gone, and then there is nobody to tell
}
