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
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"

	"github.com/gochimera/chimera/launcher"
)

// portForwards is an API server's port forwarding: it knows SPDY alone, as those do that are older than WebSockets, and what is behind every
// pod is an address of this machine; "" refuses connections, as a pod does that does not listen.
type portForwards struct {
	to string

	mu    sync.Mutex
	asked []string
	conns []httpstream.Connection
}

func (p *portForwards) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.URL.Path)
	p.mu.Unlock()
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		http.Error(w, "no WebSockets here", http.StatusBadRequest)
		return
	}
	if _, err := httpstream.Handshake(r, w, []string{portforward.PortForwardProtocolV1Name}); err != nil {
		return
	}
	streams := make(chan httpstream.Stream, 10)
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(s httpstream.Stream, _ <-chan struct{}) error {
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

func (p *portForwards) carry(data, failures httpstream.Stream) {
	defer func() { _ = failures.Close() }()
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.to)
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

// Requests reach a pod through the API server by client-go's own protocol: many at once, large ones, after the connection to the server broke,
// and a pod that does not listen is one that cannot be reached.
func TestForward(t *testing.T) {
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(body)
	}))
	defer worker.Close()
	forwards := &portForwards{to: worker.Listener.Addr().String()}
	server := httptest.NewServer(forwards)
	defer server.Close()
	defer forwards.breakAll()
	account := &rest.Config{Host: server.URL}
	api, err := kubernetes.NewForConfig(account)
	if err != nil {
		t.Fatal(err)
	}
	forward := newForwarder(account, api, "ml")
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
	times := map[string]int{}
	for _, asked := range forwards.asked {
		times[asked]++
	}
	newer, older := times["GET /api/v1/namespaces/ml/pods/iris-tree1-0/portforward"], times["POST /api/v1/namespaces/ml/pods/iris-tree1-0/portforward"]
	if newer == 0 || newer != older || newer+older != len(forwards.asked) {
		t.Errorf("the server was asked %v; want a WebSocket, then SPDY, for each connection", forwards.asked)
	}

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
