package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// Options describes a node's API.
type Options struct {
	Title       string
	Description string
	Version     string
	Limits      Limits
	Hosts       []string // names that the node is called by, beside addresses, localhost and its machine's names
	Log         *slog.Logger

	// Admit, if not nil, is the problem of a request whose sender may not make it; nil if it may. It is asked before the body is read,
	// with the pattern that the request fits, as Patterns has them ("" if it fits none), and with the answer's header.
	Admit func(header http.Header, r *http.Request, pattern string) *api.Problem
}

// API is a node's HTTP interface. Register operations, then serve it; it is an http.Handler.
type API struct {
	Huma    huma.API
	mux     *http.ServeMux
	pages   []string // patterns of what is served next to the API
	limits  Limits
	callers *callers
	memory  *memory
	door    *admission
	admit   func(http.Header, *http.Request, string) *api.Problem // nil lets all in
	log     *slog.Logger
	direct  map[string]func(http.ResponseWriter, *http.Request) bool // by path

	documents documents
}

// New makes an API without operations. OpenAPI documents are at
// /openapi.{json,yaml} (3.1) and /openapi-3.0.{json,yaml}.
func New(o Options) *API {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	format := huma.Format{Marshal: marshal, Unmarshal: func(b []byte, v any) error { return json.Unmarshal(b, v) }}
	config := huma.DefaultConfig(o.Title, o.Version)
	config.Info.Description = o.Description
	config.Formats = map[string]huma.Format{"application/json": format, "json": format}
	config.DocsPath = ""     // the renderers that huma knows load from a CDN; masters serve their own
	config.CreateHooks = nil // no $schema member in bodies: clients know what they asked for
	config.SchemasPath = ""  // the OpenAPI document has them
	config.OpenAPIPath = ""  // documents change with the model; see document.go
	// huma has sent the status when it writes the body: what cannot be written must be found before
	config.Transformers = append(config.Transformers, encoder(o.Log))
	config.AllowAdditionalPropertiesByDefault = true
	// a label is a number or a string, which its Go type does not show
	config.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[learner.Label](), reflect.TypeFor[api.LabelForm]())
	// what a model does with rows is for programs that have package prepare, whose types have the names of others
	for _, t := range []reflect.Type{reflect.TypeFor[prepare.Preparation](), reflect.TypeFor[prepare.Question]()} {
		config.Components.Schemas.RegisterTypeAlias(t, reflect.TypeFor[api.Object]())
	}
	mux := http.NewServeMux()
	limits := o.Limits.orDefault()
	a := &API{
		Huma: humago.New(mux, config), mux: mux, limits: limits, callers: newCallers(o.Hosts), memory: newMemory(limits.Memory, limits.Queue),
		door: newAdmission(limits), admit: o.Admit, log: o.Log,
	}
	a.Huma.OpenAPI().OnAddOperation = append(a.Huma.OpenAPI().OnAddOperation, a.describeProblems)
	a.mountDocuments()
	return a
}

// encoding is a body that has been encoded.
type encoding []byte

// encoder encodes bodies. A body that cannot be encoded (because of an
// unexpected NaN) is a bug, and is answered as one.
func encoder(log *slog.Logger) huma.Transformer {
	return func(ctx huma.Context, _ string, v any) (any, error) {
		b, err := encode(v)
		if err == nil {
			wire.AddDigest(ctx.Header(wire.HeaderWantDigest), b, ctx.SetHeader)
			return encoding(b), nil
		}
		log.ErrorContext(ctx.Context(), "an answer cannot be encoded; this is a bug", "path", ctx.URL().Path, "error", err)
		p := api.NewProblem(api.CodeInternal, "The answer cannot be written as JSON: "+err.Error())
		ctx.SetHeader("Content-Type", p.ContentType(""))
		ctx.SetStatus(p.Status) // the first status that is set is the one that is sent
		b, err = encode(p)
		return encoding(b), err
	}
}

// encode writes compact JSON. A problem may quote what a caller sent, which need not be UTF-8.
func encode(v any) ([]byte, error) {
	if p, ok := v.(*api.Problem); ok {
		return json.Marshal(p, jsontext.AllowInvalidUTF8(true))
	}
	if a, ok := v.(appender); ok {
		return a.AppendJSON(nil, func(v any) ([]byte, error) { return json.Marshal(v) })
	}
	return json.Marshal(v)
}

// appender is a body that writes itself faster than json.Marshal would, and the same.
type appender interface {
	AppendJSON(dst []byte, marshal func(any) ([]byte, error)) ([]byte, error)
}

// marshal writes compact JSON without a line's end, as the Python package does.
func marshal(w io.Writer, v any) error {
	b, done := v.(encoding)
	if !done {
		var err error
		if b, err = encode(v); err != nil {
			return err
		}
	}
	_, err := w.Write(b)
	return err
}

// Limits are the limits in force.
func (a *API) Limits() Limits { return a.limits }

// Handle serves something next to the API, such as a page.
func (a *API) Handle(pattern string, h http.Handler) {
	a.pages = append(a.pages, pattern)
	a.mux.Handle(pattern, h)
}

// Register adds an operation, with the API's limits.
func Register[I, O any](a *API, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	a.Limit(&op)
	huma.Register(a.Huma, op, handler)
}

// named makes a name of a path.
var named = strings.NewReplacer("/", "-", "{", "", "}", "")

// Limit sets the API's limits on an operation that is registered by other means.
func (a *API) Limit(op *huma.Operation) {
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1 // huma gets bodies that have been read, within the limits
	if op.OperationID == "" {
		op.OperationID = strings.ToLower(op.Method) + named.Replace(strings.TrimPrefix(op.Path, "/v1/chimera"))
	}
	if op.Errors == nil {
		op.Errors = []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError}
	}
}

// ServeHTTP routes a request: a path with an extra slash is redirected
// (307), an unknown path is 404, a method that a path does not know is 405
// with Allow, and a handler that panics answers 500 and is logged.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(fault)
		}
		a.log.ErrorContext(r.Context(), "a request handler panicked; this is a bug",
			"method", r.Method, "path", r.URL.Path, "panic", fault, "stack", string(debug.Stack()))
		WriteProblem(w, api.NewProblem(api.CodeInternal, "The server met a bug while answering; its log has the details."))
	}()
	probe := isProbe(r)
	if !probe && !isListener(r) {
		if p := a.door.enter(); p != nil {
			a.turnAway(w, r, p)
			return
		}
		defer a.door.leave()
	}
	if p := a.callers.refuse(r); p != nil {
		a.Refuse(w, r, p)
		return
	}
	if !probe { // after the pages of other sites, which shall not use up what their reader may send
		if p := a.door.hasten(w.Header(), r); p != nil {
			a.turnAway(w, r, p)
			return
		}
	}
	if a.admit != nil {
		_, pattern := a.mux.Handler(r)
		if p := a.admit(w.Header(), r, pattern); p != nil {
			a.turnAway(w, r, p)
			return
		}
	}
	op := a.operation(r)
	if op != nil {
		if h := a.direct[r.URL.Path]; h != nil && coding(r) == "" && h(w, r) {
			return
		}
		read, done, p := a.receive(w, r, op)
		if p != nil {
			a.Refuse(w, r, p)
			return
		}
		defer done()
		r = read
	} else if hasBody(r) {
		w.Header().Set("Connection", "close") // nobody reads it, but the server waits for a small one
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(a.limits.BodyTimeout))
	}
	if _, pattern := a.mux.Handler(r); pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	path := r.URL.Path
	if trimmed := strings.TrimRight(path, "/"); trimmed != path && trimmed != "" && !strings.HasPrefix(trimmed, "//") && len(a.allowed(trimmed)) > 0 {
		target := *r.URL
		target.Path = trimmed
		http.Redirect(w, r, target.RequestURI(), http.StatusTemporaryRedirect)
		return
	}
	if methods := a.allowed(path); len(methods) > 0 {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		WriteProblem(w, api.Problemf(api.CodeMethodNotAllowed, "%s does not take %s; it takes %s.", path, r.Method, strings.Join(methods, ", ")))
		return
	}
	WriteProblem(w, api.Problemf(api.CodeNotFound, "There is nothing at %s; /docs and /openapi.json list what there is.", path))
}

// Refuse answers with a problem before the body has been read. A body of a sender who does nothing worse than to call at a bad time or in a
// wrong form is read and forgotten, as most senders look for an answer only when they have sent it all; after any other the connection ends.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, p *api.Problem) {
	if hasBody(r) && !a.discard(w, r, p) {
		w.Header().Set("Connection", "close")
	}
	WriteProblem(w, p)
}

// discard reads the rest of a body, and reports whether the connection is of further use.
func (a *API) discard(w http.ResponseWriter, r *http.Request, p *api.Problem) bool {
	switch p.Code {
	case api.CodeOverloaded, api.CodeUnsupportedMedia, api.CodeCrossSite, api.CodeUnknownHost:
	default:
		return false
	}
	return discard(w, r, a.limits.MaxBody, a.limits.BodyTimeout)
}

// discard reads the rest of a body of at most so many bytes, and reports whether the connection is of further use. If not, the deadline
// stays: the server waits for the rest of a small body before it closes the connection.
func discard(w http.ResponseWriter, r *http.Request, limit int64, within time.Duration) bool {
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Now().Add(within)) // a connection without deadlines has no slow sender
	if r.Header.Get("Expect") != "" || r.ContentLength > limit {
		return false
	}
	if _, err := io.CopyN(io.Discard, r.Body, limit+1); !errors.Is(err, io.EOF) {
		return false
	}
	_ = deadline.SetReadDeadline(time.Time{})
	return true
}

// operation is what a request asks for; nil if it is not one of the API's operations.
func (a *API) operation(r *http.Request) *huma.Operation {
	item := a.item(r.URL.Path)
	if item == nil {
		return nil
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodDelete:
		return item.Delete
	case http.MethodPatch:
		return item.Patch
	}
	return nil
}

// allowed lists the methods that a path knows, from the API's operations.
func (a *API) allowed(path string) []string {
	item := a.item(path)
	if item == nil {
		return nil
	}
	var methods []string
	for _, m := range []struct {
		name string
		op   *huma.Operation
	}{{"GET", item.Get}, {"POST", item.Post}, {"PUT", item.Put}, {"DELETE", item.Delete}, {"PATCH", item.Patch}} {
		if m.op != nil {
			methods = append(methods, m.name)
		}
	}
	return methods
}

// WriteProblem answers with a problem outside of any operation.
func WriteProblem(w http.ResponseWriter, p *api.Problem) {
	b, err := encode(p)
	if err != nil { // a Problem holds nothing that cannot be written
		http.Error(w, p.Detail, p.Status)
		return
	}
	for name, values := range p.GetHeaders() {
		if w.Header().Get(name) == "" { // who refuses it may know better
			w.Header()[name] = values
		}
	}
	if p.Code == api.CodeUnsupportedMedia {
		w.Header().Set("Accept-Encoding", "gzip") // RFC 9110, section 12.5.3
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(b) // the client may have gone, and then there is nobody to report it to
}

// Answer answers with a JSON value outside of any operation.
func (a *API) Answer(w http.ResponseWriter, status int, v any) {
	b, err := encode(v)
	if err != nil {
		a.log.Error("an answer cannot be encoded; this is a bug", "error", err)
		WriteProblem(w, api.NewProblem(api.CodeInternal, "The answer cannot be written as JSON: "+err.Error()))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client may have gone
}

// OpenAPI renders the documents without a server, by file name.
func (a *API) OpenAPI() (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, name := range []string{"openapi.json", "openapi.yaml", "openapi-3.0.json", "openapi-3.0.yaml"} {
		b, err := a.render(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = bytes.TrimSpace(b)
	}
	return out, nil
}

// render writes a document by its file name.
func (a *API) render(name string) ([]byte, error) {
	doc := a.Huma.OpenAPI()
	switch name {
	case "openapi.yaml":
		return doc.YAML()
	case "openapi-3.0.json":
		return doc.Downgrade()
	case "openapi-3.0.yaml":
		return doc.DowngradeYAML()
	default:
		return doc.MarshalJSON()
	}
}
