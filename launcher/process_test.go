package launcher_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/launcher"
)

func TestProcess(t *testing.T) {
	j := &journal{}
	p := with(plan("tree3", "tree1", "tree4", "tree2"), "tree4", "FAKE=slow") // an order of the plan's own
	p.LogDir, p.Output, p.Observe = filepath.Join(t.TempDir(), "logs"), j, j.observe
	fleet := launch(t, launcher.Process{}, p)

	endpoints := fleet.Endpoints()
	var names []string
	for _, e := range endpoints {
		names = append(names, e.Name)
		body, err := fetch(e.URL + "/v1/chimera/health")
		if err != nil || !strings.Contains(body, `"node":"`+e.Name+`"`) {
			t.Errorf("%s answers %q, %v", e.Name, body, err)
		}
		if e.PID <= 0 || e.Peer != e.URL || e.Down != nil || e.Foreign {
			t.Errorf("endpoint %+v", e)
		}
	}
	if d := cmp.Diff([]string{"tree3", "tree1", "tree4", "tree2"}, names); d != "" {
		t.Errorf("endpoints are not in the plan's order:\n%s", d)
	}
	for kind, want := range map[launcher.EventKind]int{launcher.Built: 1, launcher.Started: 4, launcher.Ready: 4, launcher.Loading: 1} {
		if got := j.count(kind); got != want {
			t.Errorf("%d events %q, want %d", got, kind, want)
		}
	}

	stop(t, fleet)
	stop(t, fleet) // twice
	if _, open := <-fleet.Exits(); open {
		t.Error("a worker that was stopped counts as died")
	}
	j.allGone(t)
	if runtime.GOOS != "windows" { // where there is no signal to report
		lines := j.lines()
		slices.Sort(lines)
		if d := cmp.Diff([]string{"tree1 | told to end", "tree2 | told to end", "tree3 | told to end", "tree4 | told to end"}, lines); d != "" {
			t.Errorf("output (-want +got):\n%s", d)
		}
		if got := kept(t, filepath.Join(p.LogDir, "tree1.log")); got != "told to end\n" {
			t.Errorf("tree1.log holds %q", got)
		}
	}
}

// What a worker is given: folders are absolute, and its own environment cannot
// override what the launcher's promises rest on.
func TestProcessEnvironment(t *testing.T) {
	port := freePort(t)
	p := with(plan("tree1"), "tree1", "EXTRA=yes", "CHIMERA_LIFELINE=no")
	p.Workers[0].Port = port
	fleet := launch(t, launcher.Process{}, p)
	defer stop(t, fleet)
	at := fleet.Endpoints()[0]
	if want := fmt.Sprintf("http://127.0.0.1:%d", port); at.URL != want {
		t.Errorf("listens on %s, want %s", at.URL, want)
	}
	body, err := fetch(at.URL + "/env")
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	if err := json.Unmarshal([]byte(body), &env); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"CHIMERA_WORKERS_HOST=127.0.0.1", fmt.Sprintf("CHIMERA_WORKERS_PORT=%d", port), "CHIMERA_LIFELINE=stdin",
		"CHIMERA_TRAIN_DATA=" + filepath.Join(dir, "chimera_train_data", "tree1"), "EXTRA=yes", "DIR=" + dir,
	} {
		if !slices.Contains(env, want) {
			t.Errorf("the worker was not told %s", want)
		}
	}
}

func TestProcessFailures(t *testing.T) {
	var (
		exit     *launcher.ExitError
		data     *launcher.DataError
		notReady *launcher.NotReadyError
		hash     *launcher.ConfigHashError
		name     *launcher.NameError
	)
	tests := []struct {
		name    string
		env     string // of tree2; the others are fine
		want    any
		says    []string
		check   func() bool
		skip    string        // operating system
		timeout time.Duration // ready timeout
	}{
		{name: "exits at once", env: "FAKE=exit", want: &exit, says: []string{"worker tree2 was not ready yet and ended with exit status 3", "reason 29"},
			check: func() bool {
				return exit.Code == 3 && exit.Worker == "tree2" && strings.HasPrefix(exit.LastWords, "reason 10\n") && strings.Count(exit.LastWords, "\n") == 19
			}},
		{name: "exits as if all were well", env: "FAKE=exit quietly", want: &exit, says: []string{"exit status 0 and said nothing"}},
		{name: "refuses its data", env: "FAKE=bad data", want: &data, says: []string{`worker tree2: y.csv:3: "b" is no number`},
			check: func() bool { return data.Worker == "tree2" && data.Reason == `y.csv:3: "b" is no number` }},
		{name: "panics", env: "FAKE=panic", want: &exit, says: []string{"panic: something broke"}, check: func() bool { return exit.Code == 2 }},
		{name: "is killed", env: "FAKE=kill itself", want: &exit, says: []string{"by a signal (killed)"}, skip: "windows",
			check: func() bool { return exit.Signal == "killed" && exit.Code == -1 }},
		{name: "has a handshake that is no URL", env: "FAKE=nonsense", says: []string{"worker tree2", `handshake "nowhere"`}},
		{name: "was generated from another configuration", env: "FAKE_HASH=xyz", want: &hash, says: []string{"tree2", "xyz, want abc", "go generate"},
			check: func() bool { return hash.Worker == "tree2" && hash.Got == "xyz" && hash.Want == "abc" }},
		{name: "is another worker", env: "FAKE_NAME=tree9", want: &name, says: []string{"tree2", "tree9"}},
		// Below, the others might be late as well, so they are not checked.
		{name: "never listens", env: "FAKE=silent", want: &notReady, says: []string{"tree2", "was not ready within", "never said that it listens"},
			timeout: 300 * time.Millisecond},
		{name: "never has its data", env: "FAKE=loading", want: &notReady, says: []string{"tree2", "was not ready within"}, timeout: 300 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.skip == runtime.GOOS {
				t.Skip("not on " + tt.skip)
			}
			j := &journal{}
			p := with(plan("tree1", "tree2", "tree3"), "tree2", tt.env)
			p.Observe, p.ReadyTimeout = j.observe, tt.timeout
			fleet, err := launcher.Process{}.Launch(t.Context(), p)
			if err == nil || fleet != nil {
				t.Fatalf("fleet %v, error %v", fleet, err)
			}
			if tt.want != nil {
				wantError(t, err, tt.want)
			}
			contains(t, err, tt.says...)
			if tt.check != nil && !tt.check() {
				t.Errorf("error %#v", err)
			}
			j.allGone(t)
		})
	}
}

// A worker that dies while others load ends the launch at once.
func TestProcessDiesWhileOthersLoad(t *testing.T) {
	j := &journal{}
	j.on = func(e launcher.Event) {
		if e.Kind == launcher.Ready && e.Worker == "tree1" {
			go func() { _, _ = fetch(e.URL + "/die?code=5") }() // ends with the worker
		}
	}
	p := with(plan("tree1", "tree2"), "tree2", "FAKE=loading")
	p.Observe = j.observe
	_, err := launcher.Process{}.Launch(t.Context(), p)
	var exit *launcher.ExitError
	wantError(t, err, &exit)
	if exit.Worker != "tree1" || exit.Code != 5 {
		t.Errorf("error %v, want that tree1 ended with status 5", err)
	}
	j.allGone(t)
}

func TestProcessPortInUse(t *testing.T) {
	p := plan("tree1", "tree2")
	_, p.Workers[1].Port = listen(t)
	_, err := launcher.Process{}.Launch(t.Context(), p)
	var exit *launcher.ExitError
	wantError(t, err, &exit)
	contains(t, err, fmt.Sprintf("worker tree2 (port %d)", p.Workers[1].Port), "exit status 1", "listen tcp")
}

func TestProcessBuildFailure(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "chimera_workers", "tree1")
	if err := os.MkdirAll(main, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		filepath.Join(dir, "go.mod"):   "module example.com/broken\n\ngo 1.26\n",
		filepath.Join(main, "main.go"): "package main\n\nfunc main() { nothing() }\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := launcher.Process{}.Launch(t.Context(), launcher.Plan{Dir: dir, Workers: []launcher.Worker{{Name: "tree1", Main: "chimera_workers/tree1"}}})
	var build *launcher.BuildError
	wantError(t, err, &build)
	contains(t, err, filepath.Join("chimera_workers", "tree1", "main.go")+":3:15: undefined: nothing")
}

func TestProcessExits(t *testing.T) {
	p := plan("tree1", "tree2")
	p.LogDir, p.Restart = t.TempDir(), launcher.RestartNever
	fleet := launch(t, launcher.Process{}, p)
	_, _ = fetch(fleet.Endpoints()[1].URL + "/die?code=7") // no answer comes
	want := launcher.Exit{Worker: "tree2", Code: 7, LastWords: "dying as told"}
	if got := <-fleet.Exits(); got != want {
		t.Errorf("exit %+v, want %+v", got, want)
	}
	if got := kept(t, filepath.Join(p.LogDir, "tree2.log")); got != "dying as told\n" {
		t.Errorf("tree2.log holds %q: a last line without its end is lost", got)
	}
	stop(t, fleet)
	if e, open := <-fleet.Exits(); open {
		t.Errorf("exit %+v after Stop", e)
	}
}

func TestProcessStopForces(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a worker that heeds its lifeline cannot be deaf there")
	}
	tests := []struct {
		name  string
		grace time.Duration
		ctx   context.Context
	}{
		{"after the grace", time.Nanosecond, context.Background()},
		{"as soon as the context ends", time.Hour, ended()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := &journal{}
			p := with(plan("tree1"), "tree1", "FAKE=deaf")
			p.StopGrace, p.Observe = tt.grace, j.observe
			fleet := launch(t, launcher.Process{}, p)
			err := fleet.Stop(tt.ctx)
			if err == nil {
				t.Fatal("no error")
			}
			contains(t, err, "tree1", "killed")
			j.allGone(t)
			if again := fleet.Stop(t.Context()); again == nil || again.Error() != err.Error() {
				t.Errorf("Stop again: %v, want %v", again, err)
			}
		})
	}
}

// A second Stop with less patience hurries the first; all wait and say the same.
func TestProcessStopsTogether(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a worker that heeds its lifeline cannot be deaf there")
	}
	p := with(plan("tree1"), "tree1", "FAKE=deaf")
	p.StopGrace = time.Hour
	fleet := launch(t, launcher.Process{}, p)
	var errs [3]error
	var wg sync.WaitGroup
	for i, ctx := range []context.Context{context.Background(), context.Background(), ended()} {
		wg.Go(func() { errs[i] = fleet.Stop(ctx) })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil || err.Error() != errs[0].Error() {
			t.Errorf("errors differ: %v", errs)
		}
	}
}

func TestProcessTwoLaunchesAtOnce(t *testing.T) {
	t.Setenv("CHIMERA_CACHE", t.TempDir()) // so that both build
	var fleets [2]launcher.Fleet
	var errs [2]error
	var wg sync.WaitGroup
	for i := range fleets {
		wg.Go(func() { fleets[i], errs[i] = launcher.Process{}.Launch(t.Context(), plan("tree1", "tree2")) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	urls := map[string]bool{}
	for _, f := range fleets {
		for _, e := range f.Endpoints() {
			urls[e.URL] = true
		}
	}
	if len(urls) != 4 {
		t.Errorf("URLs %v, want four", urls)
	}
	stop(t, fleets[0])
	if _, err := fetch(fleets[1].Endpoints()[0].URL + "/v1/chimera/health"); err != nil {
		t.Errorf("stopping one launch ended the other's worker: %v", err)
	}
	stop(t, fleets[1])
}

func TestProcessLogs(t *testing.T) {
	j := &journal{}
	p := with(plan("tree1", "tree2"), "tree1", "FAKE=chatty")
	p.LogDir, p.Output = t.TempDir(), j
	fleet := launch(t, launcher.Process{}, p)
	stop(t, fleet)
	lines := strings.Split(strings.TrimSuffix(kept(t, filepath.Join(p.LogDir, "tree1.log")), "\n"), "\n")
	if len(lines) < 2000 {
		t.Fatalf("%d lines, want more than 2000", len(lines))
	}
	for i := range 2000 {
		if want := fmt.Sprint("line ", i, " ", strings.Repeat("x", 100)); lines[i] != want {
			t.Fatalf("line %d is %q", i, lines[i])
		}
	}
	if long := strings.Join(lines[2000:], ""); !strings.HasPrefix(long, strings.Repeat("long ", 20_000)) {
		t.Errorf("the long line lost something: %d bytes", len(long))
	}
	var shown []string
	for _, line := range j.lines() {
		if rest, ok := strings.CutPrefix(line, "tree1 | "); ok {
			shown = append(shown, rest)
		} else if !strings.HasPrefix(line, "tree2 | ") {
			t.Fatalf("line %q has no worker's name", line)
		}
	}
	if d := cmp.Diff(lines, shown); d != "" {
		t.Errorf("file and terminal differ:\n%s", d)
	}
}

// A process that a worker leaves behind neither hides the worker's end nor lives on.
func TestProcessLeavesAChild(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs process groups")
	}
	listener, _ := listen(t)
	p := with(plan("tree1"), "tree1", "FAKE=leaves a child", "FAKE_CONNECT="+listener.Addr().String())
	p.Restart = launcher.RestartNever
	fleet := launch(t, launcher.Process{}, p)
	left, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = left.Close() }()
	_, _ = fetch(fleet.Endpoints()[0].URL + "/die?code=1")
	if e := <-fleet.Exits(); e.Code != 1 {
		t.Errorf("exit %+v", e)
	}
	untilClosed(t, left)
	stop(t, fleet)
}

// untilClosed returns when the other end of the connection has ended.
func untilClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute)) // reached only if it lives on
	if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("it lives on")
	}
}

// hold opens a request to a fake worker that ends when the worker does.
func hold(t *testing.T, url string) net.Conn {
	t.Helper()
	conn := dial(t, url)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/hold", nil)
	if err == nil {
		err = req.Write(conn)
	}
	if err != nil {
		t.Fatal(err)
	}
	header := make([]byte, 4096) // the answer's, which comes at once
	if n, err := conn.Read(header); err != nil || !strings.HasPrefix(string(header[:n]), "HTTP/1.1 200") {
		t.Fatalf("hold answered %q, %v", header[:n], err)
	}
	return conn
}
