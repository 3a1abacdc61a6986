package kubernetes

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/transport/websocket"
	"k8s.io/streaming/pkg/httpstream"
	streamspdy "k8s.io/streaming/pkg/httpstream/spdy"
)

// forwarder opens connections to pods through the API server, as kubectl port-forward does. Each has a connection to the server of its own: on one for all,
// bytes for a container that does not read them hold up the others, and after a container has refused one, others wait for ever.
type forwarder struct {
	account   *rest.Config
	api       kubernetes.Interface
	namespace string

	mu   sync.Mutex
	open map[*stream]string // to which pod; nil once it is closed
}

func newForwarder(account *rest.Config, api kubernetes.Interface, namespace string) *forwarder {
	return &forwarder{account: account, api: api, namespace: namespace, open: map[*stream]string{}}
}

// connect opens a connection to a port of a pod.
func (f *forwarder) connect(ctx context.Context, pod string, port int) (io.ReadWriteCloser, error) {
	made, err := f.dial(ctx, pod, port)
	if err != nil {
		return nil, fmt.Errorf("port %d of pod %s: %w", port, pod, err)
	}
	return made, nil
}

func (f *forwarder) dial(ctx context.Context, pod string, port int) (*stream, error) {
	f.mu.Lock()
	closed := f.open == nil
	f.mu.Unlock()
	if closed {
		return nil, errStopped
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	dialer, socket, err := f.dialer(pod)
	if err != nil {
		return nil, err
	}
	conn, err := dialed(ctx, dialer)
	if err != nil {
		return nil, err
	}
	made, err := newStream(conn, socket(), port)
	if err != nil {
		_ = conn.Close() // the next connection has another
		return nil, err
	}
	f.mu.Lock()
	closed = f.open == nil
	if !closed {
		f.open[made] = pod
		made.forget = func() {
			f.mu.Lock()
			delete(f.open, made)
			f.mu.Unlock()
		}
	}
	f.mu.Unlock()
	if closed {
		_ = made.Close() // it never fails
		return nil, errStopped
	}
	return made, nil
}

// dialed opens a connection to the server. The dialer takes no context, and the server answers late if it does not reach the node.
func dialed(ctx context.Context, dialer httpstream.Dialer) (httpstream.Connection, error) {
	type answer struct {
		conn httpstream.Connection
		err  error
	}
	answers := make(chan answer)
	go func() { // ends with the server's answer
		conn, _, err := dialer.Dial(portforward.PortForwardProtocolV1Name)
		select {
		case answers <- answer{conn, err}:
		case <-ctx.Done():
			if err == nil {
				_ = conn.Close() // nobody waits for it any more
			}
		}
	}()
	select {
	case a := <-answers:
		return a.conn, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

var errStopped = errors.New("the launcher has stopped")

// dialer reaches the server by a WebSocket, or, if that or a proxy knows none, by SPDY. After it has dialed, socket is the connection under the WebSocket; nil
// under SPDY.
func (f *forwarder) dialer(pod string) (dialer httpstream.Dialer, socket func() net.Conn, err error) {
	url := f.api.CoreV1().RESTClient().Post().Resource("pods").Namespace(f.namespace).Name(pod).SubResource("portforward").URL()
	older, err := f.older(url)
	if err != nil {
		return nil, nil, err
	}
	// Client-go keeps the connection for itself, where those who wrap its transport find it.
	var holder websocket.ConnectionHolder
	account := rest.CopyConfig(f.account)
	account.WrapTransport = func(t http.RoundTripper) http.RoundTripper {
		holder, _ = t.(websocket.ConnectionHolder)
		if f.account.WrapTransport != nil {
			t = f.account.WrapTransport(t)
		}
		return t
	}
	newer, err := portforward.NewSPDYOverWebsocketDialerForStreaming(url, account)
	if err != nil {
		return nil, nil, err
	}
	dialer = portforward.NewFallbackDialerForStreaming(newer, older, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
	return dialer, func() net.Conn {
		if holder == nil || holder.Connection() == nil {
			return nil
		}
		return holder.Connection().NetConn()
	}, nil
}

// older reaches the server by SPDY. Its streams are those of spdystream, which have deadlines.
func (f *forwarder) older(url *url.URL) (httpstream.Dialer, error) {
	secured, err := rest.TLSConfigFor(f.account)
	if err != nil {
		return nil, err
	}
	upgrader, err := streamspdy.NewRoundTripperWithConfig(streamspdy.RoundTripperConfig{
		TLS: secured, Proxier: f.account.Proxy, PingPeriod: portforward.PingPeriod,
	})
	if err != nil {
		return nil, err
	}
	transport, err := rest.HTTPWrappersForConfig(f.account, upgrader)
	if err != nil {
		return nil, err
	}
	return spdy.NewDialerForStreaming(spdy.NewUpgraderForStreaming(upgrader), &http.Client{Transport: transport}, http.MethodPost, url), nil
}

// drop ends the connections to a pod that is no more. They would not end by themselves if its node was lost.
func (f *forwarder) drop(pod string) {
	for _, s := range f.to(func(name string) bool { return name == pod }) {
		_ = s.Close() // it never fails
	}
}

// close ends all connections, and lets no new one be made.
func (f *forwarder) close() {
	all := f.to(func(string) bool { return true })
	f.mu.Lock()
	f.open = nil
	f.mu.Unlock()
	for _, s := range all {
		_ = s.Close() // it never fails
	}
}

// to are the open connections to some pods.
func (f *forwarder) to(which func(pod string) bool) (list []*stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s, pod := range f.open {
		if which(pod) {
			list = append(list, s)
		}
	}
	return list
}

// stream is one connection to a port of a pod.
type stream struct {
	httpstream.Stream
	conn   httpstream.Connection
	socket net.Conn // under conn if that is a WebSocket; else nil
	errors httpstream.Stream
	once   sync.Once
	read   chan struct{} // closed when errors has ended
	forget func()        // called when it is closed; may be nil
}

// newStream asks for a connection: one stream for what goes wrong, one for the bytes.
func newStream(conn httpstream.Connection, socket net.Conn, port int) (*stream, error) {
	headers := http.Header{}
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	headers.Set(corev1.PortHeader, strconv.Itoa(port))
	headers.Set(corev1.PortForwardRequestIDHeader, "0") // the only one of its connection
	failures, err := conn.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	_ = failures.Close() // nothing is written to it
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := conn.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	s := &stream{Stream: data, conn: conn, socket: socket, errors: failures, read: make(chan struct{})}
	go func() { // ends with the stream of failures: with the connection to the pod, or when Close resets it
		defer close(s.read)
		if words, err := io.ReadAll(failures); err == nil && len(words) > 0 {
			_ = data.Reset() // the pod refused the connection: whoever reads from it is to know
		}
	}()
	return s, nil
}

// CloseWrite says that nothing more is written.
func (s *stream) CloseWrite() error { return s.Stream.Close() }

// cut ends all reading and writing on the connection to the server.
func (s *stream) cut() {
	socket := s.socket
	if secured, ok := socket.(*tls.Conn); ok {
		socket = secured.NetConn() // which says no farewell, for which there may be no room
	}
	if socket != nil {
		_ = socket.Close() // it may be broken already
		return
	}
	if s, ok := s.Stream.(interface{ SetDeadline(t time.Time) error }); ok {
		_ = s.SetDeadline(time.Unix(1, 0)) // of the connection, for all streams; likewise
	}
}

// Close ends the connection. What is being sent need not arrive: if the node is lost nobody takes it, and everything else would wait behind it.
func (s *stream) Close() error {
	s.once.Do(func() {
		s.cut()
		_ = s.Reset()        // what is under way is of no use to anybody
		_ = s.errors.Reset() // likewise
		<-s.read
		_ = s.conn.Close() // likewise
		if s.forget != nil {
			s.forget()
		}
	})
	return nil
}
