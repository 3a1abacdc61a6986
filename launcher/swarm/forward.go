package swarm

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

// dialTime is how long a node may take to accept a connection.
const dialTime = 5 * time.Second

// forward is one worker's address on the master's machine: what connects to it is connected to where the worker is now.
type forward struct {
	listener net.Listener
	log      *slog.Logger
	worker   string

	mu      sync.Mutex
	to      string // empty: the worker is nowhere
	ctx     context.Context
	cut     context.CancelFunc // ends the connections to where it is
	closed  bool
	serving sync.WaitGroup
}

// newForward listens on any free port of loopback.
func newForward(ctx context.Context, worker string, log *slog.Logger) (*forward, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &forward{listener: listener, log: log, worker: worker}
	f.ctx, f.cut = context.WithCancel(context.Background())
	f.serving.Go(f.serve)
	return f, nil
}

// address is where it listens.
func (f *forward) address() string { return f.listener.Addr().String() }

// point hands connections on to another address from now on, and breaks those to the one before; an
// empty address breaks every connection that is made.
func (f *forward) point(to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.to == to || f.closed {
		return
	}
	f.cut()
	f.to = to
	f.ctx, f.cut = context.WithCancel(context.Background())
}

func (f *forward) serve() {
	for {
		from, err := f.listener.Accept()
		f.mu.Lock()
		if f.closed {
			f.mu.Unlock()
			if err == nil {
				_ = from.Close()
			}
			return
		}
		ctx, to := f.ctx, f.to
		f.mu.Unlock()
		if err != nil {
			f.log.Warn("taking a connection to a worker", "worker", f.worker, "error", err)
			select { // the system lacks something, such as descriptors
			case <-time.After(dialTime):
			case <-ctx.Done():
			}
			continue
		}
		if to == "" {
			reset(from)
			continue
		}
		f.serving.Go(func() { hand(ctx, from, to) })
	}
}

// reset ends a connection so that the caller knows that nothing was done.
func reset(from net.Conn) {
	if tcp, ok := from.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // else it would seem to have ended as it should
	}
	_ = from.Close()
}

// hand copies both ways until one has ended, or ctx has.
func hand(ctx context.Context, from net.Conn, to string) {
	conn, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", to)
	if err != nil {
		reset(from)
		return
	}
	defer context.AfterFunc(ctx, func() {
		reset(from)
		reset(conn)
	})()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(from, conn) // what was cut off, the caller sees
		_ = from.Close()
	})
	_, _ = io.Copy(conn, from)
	_ = conn.Close() // HTTP does not go on in one direction alone
	back.Wait()
}

// close ends the listening and every connection, and waits for that.
func (f *forward) close() {
	f.mu.Lock()
	f.closed = true
	f.cut()
	f.mu.Unlock()
	_ = f.listener.Close() // a second Close only returns an error
	f.serving.Wait()
}
