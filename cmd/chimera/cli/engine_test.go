package cli

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gochimera/chimera/launcher/docker"
)

// standIn answers as a Docker engine does that has one container of a project, with its network and its image; or nothing.
func standIn(t *testing.T, empty bool) {
	t.Helper()
	answers := map[string]any{
		"GET /version": map[string]any{"Version": "27.0.1", "ApiVersion": "1.45", "Os": "linux", "Arch": "amd64"},
		"GET /containers/json": []any{map[string]any{
			"Id": "c1", "Names": []string{"/p-w1"}, "Image": "chimera/p-w1:abc", "State": "running", "Status": "Up 2 minutes (healthy)",
			"Labels":          map[string]string{docker.LabelWorker: "w1"},
			"Ports":           []any{map[string]any{"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 32768, "Type": "tcp"}},
			"NetworkSettings": map[string]any{"Networks": map[string]any{"p-network": map[string]string{"IPAddress": "192.168.7.2"}}},
		}},
		"GET /networks":    []any{map[string]string{"Id": "n1", "Name": "p-network"}},
		"GET /images/json": []any{map[string]any{"Id": "i1", "RepoTags": []string{"chimera/p-w1:abc"}}},
	}
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.45")
		w.Header().Set("Content-Type", "application/json")
		answer, known := answers[r.Method+" "+strings.TrimPrefix(r.URL.Path, "/v1.45")]
		switch {
		case known && empty && strings.HasSuffix(r.URL.Path, "/version"), known && !empty:
		case known, r.Method == http.MethodDelete:
			answer = []any{}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(engine.Close)
	t.Setenv("DOCKER_HOST", "tcp://"+engine.Listener.Addr().String())
	for _, name := range []string{"DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION"} {
		t.Setenv(name, "")
	}
}

// ps and down answer programs, whether there is something or not.
func TestContainersAsJSON(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "chimera.yaml"), []byte("project: p\nlearner: dummy-classifier\nworkers: [{name: w1}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		command string
		empty   bool
		want    any
	}{
		{"ps", false, []any{map[string]any{"worker": "w1", "container": "p-w1", "state": "running", "status": "Up 2 minutes (healthy)",
			"address": "192.168.7.2", "port": "127.0.0.1:32768", "image": "chimera/p-w1:abc"}}},
		{"ps", true, []any{}},
		{"down", false, map[string]any{"containers": []any{"p-w1"}, "networks": []any{"p-network"}, "images": []any{"chimera/p-w1:abc"},
			"services": []any{}, "secrets": []any{}, "configs": []any{}}},
		{"down", true, map[string]any{"containers": []any{}, "networks": []any{}, "images": []any{},
			"services": []any{}, "secrets": []any{}, "configs": []any{}}},
	} {
		standIn(t, c.empty)
		var out, errs bytes.Buffer
		var got any
		status := run(t.Context(), []string{c.command, "--json", "--project", dir}, &out, &errs)
		if err := json.Unmarshal(out.Bytes(), &got); status != succeeded || err != nil || !reflect.DeepEqual(got, c.want) || errs.Len() > 0 {
			t.Errorf("chimera %s --json: status %d, %v\n%s%swant %v", c.command, status, err, &out, &errs, c.want)
		}
		out.Reset()
		if status := run(t.Context(), []string{c.command, "--quiet", "--project", dir}, &out, &errs); status != succeeded || c.command == "down" && out.Len() > 0 {
			t.Errorf("chimera %s --quiet: status %d\n%s%s", c.command, status, &out, &errs)
		}
	}
}
