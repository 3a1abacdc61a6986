// Package transport is the calling side of the wire: one HTTP client with
// kept-alive connections for all the calls of a process, bounded answers, and
// errors that say what a caller can act on.
package transport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/traceparent"
	"github.com/gochimera/chimera/internal/wire"
)

// Client calls nodes over HTTP/1.1. It is safe for use by several goroutines.
type Client struct {
	direct    direct          // plain http
	http      *http.Transport // https, proxies and streams; no http.Client: nodes neither redirect nor set cookies
	maxAnswer int64
	proxy     func(*http.Request) (*url.URL, error)
	presents  func() string // the header Authorization of a client of a master; nil if there is none
	security  Security      // nil: nodes do not know each other
	visits    visits        // of handlers of this program
	secured   sync.Map      // of *http.Transport, by node: streams of nodes whose connections are secured
}

const (
	jsonType    = "application/json"
	dialTimeout = 5 * time.Second
	keepAlive   = 30 * time.Second
)

// New makes a client. maxAnswer bounds the bytes of an answer that it reads.
func New(maxAnswer int64) *Client {
	return NewOver(maxAnswer, (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}).DialContext)
}

// NewOver makes a client with connections of the caller's own.
func NewOver(maxAnswer int64, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dial,
		MaxIdleConnsPerHost:   64, // the default of 2 would open a connection for most parallel calls
		IdleConnTimeout:       2 * time.Minute,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true,
		WriteBufferSize:       64 << 10,
		ReadBufferSize:        64 << 10,
		Protocols:             protocols,
	}
	return &Client{http: t, maxAnswer: maxAnswer, proxy: http.ProxyFromEnvironment, direct: direct{dial: dial}}
}

// Close drops idle connections.
func (c *Client) Close() {
	c.direct.close()
	c.visits.close()
	c.http.CloseIdleConnections()
	c.secured.Range(func(_, t any) bool {
		t.(*http.Transport).CloseIdleConnections()
		return true
	})
}

// Request is one call.
type Request struct {
	Method      string
	URL         string
	Node        string // the node of the project that is called; empty for one that is not of a project
	ContentType string // of the body
	Accept      string // default: any
	Body        []byte // nil for none

	// Parts, if not nil, are the body instead of Body: one after the other,
	// sent from where they are. They may not change until Wait has returned.
	Parts [][]byte
	// Read, if not nil, takes the body of a 2xx answer instead of Answer.Body.
	// It reads length bytes, no more and no less.
	Read func(body io.Reader, length int64) error

	// Alive, if not nil, is called whenever the other side shows that it is alive: it takes the
	// connection, a piece of the body, or sends an interim answer or the head of the answer. It asks the
	// other side for an interim answer every Beat (api.HeaderBeat). It is called by one goroutine at a
	// time, and must not block.
	Alive func()
	Beat  time.Duration

	// Within, if not nil, is the way to a node that runs in this program. Such a request needs no connection; its answer is handed
	// to Read when all of it has been written.
	Within Within

	// LastEvent is the number of the last event that is known of a stream of events, which Stream is to go on behind it; 0 is none.
	LastEvent int
}

// Size is how many bytes the body has.
func (r *Request) Size() int {
	n := len(r.Body)
	if r.Parts != nil {
		n = 0
		for _, p := range r.Parts {
			n += len(p)
		}
	}
	return n
}

// Answer is what came back with a 2xx status.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte // nil if Request.Read took it
	Size        int64  // of the body in bytes
}

// Do makes a call. The error is a *StatusError for an answer that is not 2xx;
// any other means that there was no usable answer.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) { return c.Begin(ctx, r).Wait() }

// Call is a request that is under way.
type Call struct {
	client *Client
	req    *http.Request
	read   func(io.Reader, int64) error // nil: into the answer
	alive  func()                       // never nil
	flight *flight                      // nil if it goes by http.Transport, which sends it in Wait
	visit  *visit                       // instead of a flight, to a handler of this program
	err    error
}

// Begin sends a request and returns without waiting for the answer. To ask
// several nodes something small, beginning all calls and then waiting for each
// in turn is faster than a goroutine per call. Every Call must be waited for.
func (c *Client) Begin(ctx context.Context, r Request) *Call {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, http.NoBody)
	if err != nil {
		return &Call{err: fmt.Errorf("%s %s: %w", r.Method, r.URL, err)}
	}
	if strings.ContainsAny(r.ContentType, "\r\n") || strings.ContainsAny(r.Accept, "\r\n") {
		return &Call{err: fmt.Errorf("%s %s: a content type of two lines: %q, %q", r.Method, r.URL, r.ContentType, r.Accept)}
	}
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	if r.Accept != "" {
		req.Header.Set("Accept", r.Accept)
	}
	tell(ctx, req)
	c.present(req)
	c.authorize(req, r.Node)
	alive := r.Alive
	if alive == nil {
		alive = func() {}
	} else if r.Beat > 0 {
		req.Header.Set(api.HeaderBeat, r.Beat.String())
	}
	parts := r.Parts
	if parts == nil && r.Body != nil {
		parts = [][]byte{r.Body}
	}
	if r.Read == nil { // what reads answers itself reads frames, which have a checksum
		req.Header.Set(wire.HeaderWantDigest, wire.WantDigest)
	}
	if len(parts) == 1 && r.ContentType == jsonType {
		if value := wire.Digest(parts[0]); value != "" {
			req.Header.Set(wire.HeaderDigest, value)
		}
	}
	k := &Call{client: c, req: req, read: r.Read, alive: alive}
	if r.Within != nil && req.URL.Scheme == "http" {
		if handler, life := r.Within.Enter(); handler != nil {
			k.visit = c.visit(life, req, handler, parts, alive)
			return k
		}
	}
	if c.goesDirectly(req, r.Node) {
		k.flight = c.direct.send(req, r.Node, parts, alive)
		return k
	}
	if parts != nil { // http.Transport may read on after it has given up, so it has a copy
		body := bytes.Join(parts, nil)
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	if r.Alive != nil {
		k.req = listening(req, alive)
	}
	return k
}

// listening is a request to be sent by http.Transport, of whose interim answers alive is told.
func listening(req *http.Request, alive func()) *http.Request {
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(int, textproto.MIMEHeader) error { alive(); return nil },
	}))
}

// tell tells the other side which trace the request is part of, and for which request to the master, and of which run and step, it is.
func tell(ctx context.Context, req *http.Request) {
	traceparent.Of(ctx).Send(req.Header)
	if id := logs.Request(ctx); id != "" {
		req.Header.Set(api.HeaderRequest, id)
	}
	run, step := logs.Of(ctx)
	if run == "" || strings.ContainsAny(run, "\r\n") {
		return
	}
	req.Header.Set(api.HeaderRun, run)
	if step > 0 {
		req.Header.Set(api.HeaderStep, strconv.Itoa(step))
	}
}

// Wait waits for the answer; its error is as Do's.
func (k *Call) Wait() (*Answer, error) {
	if k.err != nil {
		return nil, k.err
	}
	var res *http.Response
	var body []byte
	var size int64
	read := func(r *http.Response) (err error) {
		res = r
		k.alive()
		if k.read != nil && isSuccess(r) {
			size, err = k.client.pass(r, k.read)
			return err
		}
		if body, err = readAll(r, k.client.maxAnswer); err != nil {
			return err
		}
		size = int64(len(body))
		return wire.CheckDigest(r.Header, body)
	}
	var err error
	if k.visit != nil {
		err = k.visit.receive(read)
	} else if k.flight != nil {
		err = k.flight.receive(read)
	} else if res, err = k.client.http.RoundTrip(k.req); err == nil {
		err = read(res)
		_ = res.Body.Close() // it was read
	}
	if err != nil {
		return nil, explain(k.req.Context(), err)
	}
	if !isSuccess(res) {
		return nil, statusError(res, body)
	}
	return &Answer{Status: res.StatusCode, ContentType: res.Header.Get("Content-Type"), Body: body, Size: size}, nil
}

func isSuccess(res *http.Response) bool { return res.StatusCode >= 200 && res.StatusCode <= 299 }

// pass hands the body of an answer on, if it is within the limit, and returns its size.
func (c *Client) pass(res *http.Response, read func(io.Reader, int64) error) (int64, error) {
	if res.ContentLength >= 0 && res.ContentLength <= c.maxAnswer {
		return res.ContentLength, read(res.Body, res.ContentLength)
	}
	body, err := readAll(res, c.maxAnswer)
	if err != nil {
		return 0, err
	}
	return int64(len(body)), read(bytes.NewReader(body), int64(len(body)))
}

// JSON makes a call with JSON both ways: in may be nil for no body, out nil
// for an answer that does not matter.
func (c *Client) JSON(ctx context.Context, method, url string, in, out any) error {
	r := Request{Method: method, URL: url, Accept: jsonType}
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, url, err)
		}
		r.Body, r.ContentType = b, jsonType
	}
	a, err := c.Do(ctx, r)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return fmt.Errorf("the answer of %s %s cannot be read: %w", method, url, err)
	}
	return nil
}

// Stream makes a call whose answer is read as it comes; the caller closes it. Of its body, Alive is not told: the caller reads it.
func (c *Client) Stream(ctx context.Context, r Request) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL, err)
	}
	req.Header.Set("Accept", r.Accept)
	if r.LastEvent > 0 {
		req.Header.Set("Last-Event-ID", strconv.Itoa(r.LastEvent))
	}
	tell(ctx, req)
	c.present(req)
	c.authorize(req, r.Node)
	alive := r.Alive
	if alive == nil {
		alive = func() {}
	} else {
		if r.Beat > 0 {
			req.Header.Set(api.HeaderBeat, r.Beat.String())
		}
		req = listening(req, alive)
	}
	res, err := c.through(req, r.Node).RoundTrip(req)
	if err != nil {
		return nil, explain(ctx, err)
	}
	alive()
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	b, err := readAll(res, c.maxAnswer)
	_ = res.Body.Close()
	if err != nil {
		return nil, explain(ctx, err)
	}
	return nil, statusError(res, b)
}

func readAll(res *http.Response, limit int64) ([]byte, error) {
	if res.ContentLength > limit {
		return nil, fmt.Errorf("the answer has %d bytes, more than the limit of %d", res.ContentLength, limit)
	}
	if res.ContentLength >= 0 {
		b := make([]byte, res.ContentLength)
		_, err := io.ReadFull(res.Body, b)
		return b, err
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("the answer has more than the limit of %d bytes", limit)
	}
	return b, err
}
