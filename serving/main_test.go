package serving

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// What the program of an image says and ends with, where it does not serve.
func TestProgram(t *testing.T) {
	ready := true
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ready || r.URL.Path != api.PathReady {
			http.Error(w, "starting", http.StatusServiceUnavailable)
		}
	}))
	defer node.Close()
	_, port, err := net.SplitHostPort(node.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none.chimera")
	for _, tt := range []struct {
		name, args string
		ready      bool
		env        map[string]string
		status     int
		want       string
	}{
		{"help", "--help", true, nil, 0, "CHIMERA_MASTER_PORT           port to listen on (8080"},
		{"an unknown command", "fit", true, nil, 2, `unknown command "fit"`},
		{"too many arguments", "healthcheck now", true, nil, 2, "too many arguments for healthcheck"},
		{"no file", "", true, nil, 1, "none.chimera: no such file"},
		{"a port that is none", "", true, map[string]string{"CHIMERA_MASTER_PORT": "http"}, 1, "CHIMERA_MASTER_PORT: want a port"},
		{"names that are no list", "", true, map[string]string{"CHIMERA_MASTER_ALLOWED_HOSTS": "a"}, 1, "CHIMERA_MASTER_ALLOWED_HOSTS: want a JSON list"},
		{"healthy", "healthcheck", true, map[string]string{"CHIMERA_MASTER_HOST": "0.0.0.0", "CHIMERA_MASTER_PORT": port}, 0, ""},
		{"not ready", "healthcheck", false, map[string]string{"CHIMERA_MASTER_PORT": port}, 1, "503 Service Unavailable: starting"},
		{"nobody there", "healthcheck", true, map[string]string{"CHIMERA_MASTER_PORT": "1"}, 1, "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ready = tt.ready
			var out bytes.Buffer
			status := run(t.Context(), none, nil, strings.Fields(tt.args), func(name string) string { return tt.env[name] }, &out, &out)
			if status != tt.status || !strings.Contains(out.String(), tt.want) {
				t.Errorf("status %d, want %d; it says\n%s", status, tt.status, &out)
			}
		})
	}
}
