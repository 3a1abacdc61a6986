package transport

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/traceparent"
	"github.com/gochimera/chimera/internal/wire"
)

// direct sends requests over kept-alive HTTP/1.1 connections, each used by one
// call at a time and without goroutines of its own. http.Transport hands every
// request to one goroutine and every answer to another, which on loopback costs a small
// call half as much again, and copies a large body once more. Answers are read
// by net/http all the same. It is for nodes that are reached without a proxy.
type direct struct {
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	security Security // of connections for https

	mu     sync.Mutex
	idle   map[key][]*connection // the last used at the end
	closed bool
}

// key is whom a connection is to.
type key struct{ address, node string }

// connection is one kept-alive connection.
type connection struct {
	net.Conn
	key  key
	r    *bufio.Reader
	out  []byte // working space: the request's head
	made time.Time
	used time.Time
}

// Bounds of what is kept.
const (
	maxIdle  = 64               // connections an address
	idleFor  = 90 * time.Second // our servers keep them longer
	knownFor = time.Hour        // of a secured one: far less than certificates last, which the other side looks at with every request
	connSize = 32 << 10         // of a connection's buffer
)

// flight is a request that was sent and not yet answered.
type flight struct {
	d     *direct
	req   *http.Request // without its body
	node  string        // the node that it is to, if that has to be found out
	parts [][]byte      // the body
	alive func()        // is told of every sign of life of the other side
	c     *connection
	kept  bool // c had been used before
	stop  func() bool
	err   error
}

// send writes a request, if there is a kept connection for it; else receive
// makes one, which may take a while. What goes wrong is reported by receive.
func (d *direct) send(req *http.Request, node string, parts [][]byte, alive func()) *flight {
	f := &flight{d: d, req: req, parts: parts, alive: alive}
	if req.URL.Scheme == "https" {
		f.node = node
	}
	if f.c = d.take(f.key()); f.c != nil {
		f.kept = true
		f.write()
	}
	return f
}

// addressOf is where a request goes.
func addressOf(req *http.Request) string {
	if req.URL.Port() == "" {
		port := "80"
		if req.URL.Scheme == "https" {
			port = "443"
		}
		return net.JoinHostPort(req.URL.Hostname(), port)
	}
	return req.URL.Host
}

// dial makes a connection and writes the request.
func (f *flight) dial() {
	k, ctx := f.key(), f.req.Context()
	conn, err := f.d.dial(ctx, "tcp", k.address)
	if err == nil {
		f.alive()
	}
	if err == nil && k.node != "" {
		conn, err = f.d.security.Secure(ctx, conn, k.node)
	}
	if err != nil {
		f.err = err
		return
	}
	f.c = &connection{Conn: conn, key: k, r: bufio.NewReaderSize(conn, connSize), made: time.Now()}
	f.write()
}

// key is whom the request goes to.
func (f *flight) key() key { return key{addressOf(f.req), f.node} }

func (f *flight) write() {
	c, ctx := f.c, f.req.Context()
	f.stop = context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) }) // ends reads and writes at once
	c.out = appendHead(c.out[:0], f.req, f.parts)
	f.err = c.send(f.parts, f.alive)
}

// fewBytes are copied into one piece, which is less work than to send several.
const fewBytes = 16 << 10

// piece is how much of a body is written before the other side, which takes it, counts as alive.
const piece = 1 << 20

// send writes the head and the body.
func (c *connection) send(parts [][]byte, alive func()) error {
	all := len(c.out)
	for _, p := range parts {
		all += len(p)
	}
	if all <= fewBytes {
		for _, p := range parts {
			c.out = append(c.out, p...)
		}
		_, err := c.Write(c.out)
		return err
	}
	pieces, size := net.Buffers{c.out}, 0
	for _, p := range parts {
		for len(p) > 0 {
			n := min(len(p), piece-size)
			pieces, size, p = append(pieces, p[:n]), size+n, p[n:]
			if size < piece {
				continue
			}
			if _, err := pieces.WriteTo(c.Conn); err != nil { // as few system calls as there can be
				return err
			}
			alive()
			pieces, size = nil, 0
		}
	}
	_, err := pieces.WriteTo(c.Conn)
	return err
}

// sentHeaders are the headers that a request may have, beside those that every one has.
var sentHeaders = []string{
	"Content-Type", "Accept", headerAuthorization, api.HeaderBeat, api.HeaderRequest, api.HeaderRun, api.HeaderStep, traceparent.HeaderParent,
	traceparent.HeaderState, wire.HeaderDigest, wire.HeaderWantDigest,
}

// userAgent is what requests say of their sender.
const userAgent = "chimera"

// appendHead appends a request up to its body.
func appendHead(dst []byte, req *http.Request, parts [][]byte) []byte {
	dst = append(append(append(append(dst, req.Method...), ' '), req.URL.RequestURI()...), " HTTP/1.1\r\nHost: "...)
	dst = append(append(dst, req.Host...), "\r\nUser-Agent: "+userAgent+"\r\n"...)
	if parts != nil || req.Method == http.MethodPost {
		size := 0
		for _, p := range parts {
			size += len(p)
		}
		dst = append(strconv.AppendInt(append(dst, "Content-Length: "...), int64(size), 10), "\r\n"...)
	}
	for _, name := range sentHeaders {
		if value := req.Header.Get(name); value != "" {
			dst = append(append(append(append(dst, name...), ": "...), value...), "\r\n"...)
		}
	}
	return append(dst, "\r\n"...)
}

// receive hands the answer to read, which must read its body to the end. A
// kept connection that turns out to be closed before anything of the answer
// came is replaced, and the request sent again: as a rule the other side had closed it
// before, and no request between nodes does harm if it is sent twice.
func (f *flight) receive(read func(*http.Response) error) error {
	if f.c == nil {
		f.dial()
	}
	if f.c == nil {
		return f.err
	}
	if f.err == nil {
		_, f.err = f.c.r.Peek(1)
	}
	if f.err != nil {
		f.end(false)
		if !f.kept || f.req.Context().Err() != nil {
			return f.err
		}
		again := &flight{d: f.d, req: f.req, node: f.node, parts: f.parts, alive: f.alive} // on a new connection: others that are kept are likely as stale
		return again.receive(read)
	}
	res, err := f.readHead()
	if err != nil {
		f.end(false)
		return err
	}
	err = read(res)
	_ = res.Body.Close() // it was read, or the connection goes
	f.end(err == nil && !res.Close)
	return err
}

// readHead reads the answer up to its body. Interim answers (RFC 9110, section 15.2) say only that the
// other side is alive.
func (f *flight) readHead() (*http.Response, error) {
	for {
		res, err := http.ReadResponse(f.c.r, f.req)
		if err != nil || res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols {
			return res, err
		}
		f.alive()
	}
}

// end gives the connection back, or closes it. One whose context has ended has
// a deadline in the past, now or soon, and is of no more use.
func (f *flight) end(keep bool) {
	if !f.stop() || !keep {
		_ = f.c.Close() // nothing of it is wanted
		return
	}
	f.d.keep(f.c)
}

// take is the connection last used, if any is young enough.
func (d *direct) take(k key) *connection {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.idle[k]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	if time.Since(c.used) <= idleFor && !c.outdated() {
		d.idle[k] = list[:len(list)-1]
		return c
	}
	for _, old := range list { // the rest was used longer ago, or costs no more than one that is made again
		_ = old.Close()
	}
	delete(d.idle, k)
	return nil
}

// outdated reports whether a connection was made so long ago that what both sides have shown on it may run out.
func (c *connection) outdated() bool { return c.key.node != "" && time.Since(c.made) > knownFor }

func (d *direct) keep(c *connection) {
	c.used = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.idle[c.key]) >= maxIdle {
		_ = c.Close() // one too many
		return
	}
	if d.idle == nil {
		d.idle = map[key][]*connection{}
	}
	d.idle[c.key] = append(d.idle[c.key], c)
}

// close drops the kept connections, and those in use once they are given back.
func (d *direct) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, list := range d.idle {
		for _, c := range list {
			_ = c.Close() // nothing is under way on it
		}
	}
	d.idle = nil
}
