package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/wire"
)

// memory holds the buffers of one exchange of frames. A handler that reuses its memory takes one for
// each exchange and puts it back afterwards.
type memory struct {
	body []byte // the received frame, in which its arrays lie
	head []byte // the first part of the answer
	own  any    // the handler's
}

// answer is an answer through huma. Body is a frame, or a value that is written as JSON. Its length is
// sent, so that the caller can read a frame into memory of the right size.
type answer struct {
	ContentType   string `header:"Content-Type"`
	ContentLength string `header:"Content-Length"`
	Body          any
}

// handleFrames registers an operation on frames. huma only sees frames of unknown length and requests
// that must be refused; the others are answered directly.
func (n *Node) handleFrames(o *operation, h untyped) {
	n.api.Direct(o.Path, n.direct(o, h))
	n.documentFrames(o)
	rest.Register(n.api, o.Operation, func(ctx context.Context, in *rest.RawInput) (*answer, error) {
		var a *answer
		var err error
		switch {
		case strings.HasPrefix(in.ContentType, wire.ContentTypeFrame):
			a, err = n.buffered(ctx, in.Raw, h)
		case o.json == nil:
			err = api.Problemf(api.CodeUnsupportedMedia, "The body's content type is %q; send %s.", rest.Shorten(in.ContentType), wire.ContentTypeFrame)
		default:
			a, err = inJSON(ctx, in, o)
		}
		if err != nil {
			return nil, n.Problem(ctx, err)
		}
		return a, nil
	})
}

// exchange answers a frame with a frame in parts, which lie in m.
func (n *Node) exchange(ctx context.Context, frame wire.Received, h untyped, m *memory) ([][]byte, error) {
	q := h.sent()
	arrays, err := frame.Decode(q)
	if errors.Is(err, wire.ErrDamaged) {
		return nil, api.Problemf(api.CodeDamaged, "The frame was damaged on its way to worker %s: %v. Send it again.", n.Spec.Name, err)
	}
	if err != nil {
		return nil, api.Problemf(api.CodeMalformedBody, "The frame cannot be read: %v.", err)
	}
	a, out, err := h.answer(context.WithValue(ctx, sizeKey{}, frame.Len()), q, arrays, m.own)
	if err != nil {
		return nil, err
	}
	if frame, ok := a.(relayed); ok {
		return [][]byte{frame}, nil
	}
	return n.write(m, a, out)
}

// documentFrames adds the documentation that all operations on frames share.
func (n *Node) documentFrames(o *operation) {
	o.SkipValidateBody = true
	o.Errors = append([]int{http.StatusBadRequest, http.StatusUnsupportedMediaType}, o.Errors...)
	o.Description = strings.TrimSpace(o.Description + " Between nodes of this module: a binary frame (" + wire.ContentTypeFrame + ") both ways.")
	if o.json == nil {
		o.RequestBody = &huma.RequestBody{Required: true, Content: frameContent()}
		documentAnswer(o)
		return
	}
	maps.Copy(o.RequestBody.Content, frameContent())
	maps.Copy(o.Responses["200"].Content, frameContent())
}

// documentAnswer says that the answer is a frame.
func documentAnswer(o *operation) {
	o.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: frameContent()}}
}

func frameContent() map[string]*huma.MediaType {
	return map[string]*huma.MediaType{wire.ContentTypeFrame: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
}

// buffered answers a frame that huma has read completely.
func (n *Node) buffered(ctx context.Context, body []byte, h untyped) (*answer, error) {
	m := &memory{own: h.newMemory()}
	parts, err := n.exchange(ctx, wire.ReceivedFrom(body), h, m)
	if err != nil {
		return nil, err
	}
	return joined(parts), nil
}

func joined(parts [][]byte) *answer {
	frame := bytes.Join(parts, nil)
	return &answer{wire.ContentTypeFrame, strconv.Itoa(len(frame)), frame}
}

// inJSON answers the same operation with JSON.
func inJSON(ctx context.Context, in *rest.RawInput, o *operation) (*answer, error) {
	a, err := o.json(ctx, in.Raw)
	if err != nil {
		return nil, err
	}
	return &answer{ContentType: "application/json", Body: a}, nil
}

// direct answers frames of known length without huma, which would read a body into memory that grows
// as it arrives: steps and micro-batches are frequent and may be megabytes.
func (n *Node) direct(o *operation, h untyped) func(http.ResponseWriter, *http.Request) bool {
	pool := sync.Pool{New: func() any { return &memory{own: h.newMemory()} }}
	return func(rw http.ResponseWriter, r *http.Request) bool {
		if !isFrame(r, o.limit) {
			return false
		}
		if h.memory == nil {
			n.serveFrame(rw, r, h, &memory{})
			return true
		}
		m := pool.Get().(*memory)
		defer pool.Put(m)
		n.serveFrame(rw, r, h, m)
		return true
	}
}

// isFrame reports whether a request is a frame of known length, and at most limit bytes long.
func isFrame(r *http.Request, limit int64) bool {
	return r.Method == http.MethodPost && r.ContentLength > 0 && r.ContentLength <= limit &&
		strings.HasPrefix(r.Header.Get("Content-Type"), wire.ContentTypeFrame)
}

// frameFactor is how many bytes a byte of a frame may take: itself, where its arrays lie, and what is computed from it.
const frameFactor = 2

// serveFrame answers a frame of known length.
func (n *Node) serveFrame(rw http.ResponseWriter, r *http.Request, h untyped, m *memory) {
	ticket, err := n.api.Admit(r.Context(), frameFactor*r.ContentLength)
	if err != nil {
		n.api.Refuse(rw, r, n.Problem(r.Context(), err))
		return
	}
	defer ticket.Release()
	deadline := http.NewResponseController(rw)
	_ = deadline.SetReadDeadline(time.Now().Add(n.Limits().BodyTimeout)) // a connection without deadlines has no slow sender
	var body io.Reader = r.Body
	if r.ContentLength > n.Limits().MaxBody {
		body = &pacedBody{Reader: r.Body, deadline: deadline, within: n.Limits().BodyTimeout}
	}
	frame, err := wire.Receive(body, r.ContentLength, m.body)
	m.body = frame.Memory()
	if err != nil {
		code := api.CodeMalformedBody
		if errors.Is(err, os.ErrDeadlineExceeded) {
			code = api.CodeBodyTimeout
		}
		rw.Header().Set("Connection", "close")
		rest.WriteProblem(rw, api.Problemf(code, "The body could not be read: %v.", err))
		return
	}
	_ = deadline.SetReadDeadline(time.Time{})
	parts, err := n.exchange(r.Context(), frame, h, m)
	if err != nil {
		rest.WriteProblem(rw, n.Problem(r.Context(), err))
		return
	}
	rw.Header().Set("Content-Type", wire.ContentTypeFrame)
	rw.Header().Set("Content-Length", strconv.Itoa(length(parts)))
	for _, part := range parts {
		_, _ = rw.Write(part) // the caller may be gone, and then nobody needs the error
	}
}

// pacedBody is a body that is larger than others may be, and that may take its time: each pace of it has to come within the time of a body.
type pacedBody struct {
	io.Reader
	deadline *http.ResponseController
	within   time.Duration
	read     int // since the deadline was set
}

const pace = 1 << 20

// Read reads what has come.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.read += n; b.read >= pace {
		_ = b.deadline.SetReadDeadline(time.Now().Add(b.within)) // as the first one
		b.read = 0
	}
	return n, err
}

// write encodes a frame. It fails for a number that is not finite, or too large for float32, because
// then the training has diverged.
func (n *Node) write(m *memory, a any, arrays []Array) ([][]byte, error) {
	parts, err := wire.EncodeParts(m.head, a, arrays...)
	if err != nil {
		return nil, api.Problemf(api.CodeDiverged, "Worker %s: its result cannot be sent: %v.", n.Spec.Name, err)
	}
	m.head = parts[0]
	return parts, nil
}

// length is the total length of a frame's parts in bytes.
func length(parts [][]byte) (size int) {
	for _, part := range parts {
		size += len(part)
	}
	return size
}

// sizeKey is the context key of a frame's size.
type sizeKey struct{}

// BodySize is the size in bytes of the frame that is being answered, or 0 if the body is not a frame.
func BodySize(ctx context.Context) int {
	size, _ := ctx.Value(sizeKey{}).(int)
	return size
}

// Find returns the array with a name, or a problem of the caller's request.
func Find(arrays []Array, name string) (Array, error) {
	a, err := wire.Find(arrays, name)
	if err != nil {
		return a, api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	return a, nil
}

// FindMatrix returns the array with a name as a matrix that shares its memory, or a problem of the
// caller's request.
func FindMatrix(arrays []Array, name string) (*mat.Dense, error) {
	a, err := Find(arrays, name)
	if err != nil {
		return nil, err
	}
	x, err := a.Matrix()
	if err != nil {
		return nil, api.NewProblem(api.CodeMalformedBody, err.Error())
	}
	return x, nil
}
