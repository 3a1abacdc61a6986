package launchertest

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/launchertest/fake"
)

//go:embed fake/fake.go
var fakeSource string

// suite is one run of the conformance suite.
type suite struct {
	info       launcher.Info
	dir        string // of the project
	afterwards func(project string)
}

// names are the workers of the project.
var names = []string{"ash", "birch", "cedar"}

// writeProject writes a module with a main for each worker, and its data.
func (s *suite) writeProject(t *testing.T) {
	t.Helper()
	s.dir = t.TempDir()
	files := map[string]string{"go.mod": "module example.com/conformance\n\ngo 1.26\n", "fake/fake.go": fakeSource}
	for _, name := range names {
		files["chimera_workers/"+name+"/main.go"] = fmt.Sprintf(
			"package main\n\nimport \"example.com/conformance/fake\"\n\nfunc main() { fake.Main(%q) }\n", name)
		files["chimera_train_data/"+name+"/X_train.csv"] = "a\n1\n"
	}
	for name, text := range files {
		file := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// launch is a launch of some of the workers.
type launch struct {
	*testing.T
	*suite
	plan launcher.Plan
	journal
}

// workers prepares a launch. birch, if it is one of them, has further environment,
// by which it does something wrong.
func (s *suite) workers(t *testing.T, workers []string, birch ...string) *launch {
	t.Helper()
	l := &launch{T: t, suite: s, plan: launcher.Plan{Project: project(), Dir: s.dir, Version: "test", ReadyTimeout: 2 * time.Minute}}
	l.plan.Observe, l.plan.Output = l.observe, &l.journal
	for _, name := range workers {
		w := launcher.Worker{
			Name: name, Main: "chimera_workers/" + name, Data: "chimera_train_data/" + name, Hash: "abc",
			Env: []string{"FAKE_HASH=abc", "FAKE_LAUNCH=" + l.plan.Project},
		}
		if name == "birch" {
			w.Env = append(w.Env, birch...)
		}
		if s.info.Traits.StartsNothing {
			server := httptest.NewServer(fake.Handler(name, true, variable(w)))
			t.Cleanup(server.Close)
			w.URL = server.URL
		}
		l.plan.Workers = append(l.plan.Workers, w)
	}
	t.Cleanup(func() { s.afterwards(l.plan.Project) })
	return l
}

// variable reads a worker's own environment.
func variable(w launcher.Worker) func(string) string {
	return func(name string) string {
		value := ""
		for _, v := range w.Env {
			if key, text, _ := strings.Cut(v, "="); key == name {
				value = text
			}
		}
		return value
	}
}

// inside makes workers for launchers that run them in this program.
func inside(ctx context.Context, w launcher.Worker, log *slog.Logger) (http.Handler, io.Closer, error) {
	env := variable(w)
	log.InfoContext(ctx, "made "+w.Name)
	return fake.Handler(w.Name, env("FAKE") != "loading", env), nil, nil
}

func (l *launch) launcher() launcher.Launcher {
	l.Helper()
	made, err := l.info.New(launcher.Setup{Factory: inside})
	if err != nil {
		l.Fatal(err)
	}
	return made
}

// up launches the workers, which must work.
func (l *launch) up() launcher.Fleet {
	l.Helper()
	fleet, err := l.launcher().Launch(l.Context(), l.plan)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = fleet.Stop(context.Background()) }) // for checks that fail before theirs
	return fleet
}

// fails launches the workers, which must not work, and wants nothing to be left.
func (l *launch) fails(ctx context.Context) error {
	l.Helper()
	fleet, err := l.launcher().Launch(ctx, l.plan)
	if err == nil {
		_ = fleet.Stop(context.Background()) // what was launched is not the check's
		l.Fatal("the launch succeeded")
	}
	if fleet != nil {
		l.Errorf("beside the error %v there is a fleet", err)
	}
	l.nothingRuns()
	return err
}

// nothingRuns fails the check if a worker that was launched still answers.
func (l *launch) nothingRuns() {
	l.Helper()
	if l.info.Traits.StartsNothing {
		return // the workers are not the launcher's
	}
	for _, e := range l.all() {
		if e.Kind != launcher.Started && e.Kind != launcher.Ready {
			continue
		}
		// by now another launch's worker may be there
		if health, err := fetch(e.URL + "/v1/chimera/health"); err == nil && strings.Contains(health, l.plan.Project) {
			l.Errorf("worker %s was left behind at %s", e.Worker, e.URL)
		}
	}
}

func (l *launch) stop(f launcher.Fleet) {
	l.Helper()
	if err := f.Stop(context.Background()); err != nil {
		l.Errorf("Stop: %v", err)
	}
	l.nothingRuns()
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

// Write takes what the workers write.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) written() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) all() []launcher.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.events)
}

// count is how many events of a kind there were.
func (j *journal) count(kind launcher.EventKind) (n int) {
	for _, e := range j.all() {
		if e.Kind == kind {
			n++
		}
	}
	return n
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
		return "", fmt.Errorf("%s: %s: %s", url, resp.Status, body)
	}
	return string(body), err
}
