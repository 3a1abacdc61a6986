package launcher_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/launcher"
)

// eager starts workers again without a pause.
var eager = launcher.Process{RestartPause: time.Nanosecond}

// watched is a journal that hands on what happens to tree2 after it has ended.
type watched struct {
	journal
	fate chan launcher.Event // Again or Down
}

func watch() *watched {
	w := &watched{fate: make(chan launcher.Event, 100)}
	w.on = func(e launcher.Event) {
		if e.Worker == "tree2" && (e.Kind == launcher.Again || e.Kind == launcher.Down) {
			w.fate <- e
		}
	}
	return w
}

// restarting has two workers that w watches; env is tree2's.
func restarting(w *watched, restart launcher.Restart, env ...string) launcher.Plan {
	p := with(plan("tree1", "tree2"), "tree2", env...)
	p.Restart, p.Observe, p.Output = restart, w.observe, w
	return p
}

// changing makes tree2 another one from its second start on.
func changing(t *testing.T, variable string) []string {
	t.Helper()
	return []string{"FAKE_MARK=" + filepath.Join(t.TempDir(), "started"), "FAKE_AGAIN=" + variable}
}

// end ends a worker by itself: with a status, or as kill -9 does.
func end(t *testing.T, e launcher.Endpoint, how string) {
	t.Helper()
	if how != "kill" {
		_, _ = fetch(e.URL + "/die?code=" + how) // no answer comes
		return
	}
	p, err := os.FindProcess(e.PID)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestProcessRestart(t *testing.T) {
	for _, tt := range []struct {
		restart launcher.Restart
		how     string
		comes   bool
	}{
		{"", "7", true},
		{"", "0", false},
		{launcher.RestartOnFailure, "7", true},
		{launcher.RestartOnFailure, "kill", true},
		{launcher.RestartOnFailure, "0", false},
		{launcher.RestartAlways, "7", true},
		{launcher.RestartAlways, "kill", true},
		{launcher.RestartAlways, "0", true},
		{launcher.RestartNever, "7", false},
		{launcher.RestartNever, "kill", false},
		{launcher.RestartNever, "0", false},
	} {
		t.Run(fmt.Sprintf("restart %q, ends by %s", tt.restart, tt.how), func(t *testing.T) {
			w := watch()
			p := restarting(w, tt.restart)
			p.LogDir = t.TempDir()
			fleet := launch(t, eager, p)
			before := fleet.Endpoints()
			variables := environment(t, before[1].URL)
			t.Setenv("LATER", "yes") // is no business of the workers
			for range 2 {            // if it comes back, it does so every time
				was := fleet.Endpoints()[1]
				end(t, was, tt.how)
				if e := <-fleet.Exits(); e.Worker != "tree2" || (e.Code == 0) != (tt.how == "0") {
					t.Errorf("exit %+v", e)
				}
				fate := <-w.fate
				is := fleet.Endpoints()[1]
				if !tt.comes {
					if fate.Kind != launcher.Down || is.PID != 0 {
						t.Errorf("event %v and process %d, want that it is left alone", fate, is.PID)
					}
					break
				}
				if fate.Kind != launcher.Again || fate.URL != was.URL {
					t.Fatalf("event %v", fate)
				}
				if is.URL != was.URL || is.Peer != was.Peer || is.PID == was.PID || is.PID == 0 {
					t.Errorf("it is back as %+v and was %+v", is, was)
				}
				if d := cmp.Diff(variables, environment(t, is.URL)); d != "" {
					t.Errorf("it was told something else:\n%s", d)
				}
			}
			if now := fleet.Endpoints(); now[0] != before[0] {
				t.Errorf("tree1 was %+v and is %+v", before[0], now[0])
			}
			stop(t, fleet)
			w.allGone(t)
			if log := kept(t, filepath.Join(p.LogDir, "tree2.log")); tt.how == "7" && tt.comes && runtime.GOOS != "windows" &&
				log != "dying as told\ndying as told\ntold to end\n" {
				t.Errorf("tree2.log holds %q", log)
			}
			if started := w.count(launcher.Started); tt.comes != (started == 4) || !tt.comes != (started == 2) {
				t.Errorf("%d processes were started", started)
			}
		})
	}
}

// environment is the variables that a worker was given, but for its port, which is any free
// one at first and its own after that.
func environment(t *testing.T, url string) []string {
	t.Helper()
	body, err := fetch(url + "/env")
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	if err := json.Unmarshal([]byte(body), &env); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, launcher.EnvPort+"=") })
}

// While a worker is gone something else may take its port. It is tried again
// until the port is free, or there were enough tries, which are counted.
func TestProcessRestartPortTaken(t *testing.T) {
	for _, tt := range []struct {
		name  string
		free  int // the try before which the port is free again
		exits int // of tree2
		fate  launcher.EventKind
	}{
		{"for a while", 3, 3, launcher.Again},
		{"for good", 100, 6, launcher.Down},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := watch()
			var intruder net.Listener
			tries, next := 0, w.on
			w.on = func(e launcher.Event) {
				next(e)
				if e.Kind != launcher.Retrying {
					return
				}
				var err error
				switch tries++; tries { // tree2 has ended
				case 1:
					intruder, err = new(net.ListenConfig).Listen(context.Background(), "tcp", strings.TrimPrefix(e.URL, "http://"))
				case 2:
					if !strings.Contains(e.Err.Error(), "address already in use") && runtime.GOOS != "windows" {
						t.Errorf("the reason does not say that its port is taken: %v", e.Err)
					}
				case tt.free:
					err = intruder.Close()
				}
				if err != nil {
					t.Error(err)
				}
			}
			fleet := launch(t, launcher.Process{Restarts: 5, RestartPause: time.Nanosecond}, restarting(w, ""))
			at := fleet.Endpoints()[1]
			end(t, at, "kill")
			fate := <-w.fate
			if fate.Kind != tt.fate {
				t.Errorf("event %v, want %s", fate, tt.fate)
			}
			for range tt.exits {
				if e := <-fleet.Exits(); e.Worker != "tree2" {
					t.Errorf("exit %+v", e)
				}
			}
			if fate.Kind == launcher.Down {
				contains(t, fate.Err, "5 times in a row without success", at.URL[strings.LastIndex(at.URL, ":")+1:], "address already in use")
				_ = intruder.Close()
			} else if _, err := fetch(at.URL + "/v1/chimera/health"); err != nil {
				t.Error(err)
			}
			stop(t, fleet)
			if e, open := <-fleet.Exits(); open {
				t.Errorf("one exit too many: %+v", e)
			}
			w.allGone(t)
		})
	}
}

// What comes back is checked like what came first; what fails the check is ended.
func TestProcessRestartRefused(t *testing.T) {
	var (
		hash *launcher.ConfigHashError
		name *launcher.NameError
	)
	for _, tt := range []struct {
		name, again string
		want        any
		says        string
		exits       int // further ones: those that nobody asked for
	}{
		{"generated from another configuration", "FAKE_HASH=xyz", &hash, "go generate", 0},
		{"another worker", "FAKE_NAME=tree9", &name, "tree9", 0},
		{"at another address", "CHIMERA_WORKERS_PORT=0", nil, "3 times in a row without success: it listens on", 0},
		{"a handshake that is no URL", "FAKE=nonsense", nil, `3 times in a row without success: worker tree2: its handshake "nowhere"`, 0},
		{"fails at every start", "FAKE=exit", nil, "3 times in a row without success: worker tree2 (port ", 3},
		{"ends well at once", "FAKE=exit quietly", nil, "(restart: on-failure)", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := watch()
			var warned strings.Builder
			p := restarting(w, "", changing(t, tt.again)...)
			p.Log = slog.New(slog.NewTextHandler(&warned, nil))
			fleet := launch(t, launcher.Process{Restarts: 3, RestartPause: time.Nanosecond}, p)
			end(t, fleet.Endpoints()[1], "kill")
			fate := <-w.fate
			if fate.Kind != launcher.Down {
				t.Fatalf("event %v", fate)
			}
			if tt.want != nil {
				wantError(t, fate.Err, tt.want)
			}
			contains(t, fate.Err, tt.says)
			if pid := fleet.Endpoints()[1].PID; pid != 0 {
				t.Errorf("process %d is left", pid)
			}
			for range 1 + tt.exits {
				<-fleet.Exits()
			}
			stop(t, fleet)
			if e, open := <-fleet.Exits(); open {
				t.Errorf("an end that was asked for counts as one of its own: %+v", e)
			}
			w.allGone(t)
			if text := warned.String(); !strings.Contains(text, "try 1 of 3") || !strings.Contains(text, "is left alone") {
				t.Errorf("logged %s", text)
			}
		})
	}
}

// Without its executable there is no use in trying.
func TestProcessRestartWithoutExecutable(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an executable that runs cannot be removed there")
	}
	cache := t.TempDir()
	t.Setenv("CHIMERA_CACHE", cache)
	w := watch()
	fleet := launch(t, eager, restarting(w, ""))
	if err := os.RemoveAll(cache); err != nil {
		t.Fatal(err)
	}
	end(t, fleet.Endpoints()[1], "kill")
	fate := <-w.fate
	contains(t, fate.Err, "starting worker tree2", "start the program again")
	if !errors.Is(fate.Err, os.ErrNotExist) || w.count(launcher.Retrying) != 1 {
		t.Errorf("event %v after %d tries", fate, w.count(launcher.Retrying))
	}
	stop(t, fleet)
}

// Stop ends a worker in whatever state of coming back it is.
func TestProcessStopDuringRestart(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pause time.Duration
		again string
		at    launcher.EventKind
		force bool
	}{
		{"while it waits", time.Hour, "FAKE=", launcher.Retrying, false},
		{"while it loads its data", time.Nanosecond, "FAKE=loading", launcher.Loading, false},
		{"when it is back", time.Nanosecond, "FAKE=", launcher.Again, false},
		{"when it is back and deaf", time.Nanosecond, "FAKE=deaf", launcher.Again, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := watch()
			reached := make(chan struct{}, 10)
			w.on = func(e launcher.Event) {
				if e.Worker == "tree2" && e.Kind == tt.at {
					reached <- struct{}{}
				}
			}
			p := restarting(w, "", changing(t, tt.again)...)
			p.StopGrace = time.Hour
			fleet := launch(t, launcher.Process{RestartPause: tt.pause}, p)
			end(t, fleet.Endpoints()[1], "kill")
			<-reached
			ctx := context.Background()
			if tt.force {
				ctx = ended()
			}
			if err := fleet.Stop(ctx); tt.force != (err != nil) {
				t.Errorf("Stop: %v", err)
			} else if tt.force {
				contains(t, err, "tree2", "killed")
			}
			w.allGone(t)
			if pid := fleet.Endpoints()[1].PID; pid != 0 {
				t.Errorf("process %d is left", pid)
			}
			if e := <-fleet.Exits(); e.Worker != "tree2" || e.Code == 0 {
				t.Errorf("exit %+v", e)
			}
			if e, open := <-fleet.Exits(); open {
				t.Errorf("an exit that Stop caused: %+v", e)
			}
		})
	}
}
