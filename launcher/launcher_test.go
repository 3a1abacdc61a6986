package launcher_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/launcher"
)

// masterEnv makes the test binary a master that launches the fake workers.
const masterEnv = "LAUNCHER_TEST_MASTER"

// hangEnv makes it a compiler that never ends; see TestProcessCancelDuringBuild.
const hangEnv = "LAUNCHER_TEST_HANG"

func TestMain(m *testing.M) {
	if os.Getenv(masterEnv) != "" {
		if err := beMaster(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if address := os.Getenv(hangEnv); address != "" {
		if conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address); err == nil {
			_, _ = conn.Read(make([]byte, 1))
		}
		os.Exit(1)
	}
	cache, err := os.MkdirTemp("", "launcher-test-")
	if err == nil {
		err = os.Setenv("CHIMERA_CACHE", cache) // one for all tests, so that the fakes are built once
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(cache)
		os.Exit(code)
	}))
}

// beMaster launches two workers, prints where they are and waits for commands
// on standard input and for an interrupt.
func beMaster() error {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	w := watch()
	fleet, err := eager.Launch(context.Background(), restarting(w, ""))
	if err != nil {
		return err
	}
	say := func() error { return json.NewEncoder(os.Stdout).Encode(fleet.Endpoints()) }
	if err := say(); err != nil {
		return err
	}
	go func() {
		for commands := bufio.NewScanner(os.Stdin); commands.Scan(); {
			switch commands.Text() {
			case "panic":
				panic("the master panics, as told")
			case "exit":
				os.Exit(1)
			case "restart":
				_, _ = fetch(fleet.Endpoints()[1].URL + "/die?code=1") // no answer comes
				<-w.fate
				if err := say(); err != nil {
					panic(err)
				}
			}
		}
	}()
	<-interrupts
	for _, e := range fleet.Endpoints() { // the interrupt must not have reached the workers
		if _, err := fetch(e.URL + "/v1/chimera/health"); err != nil {
			return fmt.Errorf("after an interrupt: %w", err)
		}
	}
	return fleet.Stop(context.Background())
}

// plan has the named fake workers of testdata/project.
func plan(names ...string) launcher.Plan {
	p := launcher.Plan{Project: "test", Dir: filepath.Join("testdata", "project")}
	for _, name := range names {
		p.Workers = append(p.Workers, launcher.Worker{
			Name: name, Main: "chimera_workers/" + name, Data: "chimera_train_data/" + name, Hash: "abc", Env: []string{"FAKE_HASH=abc"},
		})
	}
	return p
}

// with gives one worker of the plan further environment.
func with(p launcher.Plan, worker string, env ...string) launcher.Plan {
	for i, w := range p.Workers {
		if w.Name == worker {
			p.Workers[i].Env = append(slices.Clone(w.Env), env...)
		}
	}
	return p
}

// fetch is the body of an answer. Connections are not kept, so that none is left over.
func fetch(url string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}).Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", url, resp.Status)
	}
	return string(body), err
}

// journal keeps events and lines; it is the Observe and the Output of plans.
type journal struct {
	mu     sync.Mutex
	events []launcher.Event
	text   strings.Builder
	on     func(launcher.Event)
}

func (j *journal) observe(e launcher.Event) {
	j.mu.Lock()
	j.events = append(j.events, e)
	j.mu.Unlock()
	if j.on != nil {
		j.on(e)
	}
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Split(strings.TrimSuffix(j.text.String(), "\n"), "\n")
}

func (j *journal) count(kind launcher.EventKind) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// allGone fails the test if a worker that has been started still answers.
func (j *journal) allGone(t *testing.T) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.Kind == launcher.Started {
			if _, err := fetch(e.URL + "/v1/chimera/health"); err == nil {
				t.Errorf("worker %s was left behind", e.Worker)
			}
		}
	}
}

func launch(t *testing.T, l launcher.Launcher, p launcher.Plan) launcher.Fleet {
	t.Helper()
	fleet, err := l.Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fleet.Stop(context.Background()) }) // for tests that fail before theirs
	return fleet
}

func stop(t *testing.T, f launcher.Fleet) {
	t.Helper()
	if err := f.Stop(context.Background()); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

// contains checks an error's text.
func contains(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

// wantError checks that err is of the type that target points to.
func wantError(t *testing.T, err error, target any) {
	t.Helper()
	if err == nil || !errors.As(err, target) {
		t.Fatalf("error is %T (%v), want %T", err, err, target)
	}
}

// listen takes a free port until the test ends.
func listen(t *testing.T) (net.Listener, int) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener, listener.Addr().(*net.TCPAddr).Port
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	listener, port := listen(t)
	_ = listener.Close()
	return port
}

// dial connects to what is behind a URL.
func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// kept is what a log file holds, without the time before each line.
func kept(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(data)) {
		_, rest, _ := strings.Cut(line, " ")
		text.WriteString(rest)
	}
	return text.String()
}

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
