package kubernetes

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// forwarder opens connections to pods through the API server, as kubectl port-forward does. All connections to a pod share one to
// the server, which is made anew when it breaks.
type forwarder struct {
	account   *rest.Config
	api       kubernetes.Interface
	namespace string

	mu     sync.Mutex
	pods   map[string]*carrier
	closed bool
	last   int // number of the last connection
}

// carrier is what carries the connections to one pod.
type carrier struct {
	mu   sync.Mutex // held while it is made
	conn httpstream.Connection
}

func newForwarder(account *rest.Config, api kubernetes.Interface, namespace string) *forwarder {
	return &forwarder{account: account, api: api, namespace: namespace, pods: map[string]*carrier{}}
}

// connect opens a connection to a port of a pod.
func (f *forwarder) connect(ctx context.Context, pod string, port int) (io.ReadWriteCloser, error) {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil, fmt.Errorf("port %d of pod %s: the launcher has stopped", port, pod)
	}
	if f.pods[pod] == nil {
		f.pods[pod] = &carrier{}
	}
	c := f.pods[pod]
	f.last++
	number := f.last
	f.mu.Unlock()
	conn, err := f.carried(ctx, c, pod)
	if err != nil {
		return nil, fmt.Errorf("port %d of pod %s: %w", port, pod, err)
	}
	if !f.has(pod, c) {
		_ = conn.Close() // nobody uses it any more
		return nil, fmt.Errorf("port %d of pod %s: it is no more", port, pod)
	}
	made, err := newStream(conn, port, number)
	if err != nil {
		_ = conn.Close() // the next connection has another
		return nil, fmt.Errorf("port %d of pod %s: %w", port, pod, err)
	}
	return made, nil
}

// carried is the connection to the server for a pod.
func (f *forwarder) carried(ctx context.Context, c *carrier, pod string) (httpstream.Connection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		select {
		case <-c.conn.CloseChan():
			c.conn = nil
		default:
			return c.conn, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	dialer, err := f.dialer(pod)
	if err != nil {
		return nil, err
	}
	c.conn, _, err = dialer.Dial(portforward.PortForwardProtocolV1Name)
	return c.conn, err
}

// dialer reaches the server by a WebSocket, or, if that or a proxy knows none, by SPDY.
func (f *forwarder) dialer(pod string) (httpstream.Dialer, error) {
	url := f.api.CoreV1().RESTClient().Post().Resource("pods").Namespace(f.namespace).Name(pod).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(f.account)
	if err != nil {
		return nil, err
	}
	older := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)
	newer, err := portforward.NewSPDYOverWebsocketDialerForStreaming(url, f.account)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialerForStreaming(newer, older, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}

// has reports whether the connections to a pod are still to be carried so.
func (f *forwarder) has(pod string, c *carrier) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pods[pod] == c
}

// drop ends the connections to a pod that is no more. They would not end by themselves if its node was lost, and the next pod of
// that name would not be reached.
func (f *forwarder) drop(pod string) {
	f.mu.Lock()
	c := f.pods[pod]
	delete(f.pods, pod)
	f.mu.Unlock()
	if c != nil && c.mu.TryLock() { // else it is being made, and whoever does that finds that it is no more
		defer c.mu.Unlock()
		c.end()
	}
}

// end ends what carries the connections to a pod. Its lock is held.
func (c *carrier) end() {
	if c.conn != nil {
		_ = c.conn.Close() // nobody uses it any more
	}
}

// close ends all connections, and lets no new one be made.
func (f *forwarder) close() {
	f.mu.Lock()
	f.closed = true
	pods := f.pods
	f.pods = map[string]*carrier{}
	f.mu.Unlock()
	for _, c := range pods {
		c.mu.Lock()
		c.end()
		c.mu.Unlock()
	}
}

// stream is one connection to a port of a pod.
type stream struct {
	httpstream.Stream
	conn   httpstream.Connection
	errors httpstream.Stream
	once   sync.Once
	read   chan struct{} // closed when errors has ended
}

// newStream asks for a connection: one stream for what goes wrong, one for the bytes.
func newStream(conn httpstream.Connection, port, number int) (*stream, error) {
	headers := http.Header{}
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	headers.Set(corev1.PortHeader, strconv.Itoa(port))
	headers.Set(corev1.PortForwardRequestIDHeader, strconv.Itoa(number))
	failures, err := conn.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	_ = failures.Close() // nothing is written to it
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := conn.CreateStream(headers)
	if err != nil {
		conn.RemoveStreams(failures)
		return nil, err
	}
	s := &stream{Stream: data, conn: conn, errors: failures, read: make(chan struct{})}
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

// Close ends the connection.
func (s *stream) Close() error {
	s.once.Do(func() {
		_ = s.Reset()        // what is under way is of no use to anybody
		_ = s.errors.Reset() // likewise
		<-s.read
		s.conn.RemoveStreams(s.Stream, s.errors)
	})
	return nil
}
