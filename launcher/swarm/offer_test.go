package swarm

import (
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
)

// What is offered is read by digest, and in no other way; nothing is taken in.
func TestOfferIsReadOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "worker")
	if err := os.WriteFile(file, []byte("program"), 0o600); err != nil {
		t.Fatal(err)
	}
	layer, err := ociimage.Single("/worker", file, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	made, err := ociimage.New(ociimage.Spec{OS: "linux", Arch: "amd64", Layers: []*ociimage.Layer{layer}},
		func(digest string) (name.Tag, error) { return name.NewTag("chimera/p-tree1:" + digest[:12]) })
	if err != nil {
		t.Fatal(err)
	}
	o := &offer{base: "chimera/p-run", layers: map[v1.Hash]v1.Layer{}}
	o.handler = registry.New(registry.WithBlobHandler(o), registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.relay = strings.TrimPrefix(server.URL, "http://")
	called, err := o.put(t.Context(), launcher.Worker{Name: "tree1"}, made)
	if err != nil {
		t.Fatal(err)
	}
	reference, err := name.NewDigest(called)
	if err != nil {
		t.Fatal(err)
	}
	read, err := remote.Image(reference)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := made.ConfigName(); err != nil {
		t.Error(err)
	} else if got, err := read.ConfigName(); err != nil || got != want {
		t.Errorf("what is read is %v, %v, want %v", got, err, want)
	}
	layers, err := read.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	body, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err != nil || !strings.Contains(string(text), "program") {
		t.Errorf("the layer: %v", err)
	}
	_ = body.Close()
	for _, r := range []struct{ method, path string }{
		{http.MethodGet, "/v2/_catalog"}, {http.MethodGet, "/v2/chimera/p-run/tree1/tags/list"}, {http.MethodGet, "/v2/chimera/p-run/tree1/manifests/latest"},
		{http.MethodPost, "/v2/chimera/p-run/tree1/blobs/uploads/"}, {http.MethodPut, "/v2/chimera/p-run/tree1/manifests/" + reference.DigestStr()},
		{http.MethodDelete, "/v2/chimera/p-run/tree1/manifests/" + reference.DigestStr()}, {http.MethodPatch, "/v2/"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), r.method, server.URL+r.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s %s is answered %s", r.method, r.path, answer.Status)
		}
	}
}

// A worker's address leads to where it is now; connections to where it was are broken.
func TestForward(t *testing.T) {
	serve := func(says string) string {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() { // ends with the listener
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, says)
				_, _ = io.Copy(io.Discard, c) // until the other side ends it
				_ = c.Close()
			}
		}()
		return l.Addr().String()
	}
	f, err := newForward(t.Context(), "tree1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	dial := func() (net.Conn, string) {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.address())
		if errors.Is(err, syscall.ECONNRESET) {
			return nil, ""
		}
		if err != nil {
			t.Fatal(err)
		}
		said := make([]byte, 3)
		n, _ := io.ReadFull(c, said) // nothing, if it is broken
		return c, string(said[:n])
	}
	nowhere, said := dial()
	if nowhere != nil {
		_ = nowhere.Close()
	}
	if said != "" {
		t.Errorf("a worker that is nowhere says %q", said)
	}
	f.point(serve("one"))
	first, said := dial()
	defer func() { _ = first.Close() }()
	if said != "one" {
		t.Errorf("it says %q, want one", said)
	}
	f.point(serve("two"))
	if _, err := first.Read(make([]byte, 1)); err == nil {
		t.Error("the connection to where it was goes on")
	}
	second, said := dial()
	_ = second.Close()
	if said != "two" {
		t.Errorf("it says %q, want two", said)
	}
}
