package docker_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/network"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
)

// An engine on another machine: it is reached by a context, with certificates
// of both sides, at an address that is not this machine's loopback. The images
// travel by its API, and the workers are reached at its host.
func TestRemoteEngine(t *testing.T) {
	p := newProject(t)
	bridge, err := p.api.NetworkInspect(t.Context(), "bridge", network.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := netip.ParsePrefix(bridge.IPAM.Config[0].Subnet)
	if err != nil {
		t.Fatal(err)
	}
	host := subnet.Addr().Next().String() // the engine's machine on its own bridge
	certificate, key := certify(t, host)
	proxy := secureProxy(t, p.api.DaemonHost(), host, certificate, key)

	dir := t.TempDir()
	sum := sha256.Sum256([]byte("lab"))
	id := hex.EncodeToString(sum[:])
	for name, text := range map[string]string{
		"config.json": `{"currentContext":"lab"}`,
		filepath.Join("contexts", "meta", id, "meta.json"): fmt.Sprintf(`{"Name":"lab","Endpoints":{"docker":{"Host":"tcp://%s"}}}`,
			proxy.Listener.Addr()),
		filepath.Join("contexts", "tls", id, "docker", "ca.pem"):   string(certificate),
		filepath.Join("contexts", "tls", id, "docker", "cert.pem"): string(certificate),
		filepath.Join("contexts", "tls", id, "docker", "key.pem"):  string(key),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("DOCKER_HOST", "")
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_CONFIG", dir)

	plan := p.plan("tree1", "tree2")
	_, err = docker.Launcher{}.Launch(t.Context(), plan)
	var engine *docker.EngineError
	wantError(t, err, &engine)
	contains(t, err, "is on another machine", "CHIMERA_WORKERS_HOST")

	for i := range plan.Workers {
		plan.Workers[i].Host = host
	}
	fleet := p.launch(plan)
	for _, e := range fleet.Endpoints() {
		if _, err := fetch(e.URL + "/v1/chimera/health"); err != nil || !strings.HasPrefix(e.URL, "http://"+host+":") {
			t.Errorf("%s at %s: %v", e.Name, e.URL, err)
		}
	}
	proxy.CloseClientConnections()                         // what happens meanwhile is reported nevertheless
	_, _ = fetch(fleet.Endpoints()[1].URL + "/die?code=7") // no answer comes
	want := launcher.Exit{Worker: "tree2", Code: 7, LastWords: "dying as told"}
	if got := <-fleet.Exits(); got != want {
		t.Errorf("exit %+v, want %+v", got, want)
	}
	p.ready(plan.Workers[1], fleet.Endpoints()[1].URL)
	p.stop(fleet)
}

// certify makes a certificate that both sides show and trust.
func certify(t *testing.T, host string) (certificate, key []byte) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(host)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, about, about, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})
}

// secureProxy stands before the engine as dockerd --tlsverify would.
func secureProxy(t *testing.T, engine, host string, certificate, key []byte) *httptest.Server {
	t.Helper()
	socket, ok := strings.CutPrefix(engine, "unix://")
	if !ok {
		t.Skipf("SKIPPED: the engine is at %s, not at a socket that a proxy can stand before", engine)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("SKIPPED: the engine's bridge is no interface of this machine: %v", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(certificate)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "docker"})
	proxy.Transport, proxy.FlushInterval, proxy.ErrorLog = transport, -1, log.New(io.Discard, "", 0)
	server := httptest.NewUnstartedServer(proxy)
	_ = server.Listener.Close()
	server.Listener = listener
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientCAs: trusted,
		ClientAuth: tls.RequireAndVerifyClientCert}
	server.StartTLS()
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	return server
}
