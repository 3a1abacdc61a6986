package kubernetes

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"

	"github.com/gochimera/chimera/launcher"
)

// tunnel is a port of this machine whose connections end at a worker's pod. It stays when the pod is replaced.
type tunnel struct {
	listener net.Listener
	connect  func(ctx context.Context) (io.ReadWriteCloser, error)
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu   sync.Mutex
	open map[io.Closer]bool // nil once it is closed
}

// openTunnel listens where the plan says that the worker is reached.
func openTunnel(ctx context.Context, w launcher.Worker, connect func(ctx context.Context) (io.ReadWriteCloser, error)) (*tunnel, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(w.Host, strconv.Itoa(w.Port)))
	if err != nil {
		return nil, &PortError{Worker: w.Name, Port: w.Port, Err: err}
	}
	t := &tunnel{listener: listener, connect: connect, open: map[io.Closer]bool{}}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the launch
	t.cancel = cancel
	t.running.Go(func() { t.accept(life) })
	return t, nil
}

// address is where the worker is reached.
func (t *tunnel) address() string {
	host, port, err := net.SplitHostPort(t.listener.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return t.listener.Addr().String()
}

func (t *tunnel) accept(ctx context.Context) {
	for {
		conn, err := t.listener.Accept()
		if err != nil {
			return // it was closed
		}
		if !t.keep(conn) {
			_ = conn.Close() // nobody waits for it
			return
		}
		t.running.Go(func() {
			defer t.drop(conn)
			t.carry(ctx, conn)
		})
	}
}

// carry hands bytes on in both directions until either side ends.
func (t *tunnel) carry(ctx context.Context, conn net.Conn) {
	pod, err := t.connect(ctx)
	if err != nil {
		return // the caller sees a connection that ends: the worker cannot be reached
	}
	if !t.keep(pod) {
		_ = pod.Close()
		return
	}
	defer t.drop(pod)
	var there sync.WaitGroup
	there.Go(func() {
		_, err := io.Copy(pod, conn)
		if half, ok := pod.(interface{ CloseWrite() error }); ok && err == nil {
			_ = half.CloseWrite() // it fails if the other side has gone, which the copy back tells
			return
		}
		_ = pod.Close() // which ends the copy back
	})
	_, _ = io.Copy(conn, pod) // an end and a failure are the same to the caller: no more comes
	_ = conn.Close()          // which ends the copy there
	there.Wait()
}

// keep notes what is to be closed with the tunnel; false if it is closed already.
func (t *tunnel) keep(c io.Closer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		return false
	}
	t.open[c] = true
	return true
}

func (t *tunnel) drop(c io.Closer) {
	t.mu.Lock()
	delete(t.open, c)
	t.mu.Unlock()
	_ = c.Close() // it may have been closed before
}

// close ends all connections and waits for them.
func (t *tunnel) close() error {
	if t == nil {
		return nil
	}
	t.cancel()
	err := t.listener.Close()
	t.mu.Lock()
	open := t.open
	t.open = nil
	t.mu.Unlock()
	for c := range open {
		_ = c.Close() // see drop
	}
	t.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
