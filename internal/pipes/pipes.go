// Package pipes is a network in memory for tests: its connections are pipes (net.Pipe), so that HTTP runs
// inside a bubble of package testing/synctest, whose clock waits for nobody. Hours of silence take no time there.
package pipes

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// Network is a network of hosts, each with one listener, whatever the port.
type Network struct {
	mu    sync.Mutex
	hosts map[string]*listener
}

// Serve serves a handler at a host until stop is called, which also breaks its connections.
func (n *Network) Serve(host string, handler http.Handler) (stop func()) {
	l := &listener{host: host, accepted: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	if n.hosts == nil {
		n.hosts = map[string]*listener{}
	}
	n.hosts[host] = l
	n.mu.Unlock()
	server := &http.Server{Handler: handler} //nolint:gosec // no caller is slow without meaning to be
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends with Close
	}()
	return func() {
		_ = server.Close() // nothing is left to do with its connections
		<-done
	}
}

// Dial connects to a host; the connection is refused if nothing is served there.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	l := n.hosts[host]
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: %w", address, syscall.ECONNREFUSED)
	}
	ours, theirs := net.Pipe()
	select {
	case l.accepted <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, fmt.Errorf("dial %s: %w", address, syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listener hands the other ends of dialled pipes to a server.
type listener struct {
	host     string
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepted:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return address(l.host) }

type address string

func (address) Network() string  { return "pipe" }
func (a address) String() string { return string(a) }
