package transport

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
)

// Within is the way to a node that runs in this program.
type Within interface {
	// Enter is the node's handler, and the context that ends when the node cuts its connections. The handler is nil while the node does not
	// serve: then its address is called, and the operating system says what is wrong with it.
	Enter() (handler http.Handler, life context.Context)
}

// visit is a request that a handler of this program answers. It goes without a connection, which costs a small request several
// times what its answer takes, but is a request all the same: the handler sees the header and the body that would have been sent, in
// a goroutine and a context of its own, and the caller goes on when its context ends, whatever the handler does.
type visit struct {
	client *Client
	req    *http.Request
	body   *lent
	answer *gathered
	life   context.Context
	leave  context.CancelFunc
	over   chan struct{} // closed when the handler has ended
	broken bool          // it ended without an answer; to be read when it is over
}

// visit begins a request.
func (c *Client) visit(life context.Context, req *http.Request, h http.Handler, parts [][]byte, alive func()) *visit {
	ctx, leave := context.WithCancel(life)
	v := &visit{
		client: c, req: req, body: &lent{parts: parts}, life: life, leave: leave, over: make(chan struct{}),
		answer: &gathered{header: http.Header{}, alive: alive, body: c.visits.memory()},
	}
	req.Header.Set("User-Agent", userAgent)
	sent := &http.Request{
		Method: req.Method, URL: &url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}, RequestURI: req.URL.RequestURI(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: req.Header, Host: req.Host, RemoteAddr: visitor, Body: http.NoBody,
	}
	if len(parts) > 0 {
		sent.Body = v.body
		for _, p := range parts {
			sent.ContentLength += int64(len(p))
		}
	}
	if at, err := netip.ParseAddrPort(req.URL.Host); err == nil { // the address that it is reached at
		ctx = context.WithValue(ctx, http.LocalAddrContextKey, net.TCPAddrFromAddrPort(at))
	}
	alive()
	c.visits.run(func() {
		defer close(v.over)
		defer func() { v.broken = recover() != nil }() // as a connection breaks; the handler has said of its own faults what is to be said
		h.ServeHTTP(v.answer, sent.WithContext(ctx))
	})
	return v
}

// visitor is the address that a handler sees: this machine's, as the address of a node that is called within a program is.
const visitor = "127.0.0.1:0"

// receive hands the answer to read.
func (v *visit) receive(read func(*http.Response) error) error {
	defer v.leave()
	select {
	case <-v.over:
	case <-v.req.Context().Done():
		return v.part(v.req.Context().Err())
	case <-v.life.Done():
		return v.part(io.ErrUnexpectedEOF)
	}
	if v.broken {
		return io.EOF
	}
	a := v.answer
	body := a.body
	err := read(&http.Response{
		StatusCode: max(a.status, http.StatusOK), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)), Request: v.req,
	})
	v.client.visits.keep(body)
	return err
}

// part leaves a handler that goes on: from now on it has nothing of the caller's.
func (v *visit) part(err error) error {
	v.body.end()
	v.answer.end()
	return err
}

// lent is a body that lies in the caller's memory until end.
type lent struct {
	mu    sync.Mutex
	parts [][]byte // may not be changed
	at    int      // in the first part
	gone  bool
}

// Read reads what is left.
func (l *lent) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return 0, io.ErrUnexpectedEOF
	}
	for len(l.parts) > 0 && l.at == len(l.parts[0]) {
		l.parts, l.at = l.parts[1:], 0
	}
	if len(l.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.parts[0][l.at:])
	l.at += n
	return n, nil
}

// Close does nothing: the body is the caller's.
func (*lent) Close() error { return nil }

func (l *lent) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
}

// gathered is the answer while it is written.
type gathered struct {
	header http.Header

	mu     sync.Mutex
	status int
	body   []byte
	alive  func()
	gone   bool // nobody wants it any more
}

// Header implements http.ResponseWriter.
func (g *gathered) Header() http.Header { return g.header }

// WriteHeader takes the first status that is final. Interim ones (RFC 9110, section 15.2) say only that the handler is alive.
func (g *gathered) WriteHeader(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.gone || g.status != 0:
	case status < http.StatusOK:
		g.alive()
	default:
		g.status = status
	}
}

// Write implements http.ResponseWriter.
func (g *gathered) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone {
		return 0, io.ErrClosedPipe
	}
	if g.status == 0 {
		g.status = http.StatusOK
	}
	g.body = append(g.body, b...)
	return len(b), nil
}

func (g *gathered) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone, g.body = true, nil
}

// visits are the goroutines that handlers run in, which are used again since their stacks have grown, and the memory of answers.
type visits struct {
	mu     sync.Mutex
	idle   []chan func()
	bodies [][]byte
	closed bool
}

// run runs f in a goroutine.
func (s *visits) run(f func()) {
	s.mu.Lock()
	if last := len(s.idle) - 1; last >= 0 {
		next := s.idle[last]
		s.idle = s.idle[:last]
		s.mu.Unlock()
		next <- f
		return
	}
	s.mu.Unlock()
	go s.loop(f) // ends in close, or with a handler that ends after that
}

func (s *visits) loop(f func()) {
	next := make(chan func(), 1)
	for more := true; more; f, more = <-next {
		f()
		if !s.rest(next) {
			return
		}
	}
}

// rest has a goroutine wait for something to do, unless there are enough that do.
func (s *visits) rest(next chan func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) >= mostVisits {
		return false
	}
	s.idle = append(s.idle, next)
	return true
}

// mostVisits bounds the goroutines and the answers' memory that are kept.
const mostVisits = 64

// memory is for an answer.
func (s *visits) memory() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.bodies) - 1
	if last < 0 {
		return nil
	}
	body := s.bodies[last]
	s.bodies = s.bodies[:last]
	return body
}

// keep takes the memory of an answer that has been read, unless it is a rare one's.
func (s *visits) keep(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cap(body) > 0 && cap(body) <= piece && !s.closed && len(s.bodies) < mostVisits {
		s.bodies = append(s.bodies, body[:0])
	}
}

func (s *visits) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, next := range s.idle {
		close(next)
	}
	s.idle, s.bodies = nil, nil
}
