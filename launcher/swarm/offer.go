package swarm

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/internal/pki"
	"github.com/gochimera/chimera/launcher"
)

// offer is this program as a registry for the nodes of the swarm. It is read-only, knows images by their digests alone, and
// answers those that have its certificate: the relays.
type offer struct {
	launch *launch
	relay  string // address of the relays on their nodes, of which the images' names begin
	base   string // of the images' names: the project's, and the run's, which nobody guesses

	handler http.Handler // of a registry that takes images
	server  *http.Server
	serving sync.WaitGroup

	mu     sync.Mutex
	layers map[v1.Hash]v1.Layer
}

// readable are the paths that are answered: by digest.
var readable = regexp.MustCompile(`^/v2/([a-z0-9-]+/)+(manifests|blobs)/sha256:[0-9a-f]{64}$`)

// ServeHTTP answers who only reads, by digest.
func (o *offer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !reads || r.URL.Path != "/v2/" && !readable.MatchString(r.URL.Path) {
		http.Error(w, `{"errors":[{"code":"UNSUPPORTED","message":"images are read here, by digest"}]}`, http.StatusMethodNotAllowed)
		return
	}
	o.handler.ServeHTTP(w, r)
}

// Get and Stat answer for the layers, which are read from this machine's files as they are sent.
func (o *offer) Get(_ context.Context, _ string, h v1.Hash) (io.ReadCloser, error) {
	layer, err := o.layer(h)
	if err != nil {
		return nil, err
	}
	return layer.Compressed()
}

// Stat is a layer's size.
func (o *offer) Stat(_ context.Context, _ string, h v1.Hash) (int64, error) {
	layer, err := o.layer(h)
	if err != nil {
		return 0, err
	}
	return layer.Size()
}

func (o *offer) layer(h v1.Hash) (v1.Layer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if layer, ok := o.layers[h]; ok {
		return layer, nil
	}
	return nil, registry.ErrNotFound
}

// put takes an image in.
func (o *offer) put(ctx context.Context, w launcher.Worker, made *ociimage.Image) (string, error) {
	if err := o.take(made); err != nil {
		return "", err
	}
	digest, err := made.Digest()
	if err != nil {
		return "", err
	}
	manifest, err := made.RawManifest()
	if err != nil {
		return "", err
	}
	kind, err := made.MediaType()
	if err != nil {
		return "", err
	}
	path := o.base + "/" + w.Name
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, "/v2/"+path+"/manifests/"+digest.String(), bytes.NewReader(manifest))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", string(kind))
	answer := httptest.NewRecorder()
	o.handler.ServeHTTP(answer, r)
	if answer.Code != http.StatusCreated {
		return "", fmt.Errorf("its manifest was not taken: %s", answer.Body)
	}
	return o.relay + "/" + path + "@" + digest.String(), nil
}

// take keeps an image's layers and its configuration.
func (o *offer) take(made *ociimage.Image) error {
	layers, err := made.Layers()
	if err != nil {
		return err
	}
	config, err := configLayer(made)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range append(layers, config) {
		digest, err := l.Digest()
		if err != nil {
			return err
		}
		o.layers[digest] = l
	}
	return nil
}

func (*offer) auth() string { return "" }

func (o *offer) close() {
	_ = o.server.Close() // what nodes still read, they have no use for
	o.serving.Wait()
}

// certificateName is what the certificate is for.
const certificateName = "images.chimera.internal"

// newOffer begins to offer images, and relays them to the nodes.
func newOffer(ctx context.Context, l *launch) (_ *offer, err error) {
	made, err := newCertificate()
	if err != nil {
		return nil, fmt.Errorf("a certificate for the nodes: %w", err)
	}
	key, err := pki.EncodeKey(made.Key)
	if err != nil {
		return nil, err
	}
	own := tls.Certificate{Certificate: [][]byte{made.Certificate.Raw}, PrivateKey: made.Key, Leaf: made.Certificate}
	known := x509.NewCertPool()
	known.AddCert(made.Certificate)
	listener, to, err := l.listenForNodes(ctx)
	if err != nil {
		return nil, err
	}
	port := l.relayPort()
	o := &offer{
		launch: l, relay: fmt.Sprintf("127.0.0.1:%d", port), base: "chimera/" + l.Project + "-" + l.run[:12], layers: map[v1.Hash]v1.Layer{},
	}
	quiet := log.New(io.Discard, "", 0)
	o.handler = registry.New(registry.WithBlobHandler(o), registry.Logger(quiet))
	o.server = &http.Server{Handler: o, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, ErrorLog: quiet, MaxHeaderBytes: 1 << 16}
	secured := tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: known,
	})
	o.serving.Go(func() {
		if err := o.server.Serve(secured); !errors.Is(err, http.ErrServerClosed) {
			l.Log.WarnContext(ctx, "images are not offered to the nodes any more", "error", err)
		}
	})
	if err := l.startRelays(ctx, relaySettings{o.relay, to, certificateName, pki.EncodeCertificate(made.Certificate), key}); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// listenForNodes listens where the nodes reach this machine.
func (l *launch) listenForNodes(ctx context.Context) (net.Listener, string, error) {
	host := l.settings.Address
	for id, n := range l.nodes {
		if host != "" {
			break
		}
		if id == l.own && len(l.nodes) > 1 {
			continue // it may be this machine, which says nothing about the way to the others
		}
		// No packet is sent: the system says by which of its addresses it would be.
		conn, err := new(net.Dialer).DialContext(ctx, "udp", net.JoinHostPort(addressOf(n), "9"))
		if err != nil {
			return nil, "", fmt.Errorf("the node %s cannot be reached from here: %w", n.Description.Hostname, err)
		}
		host, _, err = net.SplitHostPort(conn.LocalAddr().String())
		_ = conn.Close()
		if err != nil {
			return nil, "", err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, "", fmt.Errorf("offering images to the nodes at %s: %w; swarm.address says by which address of this machine they reach it", host, err)
	}
	return listener, listener.Addr().String(), nil
}

// newCertificate is one for both ends, and its key, which no other launch has.
func newCertificate() (*pki.Authority, error) {
	template, err := pki.NewTemplate(certificateName, time.Now(), 10*365*24*time.Hour) // it lives as long as the launch
	if err != nil {
		return nil, err
	}
	template.DNSNames, template.IsCA = []string{certificateName}, true
	template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	return pki.SignItself(template)
}
