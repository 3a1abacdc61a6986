package docker_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/client"
	"go.uber.org/goleak"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/docker/dockertest"
)

// masterEnv makes the test binary a master of the project that it names.
const masterEnv = "DOCKER_TEST_MASTER"

func TestMain(m *testing.M) {
	if name := os.Getenv(masterEnv); name != "" {
		if err := beMaster(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	cache, err := os.MkdirTemp("", "docker-test-")
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

// beMaster launches a worker, prints where it is, and does what it is told.
func beMaster(name string) (err error) {
	plan := fakes(name, "tree1")
	fleet, err := docker.Launcher{}.Launch(context.Background(), plan)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fleet.Stop(context.Background())) }()
	fmt.Println(fleet.Endpoints()[0].URL)
	command, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if command == "panic\n" {
		panic("the master panics, as told")
	}
	return err
}

// fakes has the named fake workers of the launcher's test project.
func fakes(project string, names ...string) launcher.Plan {
	plan := launcher.Plan{Project: project, Dir: filepath.Join("..", "testdata", "project"), Version: "test"}
	for _, name := range names {
		plan.Workers = append(plan.Workers, launcher.Worker{
			Name: name, Main: "chimera_workers/" + name, Data: "chimera_train_data/" + name, Hash: "abc", Env: []string{"FAKE_HASH=abc"},
		})
	}
	return plan
}

// project is a project on the engine that no other test has. What it leaves is
// removed at the end.
type project struct {
	*testing.T
	*docker.Engine
	name string
	api  *client.Client
	journal
}

func newProject(t *testing.T) *project {
	t.Helper()
	engine := dockertest.Engine(t)
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	p := &project{T: t, Engine: engine, name: "test-" + strings.ToLower(rand.Text()[:8]), api: api}
	t.Cleanup(func() {
		if _, err := engine.Down(context.Background(), p.name); err != nil {
			t.Error(err)
		}
		_ = api.Close()
	})
	return p
}

// plan has the named fake workers, and the journal listens.
func (p *project) plan(names ...string) launcher.Plan {
	plan := fakes(p.name, names...)
	plan.Observe, plan.Output = p.observe, &p.journal
	return plan
}

func (p *project) launch(plan launcher.Plan) launcher.Fleet {
	p.Helper()
	fleet, err := docker.Launcher{}.Launch(p.Context(), plan)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = fleet.Stop(context.Background()) }) // for tests that fail before theirs
	return fleet
}

// stop ends the fleet; then only images may be left.
func (p *project) stop(fleet launcher.Fleet) {
	p.Helper()
	if err := fleet.Stop(context.Background()); err != nil {
		p.Errorf("Stop: %v", err)
	}
	p.nothingRuns()
}

func (p *project) nothingRuns() {
	p.Helper()
	removed, err := p.Down(context.Background(), p.name)
	if err != nil || len(removed.Containers)+len(removed.Networks) > 0 {
		p.Errorf("left behind: %+v, %v", removed, err)
	}
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

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) printed() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
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
