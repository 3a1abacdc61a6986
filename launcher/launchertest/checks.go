package launchertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gochimera/chimera/launcher"
)

func checkName(t *testing.T, s *suite) {
	t.Helper()
	if got := s.workers(t, names).launcher().Name(); got != s.info.Name {
		t.Errorf("its name is %q, and it is registered as %q", got, s.info.Name)
	}
}

func checkEndpoints(t *testing.T, s *suite) {
	t.Helper()
	order := []string{"cedar", "ash", "birch"} // neither that of the names nor its reverse
	l := s.workers(t, order)
	fleet := l.up()
	var got []string
	for _, e := range fleet.Endpoints() {
		got = append(got, e.Name)
		if body, err := fetch(e.URL + "/v1/chimera/health"); err != nil || !strings.Contains(body, `"node":"`+e.Name+`"`) {
			t.Errorf("at %s, where %s should be: %q, %v", e.URL, e.Name, body, err)
		}
		if e.Peer == "" || e.Down != nil || e.Foreign || strings.HasSuffix(e.URL, "/") {
			t.Errorf("endpoint %+v", e)
		}
	}
	if !slices.Equal(got, order) {
		t.Errorf("endpoints %v, want %v", got, order)
	}
	if n := l.count(launcher.Ready); n != len(order) {
		t.Errorf("%d Ready events, want one for each worker", n)
	}
	list := fleet.Endpoints()
	list[0].Name = "changed"
	if fleet.Endpoints()[0].Name != "cedar" {
		t.Error("changing the list of endpoints changes the fleet")
	}
	l.stop(fleet)
}

func checkStop(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, names)
	fleet := l.up()
	var stops sync.WaitGroup
	var errs [3]error
	for i := range errs {
		stops.Go(func() { errs[i] = fleet.Stop(context.Background()) })
	}
	stops.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Errorf("Stop: %v", err)
	}
	l.stop(fleet) // again
	if e, open := <-fleet.Exits(); open {
		t.Errorf("a worker that was told to end was delivered: %+v", e)
	}
	if l.count(launcher.Stopping) != 1 || l.count(launcher.Stopped) != 1 {
		t.Errorf("%d Stopping and %d Stopped events, want one each", l.count(launcher.Stopping), l.count(launcher.Stopped))
	}
}

func checkPlan(t *testing.T, s *suite) {
	t.Helper()
	for name, change := range map[string]func(*launcher.Plan){
		"no workers":                      func(p *launcher.Plan) { p.Workers = nil },
		"two workers of one name":         func(p *launcher.Plan) { p.Workers[1].Name = p.Workers[0].Name },
		"a restart that there is not":     func(p *launcher.Plan) { p.Restart = "sometimes" },
		"a negative time to become ready": func(p *launcher.Plan) { p.ReadyTimeout = -1 },
	} {
		l := s.workers(t, names)
		change(&l.plan)
		var refused *launcher.PlanError
		if err := l.fails(t.Context()); !errors.As(err, &refused) {
			t.Errorf("%s: error %v, want a *launcher.PlanError", name, err)
		}
		if n := l.count(launcher.Building) + l.count(launcher.Started); n > 0 {
			t.Errorf("%s: something was built or started", name)
		}
	}
}

func checkConfiguration(t *testing.T, s *suite) {
	t.Helper()
	err := s.workers(t, names, "FAKE_HASH=xyz").fails(t.Context())
	var hash *launcher.ConfigHashError
	if !errors.As(err, &hash) || hash.Worker != "birch" || hash.Got != "xyz" || hash.Want != "abc" {
		t.Errorf("error %v, want a *launcher.ConfigHashError about birch", err)
	}
}

func checkAnotherWorker(t *testing.T, s *suite) {
	t.Helper()
	err := s.workers(t, names, "FAKE_NAME=oak").fails(t.Context())
	var name *launcher.NameError
	if !errors.As(err, &name) || name.Want != "birch" || name.Got != "oak" && !strings.Contains(name.Got, "oak") {
		t.Errorf("error %v, want a *launcher.NameError about birch and oak", err)
	}
}

func checkCancelled(t *testing.T, s *suite) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.workers(t, names).fails(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that wraps context.Canceled", err)
	}
}

func checkCancelledHalfway(t *testing.T, s *suite) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l := s.workers(t, names, "FAKE=loading")
	l.on = func(e launcher.Event) {
		if e.Kind == launcher.Loading {
			cancel()
		}
	}
	if err := l.fails(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that wraps context.Canceled", err)
	}
}

func checkNeverReady(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, []string{"birch"}, "FAKE=loading")
	l.plan.ReadyTimeout = 100 * time.Millisecond
	err := l.fails(t.Context())
	var late *launcher.NotReadyError
	if !errors.As(err, &late) || late.Worker != "birch" {
		t.Errorf("error %v, want a *launcher.NotReadyError about birch", err)
	}
}

func checkTwoLaunches(t *testing.T, s *suite) {
	t.Helper()
	first, second := s.workers(t, names[:1]), s.workers(t, names[:1])
	one, other := first.up(), second.up()
	first.stop(one)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // reached only if it is never ready
	defer cancel()
	if err := launcher.AwaitReady(ctx, second.plan.Workers[0], other.Endpoints()[0].URL, func(launcher.Event) {}); err != nil {
		t.Errorf("stopping one launch ended the other's worker: %v", err)
	}
	select {
	case exit := <-other.Exits():
		t.Errorf("stopping one launch ended the other's worker: %v", exit)
	default:
	}
	second.stop(other)
}

func checkLogs(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, names)
	l.plan.LogDir = t.TempDir()
	l.stop(l.up())
	written := "told to end" // by a fake that is a program
	if !s.info.Traits.RunsMains {
		written = "made ash" // by the one that made it
	} else if runtime.GOOS == "windows" {
		return // a program is not told there
	}
	for line := range strings.Lines(l.written()) {
		if name, _, ok := strings.Cut(line, " | "); !ok || !slices.Contains(names, name) {
			t.Errorf("a line of the output does not begin with a worker's name: %q", line)
		}
	}
	if !strings.Contains(l.written(), "ash | ") || !strings.Contains(l.written(), written) {
		t.Errorf("the output lacks what ash wrote, %q:\n%s", written, l.written())
	}
	kept, err := os.ReadFile(filepath.Join(l.plan.LogDir, "ash.log"))
	if err != nil || !strings.Contains(string(kept), written) {
		t.Errorf("ash.log holds %q, %v; want what ash wrote, %q", kept, err, written)
	}
}

func checkEnvironment(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, []string{"birch"}, "EXTRA=yes", launcher.EnvTrainData+"=/nowhere")
	fleet := l.up()
	at := fleet.Endpoints()[0].URL
	env, err := fetch(at + "/env")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"EXTRA=yes"`, launcher.EnvHost + "=", launcher.EnvPort + "=", launcher.EnvProtocol + "="} {
		if !strings.Contains(env, want) {
			t.Errorf("the worker was not told %s", want)
		}
	}
	if s.info.Traits.OwnNetwork {
		l.stop(fleet)
		return // the image decides where the data is
	}
	if rows, err := fetch(at + "/data?file=X_train.csv"); err != nil || rows != "a\n1\n" {
		t.Errorf("its training data: %q, %v", rows, err)
	}
	l.stop(fleet)
}

func checkProtocol(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, []string{"birch"}, "FAKE_PROTOCOL=1.9")
	l.stop(l.up()) // what a minor version adds may be ignored
	err := s.workers(t, names, "FAKE_PROTOCOL=2.0").fails(t.Context())
	if text := err.Error(); !strings.Contains(text, "worker birch") || !strings.Contains(text, "version 2.0") || !strings.Contains(text, "update Chimera") {
		t.Errorf("error %v, want one about birch's version, and what to do", err)
	}
}

func checkEndsEarly(t *testing.T, s *suite) {
	t.Helper()
	err := s.workers(t, names, "FAKE=exit").fails(t.Context())
	var exit *launcher.ExitError
	if !errors.As(err, &exit) || exit.Worker != "birch" || exit.Code != 3 || !strings.Contains(exit.LastWords, "reason 29") {
		t.Errorf("error %v, want a *launcher.ExitError with birch's status 3 and last words", err)
	}
}

func checkExits(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, names)
	l.plan.Restart = launcher.RestartNever
	fleet := l.up()
	_, _ = fetch(fleet.Endpoints()[1].URL + "/die?code=7") // no answer comes
	want := launcher.Exit{Worker: "birch", Code: 7, LastWords: "dying as told"}
	if got := <-fleet.Exits(); got != want {
		t.Errorf("exit %+v, want %+v", got, want)
	}
	for _, i := range []int{0, 2} {
		if _, err := fetch(fleet.Endpoints()[i].URL + "/v1/chimera/health"); err != nil {
			t.Errorf("another worker does not answer any more: %v", err)
		}
	}
	l.stop(fleet)
	if e, open := <-fleet.Exits(); open {
		t.Errorf("a worker that was told to end was delivered: %+v", e)
	}
}

func checkRestart(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, names)
	again := make(chan launcher.Event, 10)
	l.on = func(e launcher.Event) {
		if e.Kind == launcher.Again || e.Kind == launcher.Down {
			again <- e
		}
	}
	l.plan.Restart = launcher.RestartOnFailure
	fleet := l.up()
	before := fleet.Endpoints()[1]
	_, _ = fetch(before.URL + "/die?code=7") // no answer comes
	if e := <-fleet.Exits(); e.Worker != "birch" || e.Code != 7 {
		t.Errorf("exit %+v", e)
	}
	if e := <-again; e.Kind != launcher.Again || e.Worker != "birch" {
		t.Fatalf("event %v, want that birch runs again", e)
	}
	now := fleet.Endpoints()[1]
	if now.URL != before.URL {
		t.Errorf("it is at %s and was at %s", now.URL, before.URL)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // reached only if it is never ready
	defer cancel()
	if err := launcher.AwaitReady(ctx, l.plan.Workers[1], now.URL, func(launcher.Event) {}); err != nil {
		t.Error(err)
	}
	l.stop(fleet)
}

func checkForced(t *testing.T, s *suite) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a worker that heeds its lifeline cannot be deaf there")
	}
	l := s.workers(t, []string{"birch"}, "FAKE=deaf")
	l.plan.StopGrace = time.Nanosecond
	fleet := l.up()
	err := fleet.Stop(context.Background())
	if err == nil || !strings.Contains(err.Error(), "birch") {
		t.Errorf("Stop: %v, want an error that names birch", err)
	}
	if again := fleet.Stop(context.Background()); fmt.Sprint(again) != fmt.Sprint(err) {
		t.Errorf("Stop again: %v, want %v", again, err)
	}
	l.nothingRuns()
}
