package swarm_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/gochimera/chimera/launcher/swarm"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
)

// With a registry of the user's, images are pushed there, and the nodes fetch them, by their digests and with the user's credentials: no relay is
// needed, and a node that was told of nothing gets them.
func TestRegistry(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	var reads, refused atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "somebody" || password != "a secret" {
			refused.Add(1)
			w.Header().Set("WWW-Authenticate", `Basic realm="images"`)
			http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]}`, http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/manifests/sha256:") {
			reads.Add(1)
		}
		images.ServeHTTP(w, r)
	}))
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", nodes.Address()+":0")
	if err != nil {
		t.Fatal(err)
	}
	_ = server.Listener.Close() // the one of loopback
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	at := listener.Addr().String()

	p := fakes("tree1", "tree2")
	unknown := swarm.Launcher{Registry: at + "/me"}
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	if _, err := unknown.Launch(t.Context(), p); err == nil || !strings.Contains(err.Error(), at) {
		t.Errorf("without credentials: %v, want an error that names %s", err, at)
	}
	if reads.Load() != 0 || refused.Load() == 0 {
		t.Errorf("%d images were read, %d requests refused", reads.Load(), refused.Load())
	}
	known := map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte("somebody:a secret"))}
	text, err := json.Marshal(map[string]any{"auths": map[string]any{at: known}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	fleet, err := unknown.Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fleet.Stop(context.Background()) })
	for _, e := range fleet.Endpoints() {
		answers(t, e.URL)
	}
	list, err := swarm.Workers(t.Context(), nodes.Engine(t, 0), p.Project)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range list {
		if w.Node != nodes.NodeName(i) || !strings.HasPrefix(w.Image, at+"/me/") || !strings.Contains(w.Image, "@sha256:") {
			t.Errorf("worker %s runs on %s as %s", w.Name, w.Node, w.Image)
		}
	}
	if reads.Load() < 2 {
		t.Errorf("%d images were read, want one by each node", reads.Load())
	}
	if err := fleet.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, nodes, p.Project)
}
