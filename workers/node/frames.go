package workers

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
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
		return nil, unreadable(err)
	}
	return arrays, nil
}

func unreadable(err error) error {
	return api.Problemf(api.CodeMalformedBody, "The frame cannot be read: %v.", err)
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

// isFrame reports whether a request can be served by serveFrame: a frame of
// known length, of at most limit bytes.
func isFrame(r *http.Request, limit int64) bool {
	return r.Method == http.MethodPost && r.ContentLength > 0 && r.ContentLength <= limit &&
		strings.HasPrefix(r.Header.Get("Content-Type"), wire.ContentTypeFrame)
}

// unserved makes of what serveFrame serves an operation, which documents it and
// takes frames of which the length was not known before.
func unserved(handle func(context.Context, wire.Received) ([][]byte, error)) func(context.Context, []byte) (*bodyOutput, error) {
	return func(ctx context.Context, body []byte) (*bodyOutput, error) {
		parts, err := handle(ctx, wire.ReceivedFrom(bytes.Clone(body))) // the body is valid until the handler returns
		if err != nil {
			return nil, err
		}
		frame := bytes.Join(parts, nil)
		return &bodyOutput{wire.ContentTypeFrame, len(frame), frame}, nil
	}
}

// serveFrame answers a request without huma between, which would gather a body
// in memory that grows as it comes: steps and micro-batches are many, and may be megabytes.
// What comes lies in memory, or in more of it, which is returned: whoever has no
// use for it any more may give it to the next. The answer is a frame in parts.
func (n *node) serveFrame(rw http.ResponseWriter, r *http.Request, memory []byte, handle func(context.Context, wire.Received) ([][]byte, error)) []byte {
	deadline := http.NewResponseController(rw)
	_ = deadline.SetReadDeadline(time.Now().Add(n.Limits().BodyTimeout)) // a connection that knows none has no slow sender
	frame, err := wire.Receive(r.Body, r.ContentLength, memory)
	if err != nil {
		code := api.CodeMalformedBody
		if errors.Is(err, os.ErrDeadlineExceeded) {
			code = api.CodeBodyTimeout
		}
		rest.WriteProblem(rw, api.Problemf(code, "The body did not come: %v.", err))
		return frame.Memory()
	}
	_ = deadline.SetReadDeadline(time.Time{})
	parts, err := handle(r.Context(), frame)
	if err != nil {
		var p *api.Problem
		if !errors.As(n.problem(err), &p) {
			p = api.NewProblem(api.CodeInternal, err.Error())
		}
		rest.WriteProblem(rw, p)
		return frame.Memory()
	}
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	rw.Header().Set("Content-Type", wire.ContentTypeFrame)
	rw.Header().Set("Content-Length", strconv.Itoa(size))
	for _, part := range parts {
		_, _ = rw.Write(part) // the caller may have gone, and then there is nobody to tell
	}
	return frame.Memory()
}
