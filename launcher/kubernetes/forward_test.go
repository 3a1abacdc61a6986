//go:build unix

package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	gwebsocket "github.com/gorilla/websocket"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"

	"github.com/gochimera/chimera/launcher"
)

// portForwards is an API server's port forwarding: of WebSockets, or of SPDY alone, as that of those is that are older than WebSockets. What is behind every
// pod is an address of this machine; "" refuses connections, as a pod does that does not listen.
type portForwards struct {
	webSockets bool

	mu    sync.Mutex
	to    string
	asked []string
	conns []httpstream.Connection
}

func (p *portForwards) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.URL.Path)
	p.mu.Unlock()
	streams := make(chan httpstream.Stream, 10)
	conn := p.upgrade(w, r, func(s httpstream.Stream, _ <-chan struct{}) error {
		streams <- s
		return nil
	})
	if conn == nil {
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, conn)
	p.mu.Unlock()
	failures := map[string]httpstream.Stream{}
	for {
		select {
		case <-conn.CloseChan():
			return
		case s := <-streams:
			id := s.Headers().Get(corev1.PortForwardRequestIDHeader)
			if s.Headers().Get(corev1.StreamType) == corev1.StreamTypeError {
				failures[id] = s
				continue
			}
			go p.carry(s, failures[id])
		}
	}
}

// upgrade makes a connection of a request; nil if it has refused to.
func (p *portForwards) upgrade(w http.ResponseWriter, r *http.Request, handle httpstream.NewStreamHandler) httpstream.Connection {
	if !gwebsocket.IsWebSocketUpgrade(r) {
		if _, err := httpstream.Handshake(r, w, []string{portforward.PortForwardProtocolV1Name}); err != nil {
			return nil
		}
		return spdy.NewResponseUpgrader().UpgradeResponse(w, r, handle)
	}
	if !p.webSockets {
		http.Error(w, "no WebSockets here", http.StatusBadRequest)
		return nil
	}
	socket, err := (&gwebsocket.Upgrader{Subprotocols: []string{"SPDY/3.1+" + portforward.PortForwardProtocolV1Name}}).Upgrade(w, r, nil)
	if err != nil {
		return nil
	}
	conn, err := spdy.NewServerConnection(portforward.NewTunnelingConnection("server", socket), handle)
	if err != nil {
		return nil
	}
	return conn
}

func (p *portForwards) carry(data, failures httpstream.Stream) {
	defer func() { _ = failures.Close() }()
	p.mu.Lock()
	to := p.to
	p.mu.Unlock()
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", to)
	if err != nil {
		_, _ = failures.Write([]byte(err.Error()))
		_ = data.Close()
		return
	}
	go func() {
		_, _ = io.Copy(conn, data)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(data, conn)
	_ = data.Close()
	_ = conn.Close()
}

// breakAll ends all connections to the server.
func (p *portForwards) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// inBothWays tries what reaches pods by WebSockets and by SPDY.
func inBothWays(t *testing.T, try func(t *testing.T, forwards *portForwards)) {
	t.Helper()
	for name, webSockets := range map[string]bool{"WebSocket": true, "SPDY": false} {
		t.Run(name, func(t *testing.T) { try(t, &portForwards{webSockets: webSockets}) })
	}
}

// newTestForwarder reaches pods by a server.
func newTestForwarder(t *testing.T, server *httptest.Server) *forwarder {
	t.Helper()
	account := &rest.Config{Host: server.URL, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	api, err := kubernetes.NewForConfig(account)
	if err != nil {
		t.Fatal(err)
	}
	return newForwarder(account, api, "ml")
}

// Requests reach a pod through the API server by client-go's own protocol: many at once, large ones, after the connection to the server broke,
// and a pod that does not listen is one that cannot be reached.
func TestForward(t *testing.T) { inBothWays(t, testForward) }

func testForward(t *testing.T, forwards *portForwards) {
	t.Helper()
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(body)
	}))
	defer worker.Close()
	forwards.to = worker.Listener.Addr().String()
	server := httptest.NewServer(forwards)
	defer server.Close()
	defer forwards.breakAll()
	forward := newTestForwarder(t, server)
	tunnel, err := openTunnel(t.Context(), launcher.Worker{Name: "tree1", Host: "127.0.0.1"}, func(ctx context.Context) (io.ReadWriteCloser, error) {
		return forward.connect(ctx, "iris-tree1-0", 80)
	})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	echo := func(body []byte) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+tunnel.address(), bytes.NewReader(body))
		if err != nil {
			return err
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		got, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err == nil && !bytes.Equal(got, body) {
			err = errors.New("another answer than was sent")
		}
		return err
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := echo(bytes.Repeat([]byte{byte(i)}, 1<<20+i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	forwards.mu.Lock()
	times := map[string]int{}
	for _, asked := range forwards.asked {
		times[asked]++
	}
	newer, older := times["GET /api/v1/namespaces/ml/pods/iris-tree1-0/portforward"], times["POST /api/v1/namespaces/ml/pods/iris-tree1-0/portforward"]
	if newer == 0 || older != map[bool]int{false: newer}[forwards.webSockets] || newer+older != len(forwards.asked) {
		t.Errorf("the server was asked %v; want a WebSocket, and then, if it knows none, SPDY, for each connection", forwards.asked)
	}
	forwards.mu.Unlock()

	transport.CloseIdleConnections()
	forwards.breakAll()
	for err = errors.New("not yet"); err != nil && t.Context().Err() == nil; { // until the client has noticed
		err = echo([]byte("again"))
	}

	transport.CloseIdleConnections()
	forwards.mu.Lock()
	before := len(forwards.asked)
	forwards.mu.Unlock()
	forward.drop("iris-tree1-0")
	if err := echo([]byte("another")); err != nil {
		t.Error(err)
	}
	forwards.mu.Lock()
	if len(forwards.asked) == before {
		t.Error("the next pod of that name is called by a connection to the one before")
	}
	forwards.mu.Unlock()

	transport.CloseIdleConnections()
	forwards.mu.Lock()
	forwards.to = "127.0.0.1:1"
	forwards.mu.Unlock()
	if err := echo([]byte("nobody")); err == nil {
		t.Error("a pod that does not listen answered")
	}
	if err := tunnel.close(); err != nil {
		t.Error(err)
	}
	forward.close()
	if _, err := forward.connect(t.Context(), "iris-tree1-0", 80); err == nil {
		t.Error("a connection was made after the end")
	}
}

// gate is what a lost node does to the connections of a listener: once it is closed, what comes is not taken.
type gate struct {
	net.Listener
	closed atomic.Bool
	coming chan struct{} // closed when something has come since
	once   sync.Once
	over   chan struct{} // closed when the test has ended
}

func (g *gate) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	return &gated{conn, g}, err
}

type gated struct {
	net.Conn
	gate *gate
}

func (c *gated) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.gate.closed.Load() && n > 0 {
		c.gate.once.Do(func() { close(c.gate.coming) })
		<-c.gate.over
	}
	return n, err
}

// A pod on a node that is lost while much is being sent to it is dropped at once, and whoever sends is told.
func TestDropWhileSending(t *testing.T) {
	inBothWays(t, func(t *testing.T, forwards *portForwards) {
		t.Helper()
		for name, secured := range map[string]bool{"plain": false, "TLS": true} {
			t.Run(name, func(t *testing.T) { testDropWhileSending(t, forwards, secured) })
		}
	})
}

func testDropWhileSending(t *testing.T, forwards *portForwards, secured bool) {
	t.Helper()
	server := httptest.NewUnstartedServer(forwards)
	g := &gate{Listener: server.Listener, coming: make(chan struct{}), over: make(chan struct{})}
	server.Listener = g
	if secured {
		server.StartTLS()
	} else {
		server.Start()
	}
	defer server.Close()
	defer close(g.over)
	worker, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = worker.Close() }()
	forwards.mu.Lock()
	forwards.to = worker.Addr().String()
	forwards.mu.Unlock()
	forward := newTestForwarder(t, server)
	conn, err := forward.connect(t.Context(), "iris-tree1-0", 80)
	if err != nil {
		t.Fatal(err)
	}
	g.closed.Store(true)
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(make([]byte, 1<<24-1)) // one frame, larger than what systems keep
		sent <- err
	}()
	<-g.coming
	forward.drop("iris-tree1-0")
	if err := <-sent; err == nil {
		t.Error("what nobody has taken was sent")
	}
	forward.close()
}
