package launcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gochimera/chimera/internal/httpserver"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/launcher/internal/parallel"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

// Factory makes the worker that w describes (its folders absolute): the handler
// of everything below its URL, and what ends it, which may be nil, also with an error. It may load
// the data before it returns or later; in that case the handler answers 503 to ready
// until the data is loaded. The error says why the worker cannot work. ctx is for the making
// only; log is the worker's own. Factories of several workers run at the same
// time.
type Factory func(ctx context.Context, w Worker, log *slog.Logger) (http.Handler, io.Closer, error)

// InProcess launches each worker as goroutines of this program, behind an HTTP
// server of its own on loopback: the same wire as with processes, and nothing
// to build. This program's own requests need no connection, unless connections
// show who calls: [Endpoint] has the way Within. It is for tests, teaching and simulating many workers. Env, CPU
// shares, Cgo and the network do not apply, and a learner that panics outside a
// request ends the whole program.
//
// Stop lets requests under way finish, then cancels their contexts; a handler
// that heeds neither keeps its goroutine.
type InProcess struct {
	New Factory
}

// Name is "inprocess".
func (InProcess) Name() string { return "inprocess" }

// Launch implements [Launcher].
func (i InProcess) Launch(ctx context.Context, p Plan) (Fleet, error) {
	if i.New == nil {
		return nil, &PlanError{Problems: []string{"the inprocess launcher has no factory that makes workers"}}
	}
	l, err := begin(p, needAddress)
	if err != nil {
		return nil, err
	}
	defer l.prober.Close()

	n := len(l.Workers)
	hosts, doors := make([]*host, n), make([]door, n)
	end := func(force context.Context, k int) error {
		if hosts[k] == nil {
			return nil
		}
		defer func() { hosts[k] = nil }()
		doors[k].host.Store(nil)
		return hosts[k].stop(force, l.StopGrace)
	}
	var f *FleetBase
	start := func(ctx context.Context, k int) (err error) {
		w := l.Workers[k]
		if hosts[k], err = l.startHost(ctx, w, i.New, f.Died); err != nil {
			return fmt.Errorf("worker %s%s: %w", w.Name, onPort(w.Port), err)
		}
		l.Workers[k].Port = hosts[k].port // started again, it is where it was
		doors[k].host.Store(hosts[k])
		return hosts[k].await(ctx, l)
	}
	f = NewFleet(n, FleetParts{
		Observe: l.observer.emit, End: end,
		Halt: func(force context.Context) error {
			return parallel.Do(context.Background(), n, func(_ context.Context, k int) error { return end(force, k) })
		},
		Start: func(ctx context.Context, k int) error {
			err := start(ctx, k)
			if err != nil {
				err = errors.Join(err, end(ctx, k))
			}
			return err
		},
	})
	err = parallel.Do(ctx, n, func(ctx context.Context, k int) error {
		err := start(ctx, k)
		if hosts[k] != nil {
			e := Endpoint{Name: l.Workers[k].Name, URL: hosts[k].url, Peer: hosts[k].url}
			if !hosts[k].secured {
				e.Within = &doors[k]
			}
			f.SetEndpoint(k, e)
		}
		return err
	})
	if err != nil {
		f.Abandon()
		return nil, fmt.Errorf("launch: %w", err)
	}
	return f, nil
}

// host is a worker inside this process.
type host struct {
	worker  Worker
	url     string
	port    int
	secured bool // connections show who calls
	start   time.Time
	server  *http.Server
	silent  silentConns
	closer  io.Closer // may be nil
	log     *workerlog.Log
	hall    hall               // requests that come without a connection
	life    context.Context    // of the requests under way
	cancel  context.CancelFunc // of life
	served  chan struct{}      // closed when the server has ended
}

func (l *launch) startHost(ctx context.Context, w Worker, create Factory, died func(Exit)) (_ *host, err error) {
	h := &host{worker: w, start: time.Now(), served: make(chan struct{})}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(w.Host, strconv.Itoa(w.Port)))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = listener.Close()
		}
	}()
	var known *identity.Worker
	if w.Secret, known, err = l.introduce(w.Name); err != nil {
		return nil, err
	}
	h.log = l.openLog(w)
	// The handler writes one record at a time, and the log adds the time.
	handler := logs.Handler(lines.New(h.log.Err), logs.FormatOf(l.JSON), l.Level)
	var worker http.Handler
	worker, h.closer, err = create(ctx, w, slog.New(handler))
	if err == nil && worker == nil {
		err = errors.New("its factory made no handler")
	}
	if err != nil {
		if h.closer != nil {
			err = errors.Join(err, h.closer.Close())
		}
		return nil, errors.Join(err, h.log.Close())
	}
	h.hall.worker = worker
	h.life, h.cancel = context.WithCancel(context.Background())
	accepting := httpserver.Impatient(listener, l.WriteTimeout)
	scheme := "http"
	if known != nil {
		accepting, scheme, h.secured = known.Listener(accepting), known.Scheme(), known.Encrypted()
	}
	h.port = listener.Addr().(*net.TCPAddr).Port
	h.url = reachable(scheme + "://" + listener.Addr().String())
	h.server = httpserver.New(worker, slog.New(handler))
	h.server.ConnState, h.server.BaseContext = h.silent.track, func(net.Listener) context.Context { return h.life }
	go func() { // waited for by way of h.served, in stop
		defer close(h.served)
		if err := h.server.Serve(accepting); !errors.Is(err, http.ErrServerClosed) {
			died(Exit{Worker: w.Name, Code: -1, LastWords: err.Error()})
		}
	}()
	l.observer.emit(Event{Kind: Started, Worker: w.Name, URL: h.url})
	return h, nil
}

// introduce issues a worker's secret, and reads it as its program would; both are nil if workers are not known.
func (l *launch) introduce(worker string) ([]byte, *identity.Worker, error) {
	if l.Identity == nil {
		return nil, nil, nil
	}
	secret, err := l.Identity.Issue(worker)
	if err != nil {
		return nil, nil, err
	}
	known, err := identity.Read(secret)
	return secret, known, err
}

func (h *host) await(ctx context.Context, l *launch) error {
	if err := l.await(ctx, h.worker, h.url, h.log.LastWords); err != nil {
		return err
	}
	l.observer.emit(Event{Kind: Ready, Worker: h.worker.Name, URL: h.url, Elapsed: time.Since(h.start)})
	return nil
}

// door is the way to a worker in this program, which may be another host after a restart.
type door struct{ host atomic.Pointer[host] } // nil while it does not serve

// Enter implements the Within of an [Endpoint].
func (d *door) Enter() (http.Handler, context.Context) {
	h := d.host.Load()
	if h == nil {
		return nil, nil
	}
	return &h.hall, h.life
}

// hall is a worker's handler for requests without a connection, which are waited for when it closes, as a server waits for those of
// connections.
type hall struct {
	worker http.Handler

	mu     sync.Mutex
	closed bool
	guests int // inside
	inside sync.WaitGroup
}

// ServeHTTP breaks off what comes when the hall has closed.
func (h *hall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.enter() {
		panic(http.ErrAbortHandler)
	}
	defer h.leave()
	h.worker.ServeHTTP(w, r)
}

func (h *hall) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.guests++
		h.inside.Add(1)
	}
	return !h.closed
}

func (h *hall) leave() {
	h.mu.Lock()
	h.guests--
	h.mu.Unlock()
	h.inside.Done()
}

// close waits until those inside have ended, or until ctx has.
func (h *hall) close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	idle := h.guests == 0
	h.mu.Unlock()
	if idle { // also if ctx has ended
		return nil
	}
	empty := make(chan struct{})
	go func() { // a handler that does not end keeps its goroutine, and this one
		defer close(empty)
		h.inside.Wait()
	}()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop ends the server, then the worker behind it.
func (h *host) stop(force context.Context, grace time.Duration) error {
	patience, cancel := context.WithTimeout(force, grace)
	defer cancel()
	var errs []error
	h.silent.end()
	if err := errors.Join(h.server.Shutdown(patience), h.hall.close(patience)); err != nil {
		h.cancel()
		_ = h.server.Close()
		errs = append(errs, fmt.Errorf("worker %s had requests under way and was cut off", h.worker.Name))
	}
	h.cancel()
	<-h.served
	if h.closer != nil {
		if err := h.closer.Close(); err != nil {
			errs = append(errs, fmt.Errorf("ending worker %s: %w", h.worker.Name, err))
		}
	}
	return errors.Join(append(errs, h.log.Close())...)
}

var _ Launcher = InProcess{}
