//go:build unix

package chaos

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/internal/wire"
)

// proxy stands before a worker, and makes the faults of the wire at the calls that the plan names. It
// asks strike for those of the others.
type proxy struct {
	url    string
	server *http.Server
	forth  *httputil.ReverseProxy
	served sync.WaitGroup
	strike func(fault) // a fault has struck; it does what concerns the worker itself, before the call goes on

	mu      sync.Mutex
	faults  []waiting     // that are not over
	calls   int           // since the faults were set
	holding chan struct{} // calls wait until it is closed; may be nil
}

// waiting is a fault that has still to strike at some calls.
type waiting struct {
	fault
	left int
}

// newProxy begins to stand before the worker at target.
func newProxy(ctx context.Context, target string, strike func(fault)) (*proxy, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{url: "http://" + l.Addr().String(), strike: strike}
	p.forth = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		// A connection that was kept open to a worker that has ended would break a call to its successor.
		Transport:      &http.Transport{DisableKeepAlives: true},
		ModifyResponse: p.modify,
		ErrorHandler:   p.fail,
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	p.server = &http.Server{Handler: p, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	p.served.Go(func() { _ = p.server.Serve(l) }) // ends by Close
	return p, nil
}

// set replaces the faults, and counts calls anew.
func (p *proxy) set(faults []fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.calls = nil, 0
	for _, f := range faults {
		p.faults = append(p.faults, waiting{f, f.Calls})
	}
}

// hold lets no call through until release is called.
func (p *proxy) hold() (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	over := make(chan struct{})
	p.holding = over
	return func() { close(over) }
}

// due are the faults of the next call. A corruption waits for a call that has a frame.
func (p *proxy) due(frame bool) (due []fault, holding <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	var left []waiting
	for _, f := range p.faults {
		if f.At > p.calls || f.Kind == corrupt && !frame {
			left = append(left, f)
			continue
		}
		due = append(due, f.fault)
		if f.left > 1 {
			left = append(left, waiting{f.fault, f.left - 1})
		}
	}
	p.faults = left
	return due, p.holding
}

// postpone makes faults strike at the next call: there was no answer that they could have affected.
func (p *proxy) postpone(faults []fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range faults {
		p.faults = append(p.faults, waiting{f, 1})
	}
}

// late is the context's key of the faults that affect the answer.
type late struct{}

// ServeHTTP hands a call on, or does what is due.
func (p *proxy) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	due, holding := p.due(isFrame(r.Header))
	var after []fault
	for _, f := range due {
		switch {
		case f.Late:
			after = append(after, f)
			continue
		case f.Kind == drop, f.Kind == cut:
			p.strike(f)
			panic(http.ErrAbortHandler)
		case f.Kind == delay:
			wait(r.Context(), time.After(f.For))
		case f.Kind == corrupt:
			body, err := io.ReadAll(r.Body)
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			r.Body = io.NopCloser(bytes.NewReader(flip(body)))
		}
		p.strike(f)
	}
	if holding != nil {
		wait(r.Context(), holding)
	}
	p.forth.ServeHTTP(rw, r.WithContext(context.WithValue(r.Context(), late{}, after)))
}

// modify does to an answer what is due.
func (p *proxy) modify(res *http.Response) error {
	after, _ := res.Request.Context().Value(late{}).([]fault)
	if len(after) == 0 || res.StatusCode < 200 {
		return nil
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // it was only read
	if err != nil {
		return err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	for _, f := range after {
		switch f.Kind {
		case delay:
			wait(res.Request.Context(), time.After(f.For))
		case drop, kill:
			p.strike(f)
			return errLate
		case cut:
			res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
		case corrupt:
			if isFrame(res.Header) { // else it was refused, in words
				res.Body = io.NopCloser(bytes.NewReader(flip(body)))
			}
		default:
		}
		p.strike(f)
	}
	return nil
}

// fail breaks the caller's connection, as that to the worker has broken.
func (p *proxy) fail(_ http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, errLate) {
		after, _ := r.Context().Value(late{}).([]fault)
		p.postpone(after)
	}
	panic(http.ErrAbortHandler)
}

// errLate says that an answer was lost on purpose.
var errLate = errors.New("the answer is dropped")

// broken is a connection that breaks.
type broken struct{}

// Read breaks.
func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func isFrame(h http.Header) bool {
	return strings.HasPrefix(h.Get("Content-Type"), wire.ContentTypeFrame)
}

// flip flips a bit in the middle. Only frames have a checksum; TCP's own, which hides such faults most
// of the time, is what other bodies rely on.
func flip(frame []byte) []byte {
	out := bytes.Clone(frame)
	if len(out) > 0 {
		out[len(out)/2] ^= 0x10
	}
	return out
}

func wait[T any](ctx context.Context, over <-chan T) {
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// close ends the proxy, and breaks the connections through it.
func (p *proxy) close() {
	_ = p.server.Close() // the listener's error, when it is closed already
	p.served.Wait()
	p.forth.Transport.(*http.Transport).CloseIdleConnections()
}
