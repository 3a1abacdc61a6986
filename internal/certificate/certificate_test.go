package certificate

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/internal/pki"
)

var discard = slog.New(slog.DiscardHandler)

// shake tries a connection between a client and a server, and returns what the client says of it.
func shake(t *testing.T, server, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // a pipe has no room for what both sides say at once when one of them refuses
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		a, err := l.Accept()
		if err != nil {
			return
		}
		s := tls.Server(a, server)
		if s.HandshakeContext(t.Context()) == nil {
			_, _ = s.Write([]byte("x"))
		}
		_ = a.Close()
	}()
	b, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := tls.Client(b, client)
	err = c.HandshakeContext(t.Context())
	if err == nil {
		_, err = io.ReadFull(c, make([]byte, 1))
	}
	_ = b.Close()
	<-done
	_ = l.Close()
	return c.ConnectionState(), err
}

func trusting(t *testing.T, text []byte, host string) *tls.Config {
	t.Helper()
	c, err := Trusting(text, host)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A master is known by the authority that it has made, under its own names only, and by no other; it has the same one when it starts again; its
// certificate is another one long before it ends, and clients are none the wiser.
func TestMade(t *testing.T) {
	folder, other := filepath.Join(t.TempDir(), "tls"), t.TempDir()
	names, addresses := []string{"localhost", "lab7.example.org"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	synctest.Test(t, func(t *testing.T) {
		s, err := Made(folder, "iris", names, addresses, discard)
		if err != nil {
			t.Fatal(err)
		}
		stranger, err := Made(other, "iris", names, addresses, discard)
		if err != nil {
			t.Fatal(err)
		}
		trusted, err := os.ReadFile(filepath.Join(folder, AuthorityFile))
		if err != nil || !bytes.Equal(trusted, s.Trusted(nil)) {
			t.Fatalf("clients are given %s, and the file is %s: %v", s.Trusted(nil), trusted, err)
		}
		block, _ := pem.Decode(trusted)
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil || fingerprint(authority) != s.Fingerprint() {
			t.Errorf("the fingerprint is %s: %v", s.Fingerprint(), err)
		}
		for host, known := range map[string]bool{
			"localhost": true, "lab7.example.org": true, "127.0.0.1": true, "::1": true,
			"evil.example.org": false, "10.0.0.1": false, "": false, "lab7.example.org.evil.org": false,
		} {
			state, err := shake(t, s.Config(false), trusting(t, trusted, host))
			if host == "" {
				continue // a client without a host asks for none
			}
			if (err == nil) != known || known && state.Version != tls.VersionTLS13 {
				t.Errorf("as %q the master is known: %v, want %t", host, err, known)
			}
			if _, err := shake(t, stranger.Config(false), trusting(t, trusted, host)); err == nil {
				t.Errorf("as %q another authority's master is taken for it", host)
			}
		}
		old := trusting(t, trusted, "localhost")
		old.MaxVersion = tls.VersionTLS12
		if _, err := shake(t, s.Config(false), old); err != nil {
			t.Errorf("a client that talks TLS 1.2: %v", err)
		}
		old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		if _, err := shake(t, s.Config(false), old); err == nil {
			t.Error("a client that talks TLS 1.1 is taken")
		}

		first := s.Certificate()
		time.Sleep(masterLasts - renewBefore - time.Hour)
		if s.Certificate() != first {
			t.Error("the certificate is another one already")
		}
		time.Sleep(2 * time.Hour)
		if s.Certificate() == first {
			t.Error("the certificate is not renewed")
		}
		time.Sleep(masterLasts - renewBefore)
		if _, err := shake(t, s.Config(false), trusting(t, trusted, "localhost")); err != nil {
			t.Errorf("after the first certificate's end: %v", err)
		}
		again, err := Made(folder, "iris", names, addresses, discard)
		if err != nil || again.Fingerprint() != s.Fingerprint() {
			t.Errorf("started again, it has another authority: %v", err)
		}
	})
	key := filepath.Join(folder, keyFile)
	if info, err := os.Stat(key); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key has the mode %v, %v", info.Mode(), err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := Made(folder, "iris", names, addresses, discard); err == nil || !strings.Contains(err.Error(), "only one is there") {
		t.Errorf("without its key, the authority is made anew under its clients: %v", err)
	}
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Made(folder, "iris", names, addresses, discard); err == nil || !strings.Contains(err.Error(), "remove the folder") {
		t.Errorf("a damaged key: %v", err)
	}
}

// put writes a certificate and its key, made by an authority, as somebody would who renews one.
func put(t *testing.T, by *Source, file, key string) []byte {
	t.Helper()
	c, err := by.fresh(nil)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{file: pki.EncodeCertificate(c.Leaf), key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(name+".new", text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	return pki.EncodeCertificate(c.Leaf)
}

// A certificate in files is another one without a restart when the files are; while they do not fit each other, the one so far stays, and the log
// says so once. Programs on this machine know the master by the very certificate, whatever its name is.
func TestGiven(t *testing.T) {
	dir := t.TempDir()
	file, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	synctest.Test(t, func(t *testing.T) {
		authority, err := Made(filepath.Join(dir, "ca"), "elsewhere", []string{"master.example.org"}, nil, discard)
		if err != nil {
			t.Fatal(err)
		}
		first := put(t, authority, file, key)
		var log bytes.Buffer
		s, err := Given(file, key, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		var told []byte
		if got := s.Trusted(func(trusted []byte) { told = trusted }); !bytes.Equal(got, first) {
			t.Errorf("programs are given %s, want %s", got, first)
		}
		for name, client := range map[string]*tls.Config{
			"by its name": trusting(t, authority.Trusted(nil), "master.example.org"), "by the very certificate": trusting(t, first, "localhost"), "itself": s.Own(),
		} {
			if _, err := shake(t, s.Config(false), client); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		second := put(t, authority, file, key)
		time.Sleep(lookEvery)
		if _, err := shake(t, s.Config(false), trusting(t, second, "localhost")); err != nil || !bytes.Equal(told, second) {
			t.Errorf("the new certificate is not in use: %v; told was %s", err, told)
		}
		if _, err := shake(t, s.Config(false), trusting(t, first, "localhost")); err == nil {
			t.Error("the old certificate is in use")
		}
		if _, err := shake(t, s.Config(false), s.Own()); err != nil {
			t.Errorf("the program does not know itself: %v", err)
		}
		if err := os.WriteFile(file, append(slices.Clone(second), authority.Trusted(nil)...), 0o600); err != nil { // with what signed it beside it
			t.Fatal(err)
		}
		time.Sleep(lookEvery)
		if _, err := shake(t, s.Config(false), trusting(t, second, "localhost")); err != nil || len(s.current.Load().Certificate) != 2 {
			t.Errorf("a certificate that was put beside it is not in use: %v", err)
		}
		put(t, authority, filepath.Join(dir, "other.crt"), key) // a key of another certificate
		log.Reset()
		for range 5 {
			time.Sleep(lookEvery)
			if _, err := shake(t, s.Config(false), trusting(t, second, "localhost")); err != nil {
				t.Errorf("with files that do not fit each other: %v", err)
			}
		}
		if n := strings.Count(log.String(), "cannot be replaced"); n != 1 {
			t.Errorf("the log says it %d times:\n%s", n, &log)
		}
		if _, err := Given(file, key, discard); err == nil || !strings.Contains(err.Error(), "no certificate and its key") {
			t.Errorf("files that do not fit each other: %v", err)
		}
		put(t, authority, file, key)
		time.Sleep(masterLasts + time.Hour)
		if _, err := Given(file, key, discard); err == nil || !strings.Contains(err.Error(), "has run out") {
			t.Errorf("a certificate that has run out: %v", err)
		}
		if _, err := shake(t, &tls.Config{Certificates: []tls.Certificate{*s.current.Load()}}, trusting(t, second, "localhost")); err == nil {
			t.Error("a client takes a certificate that has run out")
		}
	})
	for _, text := range []string{"", "no certificate", "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n"} {
		if _, err := Trusting([]byte(text), "localhost"); err == nil {
			t.Errorf("%q is trusted", text)
		}
	}
}
