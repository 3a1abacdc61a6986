package launchertest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/launchertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plan(names ...string) (p launcher.Plan) {
	for _, n := range names {
		p.Workers = append(p.Workers, launcher.Worker{Name: n, Hash: "abc"})
	}
	return p
}

// get is one request on a connection of its own.
func get(url string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, " ", string(body)), err
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func TestLauncher(t *testing.T) {
	l := &launchertest.Launcher{Scripts: map[string]launchertest.Script{"b": {Handler: http.HandlerFunc(hello)}}}
	fleet, err := l.Launch(t.Context(), plan("b", "a"))
	if err != nil {
		t.Fatal(err)
	}
	at := fleet.Endpoints()
	if len(at) != 2 || at[0].Name != "b" || at[1].Name != "a" || l.Running() != 1 || len(l.Plans()) != 1 {
		t.Fatalf("endpoints %v, %d running, plans %v", at, l.Running(), l.Plans())
	}
	for _, tt := range []struct{ url, want string }{
		{at[0].URL + "/x", "200 hello"},
		{at[1].URL + "/x", "404 404 page not found\n"},
		{at[1].URL + "/v1/chimera/ready", "200 "},
		{at[1].URL + "/v1/chimera/health", `200 {"config_hash":"abc","node":"a","status":"ok"}` + "\n"},
	} {
		if got, err := get(tt.url); got != tt.want || err != nil {
			t.Errorf("%s answers %q, %v; want %q", tt.url, got, err, tt.want)
		}
	}
	// The mock's workers answer as those of the real launchers must.
	p := plan("b", "a")
	p.Workers[0].URL, p.Workers[1].URL = at[0].URL, at[1].URL
	met, err := launcher.External{Attempts: 1}.Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []launcher.Fleet{met, fleet, fleet} { // twice
		if err := f.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, open := <-fleet.Exits(); open || l.Running() != 0 {
		t.Errorf("Exits is open: %v; %d running", open, l.Running())
	}
	if l.Kill(launcher.Exit{Worker: "a"}) {
		t.Error("a stopped worker died")
	}
}

func TestLaunchFails(t *testing.T) {
	bad := errors.New("out of memory")
	l := &launchertest.Launcher{Scripts: map[string]launchertest.Script{"b": {StartError: bad}}}
	if _, err := l.Launch(t.Context(), plan("a", "b")); !errors.Is(err, bad) || l.Running() != 0 {
		t.Errorf("error %v, %d running", err, l.Running())
	}
}

func TestLaunchIsHeld(t *testing.T) {
	hold := make(chan struct{})
	l := &launchertest.Launcher{Hold: hold}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Launch(ctx, plan("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		fleet, err := l.Launch(t.Context(), plan("a"))
		if err != nil {
			t.Error(err)
			return
		}
		_ = fleet.Stop(context.Background())
	})
	close(hold)
	wg.Wait()
}

func TestWorkerDiesAtARequest(t *testing.T) {
	l := &launchertest.Launcher{
		Scripts: map[string]launchertest.Script{"a": {
			Handler: http.HandlerFunc(hello), ExitAt: 2, Exit: launcher.Exit{Code: 3, LastWords: "no space left"},
		}},
		StopError: errors.New("stuck"),
	}
	fleet, err := l.Launch(t.Context(), plan("a"))
	if err != nil {
		t.Fatal(err)
	}
	url := fleet.Endpoints()[0].URL
	if got, err := get(url); got != "200 hello" || err != nil {
		t.Errorf("the first request: %q, %v", got, err)
	}
	for _, which := range []string{"second", "third"} {
		if got, err := get(url); err == nil {
			t.Errorf("the %s request was answered: %q", which, got)
		}
	}
	want := launcher.Exit{Worker: "a", Code: 3, LastWords: "no space left"}
	if got := <-fleet.Exits(); got != want {
		t.Errorf("exit %+v, want %+v", got, want)
	}
	if l.Kill(want) {
		t.Error("a dead worker died again")
	}
	if err := fleet.Stop(t.Context()); err == nil || err.Error() != "stuck" {
		t.Errorf("Stop: %v", err)
	}
}

func TestKillCutsRequestsOff(t *testing.T) {
	arrived := make(chan struct{})
	l := &launchertest.Launcher{Scripts: map[string]launchertest.Script{"a": {Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})}}}
	fleet, err := l.Launch(t.Context(), plan("a"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if got, err := get(fleet.Endpoints()[0].URL); err == nil {
			t.Errorf("answered: %q", got)
		}
	})
	<-arrived
	want := launcher.Exit{Worker: "a", Code: -1, Signal: "killed"}
	if l.Kill(launcher.Exit{Worker: "nobody"}) || !l.Kill(want) {
		t.Error("Kill knows the wrong workers")
	}
	wg.Wait()
	if got := <-fleet.Exits(); got != want {
		t.Errorf("exit %+v, want %+v", got, want)
	}
	if err := fleet.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func ExampleLauncher() {
	l := &launchertest.Launcher{}
	fleet, err := l.Launch(context.Background(), launcher.Plan{Workers: []launcher.Worker{{Name: "tree1"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	l.Kill(launcher.Exit{Worker: "tree1", Code: 2, LastWords: "out of memory"})
	fmt.Println(<-fleet.Exits())
	fmt.Println(fleet.Stop(context.Background()), l.Running())
	// Output:
	// worker tree1 ended with exit status 2; its last words:
	//   out of memory
	// <nil> 0
}
