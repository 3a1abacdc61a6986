package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/client"

	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/launching"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

// fakeEngine answers what Open asks.
func fakeEngine(t *testing.T, api, system string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Header().Set("API-Version", api)
		case strings.HasSuffix(r.URL.Path, "/version"):
			_, _ = fmt.Fprintf(w, `{"Version":"99","ApiVersion":%q,"Os":%q,"Arch":"arm64"}`, api, system)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func TestOpen(t *testing.T) {
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	address := func(s *httptest.Server) string { return "tcp://" + s.Listener.Addr().String() }
	secret := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secret.Close)
	gone := fakeEngine(t, "1.41", "linux")
	gone.Close()
	tests := []struct {
		name, host string
		env        map[string]string
		want       []string // empty: it can be used
	}{
		{name: "20.10", host: address(fakeEngine(t, "1.41", "linux"))},
		{name: "a newer one", host: address(fakeEngine(t, "1.99", "linux"))},
		{name: "an older one", host: address(fakeEngine(t, "1.40", "linux")), want: []string{"API 1.40", "20.10"}},
		{name: "Windows containers", host: address(fakeEngine(t, "1.41", "windows")), want: []string{"switch it to Linux containers"}},
		{name: "nobody there", host: address(gone), want: []string{"does not answer", "start Docker", "launcher: process"}},
		{name: "no socket", host: "unix:///nowhere/docker.sock", want: []string{"unix:///nowhere/docker.sock does not answer"}},
		{name: "TLS and none asked for", host: address(secret), want: []string{"was not reached by TLS"}},
		{name: "an address by ssh", host: "ssh://machine", want: []string{"ssh is not supported"}},
		{name: "no address", host: "machine", want: []string{"DOCKER_HOST"}},
		{name: "an API of old", host: address(fakeEngine(t, "1.41", "linux")), env: map[string]string{"DOCKER_API_VERSION": "1.30"},
			want: []string{"API 1.30", "unset DOCKER_API_VERSION"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", tt.host)
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			e, err := Open(t.Context())
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				if e.target.String() != "linux/arm64" {
					t.Errorf("its containers run %s", e.target)
				}
				e.Close()
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	var engine *EngineError
	err := unreachable("unix:///var/run/docker.sock", errors.New("permission denied while trying to connect to the Docker daemon socket"))
	if !errors.As(err, &engine) || !strings.Contains(err.Error(), "usermod -aG docker") {
		t.Errorf("no permission: %v", err)
	}
}

// A context is used as the docker command would: the one that DOCKER_CONTEXT
// names, else the one chosen in its configuration; DOCKER_HOST goes before both.
func TestContexts(t *testing.T) {
	engine := fakeEngine(t, "1.41", "linux")
	dir := t.TempDir()
	context := func(name, text string) {
		t.Helper()
		sum := sha256.Sum256([]byte(name))
		folder := filepath.Join(dir, "contexts", "meta", hex.EncodeToString(sum[:]))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "meta.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	host := "tcp://" + engine.Listener.Addr().String()
	context("lab", fmt.Sprintf(`{"Name":"lab","Endpoints":{"docker":{"Host":%q,"SkipTLSVerify":false}}}`, host))
	context("broken", "{")
	context("empty", `{"Endpoints":{}}`)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"currentContext":"lab","auths":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", dir)
	tests := []struct{ name, host, context, want, fails string }{
		{name: "the chosen one", want: host},
		{name: "by name", context: "lab", want: host},
		{name: "DOCKER_HOST goes first", host: host, context: "broken", want: host},
		{name: "unknown", context: "nowhere", fails: `no Docker context "nowhere"`},
		{name: "broken", context: "broken", fails: `the Docker context "broken"`},
		{name: "empty", context: "empty", fails: "names no engine"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("DOCKER_HOST", tt.host)
			t.Setenv("DOCKER_CONTEXT", tt.context)
			e, err := Open(t.Context())
			switch {
			case tt.fails != "":
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("error %v, want %q", err, tt.fails)
				}
			case err != nil:
				t.Error(err)
			default:
				if e.host != tt.want {
					t.Errorf("the engine is %s, want %s", e.host, tt.want)
				}
				e.Close()
			}
		})
	}
}

func TestAddress(t *testing.T) {
	tests := []struct{ name, engine, host, bind, reach, fails string }{
		{name: "here", engine: "unix:///var/run/docker.sock", host: "127.0.0.1", bind: "127.0.0.1", reach: "127.0.0.1"},
		{name: "here, by a pipe", engine: "npipe:////./pipe/docker_engine", host: "127.0.0.1", bind: "127.0.0.1", reach: "127.0.0.1"},
		{name: "here, on all networks", engine: "unix:///var/run/docker.sock", host: "0.0.0.0", bind: "0.0.0.0", reach: "127.0.0.1"},
		{name: "here, on one network", engine: "tcp://localhost:2375", host: "10.0.0.5", bind: "10.0.0.5", reach: "10.0.0.5"},
		{name: "here, by name", engine: "unix:///var/run/docker.sock", host: "localhost", bind: "127.0.0.1", reach: "127.0.0.1"},
		{name: "elsewhere, on all networks", engine: "tcp://lab.example:2376", host: "0.0.0.0", bind: "0.0.0.0", reach: "lab.example"},
		{name: "elsewhere, on one network", engine: "tcp://lab.example:2376", host: "10.0.0.5", bind: "10.0.0.5", reach: "10.0.0.5"},
		{name: "elsewhere, on its loopback", engine: "tcp://lab.example:2376", host: "127.0.0.1", fails: "CHIMERA_WORKERS_HOST"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bind, reach, err := (&Engine{host: tt.engine}).address(t.Context(), tt.host)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("error %v, want %q", err, tt.fails)
				}
				return
			}
			if err != nil || bind.String() != tt.bind || reach != tt.reach {
				t.Errorf("binds to %v and is reached at %s, %v; want %s and %s", bind, reach, err, tt.bind, tt.reach)
			}
		})
	}
}

func TestExitOf(t *testing.T) {
	log := workerlog.Open("tree1", "", workerlog.NewTerminal(nil, logs.Text), func(error) {})
	log.Err("no more rows")
	m := &member{Member: &launching.Member{Worker: launcher.Worker{Name: "tree1"}, Log: log}}
	for _, tt := range []struct {
		code   string
		memory bool
		want   string
	}{
		{"7", false, "worker tree1 ended with exit status 7; its last words:\n  no more rows"},
		{"137", false, "worker tree1 was ended by a signal (killed); its last words:\n  no more rows"},
		{"137", true, "worker tree1 was ended by a signal (killed: it needed more memory than it may have); its last words:\n  no more rows"},
		{"", false, "worker tree1 ended; its last words:\n  no more rows"},
	} {
		e := events.Message{Actor: events.Actor{Attributes: map[string]string{"exitCode": tt.code}}}
		if got := exitOf(m, e, tt.memory).String(); got != tt.want {
			t.Errorf("exit %s: %q, want %q", tt.code, got, tt.want)
		}
	}
}

func TestRestartPolicy(t *testing.T) {
	for r, want := range map[launcher.Restart]container.RestartPolicyMode{
		"": "on-failure", launcher.RestartOnFailure: "on-failure", launcher.RestartNever: "no", launcher.RestartAlways: "unless-stopped",
	} {
		if got := restartPolicy(r).Name; got != want {
			t.Errorf("restart %q is the engine's %s, want %s", r, got, want)
		}
	}
}

// A launch that ends while the engine makes a container learns of it, so that it can remove it: the engine makes it anyway.
func TestCreateIsHeardToItsEnd(t *testing.T) {
	asked, ended := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		thing := path.Base(path.Dir(r.URL.Path)) // containers or networks
		asked <- struct{}{}
		<-ended
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"Id":"of %s"}`, thing)
	}))
	t.Cleanup(server.Close)
	api, err := client.NewClientWithOpts(client.WithHost("tcp://"+server.Listener.Addr().String()), client.WithVersion("1.41"))
	if err != nil {
		t.Fatal(err)
	}
	l := &launch{engine: &Engine{api: api}, addresses: netip.MustParsePrefix("192.168.10.0/24")}
	m := &member{Member: &launching.Member{}}
	for _, tt := range []struct {
		made string
		make func(context.Context) error
	}{
		{"of containers", func(ctx context.Context) error { return l.createContainer(ctx, m, "image") }},
		{"of networks", func(ctx context.Context) error { return l.createNetwork(ctx, l.addresses) }},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-asked
			cancel()
			ended <- struct{}{}
		}()
		if err := tt.make(ctx); err != nil {
			t.Errorf("%s: %v", tt.made, err)
		}
	}
	if m.id != "of containers" || l.networkID != "of networks" {
		t.Errorf("made: %q and %q", m.id, l.networkID)
	}
}

func TestNoCallLastsForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		lasting, end := toItsEnd(ctx)
		defer end()
		cancel()
		if lasting.Err() != nil {
			t.Error("it ended with its caller's")
		}
		time.Sleep(removeTime)
		synctest.Wait()
		if lasting.Err() == nil {
			t.Error("it has no end")
		}
	})
}
