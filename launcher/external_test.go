package launcher_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/launcher"
)

// quick asks often, with no pause to speak of.
var quick = launcher.External{Attempts: 3, Pause: time.Nanosecond}

// at is a plan of workers that run already, by name and URL in turn.
func at(namesAndURLs ...string) launcher.Plan {
	var p launcher.Plan
	for i := 0; i < len(namesAndURLs); i += 2 {
		p.Workers = append(p.Workers, launcher.Worker{Name: namesAndURLs[i], URL: namesAndURLs[i+1], Hash: "abc"})
	}
	return p
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestExternal(t *testing.T) {
	nobody := fmt.Sprintf("http://127.0.0.1:%d", freePort(t))
	good := serve(t, worker("good", "abc", 0))
	slow := serve(t, worker("slow", "", 3))
	python := serve(t, http.NotFoundHandler())
	below := serve(t, http.StripPrefix("/pool/one", worker("below", "abc", 0)))
	website := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") }))
	broken := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "out of order", http.StatusBadGateway) }))

	j := &journal{}
	var warned strings.Builder
	p := at("gone", nobody, "good", good+"/", "slow", slow, "python", python, "below", below+"/pool/one", "website", website, "broken", broken)
	p.Observe, p.Log = j.observe, slog.New(slog.NewTextHandler(&warned, nil))
	fleet := launch(t, quick, p)

	type seen struct {
		Name, URL string
		Foreign   bool
		Down      string
	}
	var got []seen
	for _, e := range fleet.Endpoints() {
		s := seen{e.Name, e.URL, e.Foreign, ""}
		if e.Peer != e.URL {
			t.Errorf("%s: its peers are to reach it at %s, want %s", e.Name, e.Peer, e.URL)
		}
		for _, reason := range []string{"refused", "not a worker's health", "502"} {
			if e.Down != nil && strings.Contains(e.Down.Error(), reason) {
				s.Down = reason
			}
		}
		got = append(got, s)
	}
	want := []seen{
		{"gone", nobody, false, "refused"}, {"good", good, false, ""}, {"slow", slow, false, ""}, {"python", python, true, ""},
		{"below", below + "/pool/one", false, ""}, {"website", website, false, "not a worker's health"}, {"broken", broken, false, "502"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("endpoints (-want +got):\n%s", d)
	}
	if down, retried := j.count(launcher.Down), j.count(launcher.Retrying); down != 3 || retried != 4 {
		t.Errorf("%d events that a worker is down and %d retries, want 3 and 2 for each of two workers", down, retried)
	}
	if n := strings.Count(warned.String(), "cannot be reached"); n != 3 {
		t.Errorf("%d warnings, want 3", n)
	}
	stop(t, fleet)
	stop(t, fleet)
	if _, open := <-fleet.Exits(); open {
		t.Error("Exits delivered something")
	}
	if _, err := fetch(good + "/v1/chimera/health"); err != nil {
		t.Errorf("Stop ended a worker that was not the launcher's: %v", err)
	}
}

func TestExternalAllDown(t *testing.T) {
	a, b := fmt.Sprintf("http://127.0.0.1:%d", freePort(t)), serve(t,
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	_, err := quick.Launch(t.Context(), at("tree1", a, "tree2", b))
	var unreachable *launcher.UnreachableError
	wantError(t, err, &unreachable)
	if len(unreachable.Workers) != 2 || unreachable.Workers[0].Name != "tree1" {
		t.Errorf("workers %v", unreachable.Workers)
	}
	contains(t, err, "tree1 at "+a, "refused", "tree2 at "+b, "418")
}

func TestExternalComesUpLate(t *testing.T) {
	asked := 0
	good := worker("tree1", "abc", 0)
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked < 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		good.ServeHTTP(w, r)
	}))
	fleet := launch(t, quick, at("tree1", url))
	if e := fleet.Endpoints()[0]; e.Down != nil {
		t.Errorf("endpoint %+v", e)
	}
	stop(t, fleet)
}

func TestExternalRefuses(t *testing.T) {
	good := serve(t, worker("tree1", "abc", 0))
	t.Run("another configuration", func(t *testing.T) {
		_, err := quick.Launch(t.Context(), at("tree1", good, "tree2", serve(t, worker("tree2", "xyz", 0))))
		var hash *launcher.ConfigHashError
		wantError(t, err, &hash)
		contains(t, err, "tree2", "go generate")
	})
	t.Run("another worker", func(t *testing.T) {
		_, err := quick.Launch(t.Context(), at("tree2", good))
		var name *launcher.NameError
		wantError(t, err, &name)
		contains(t, err, "tree1", "tree2", good)
	})
	t.Run("negative numbers", func(t *testing.T) {
		_, err := launcher.External{Attempts: -1}.Launch(t.Context(), at("tree1", good))
		var bad *launcher.PlanError
		wantError(t, err, &bad)
	})
}

func TestExternalNeverHasItsData(t *testing.T) {
	p := at("tree1", serve(t, worker("tree1", "abc", 1<<30)))
	p.ReadyTimeout = time.Second
	_, err := quick.Launch(t.Context(), p)
	var notReady *launcher.NotReadyError
	wantError(t, err, &notReady)
	contains(t, err, "worker tree1 was not ready within 1s", "503")
}

func TestExternalCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	j := &journal{on: func(e launcher.Event) {
		if e.Kind == launcher.Retrying {
			cancel()
		}
	}}
	p := at("tree1", fmt.Sprintf("http://127.0.0.1:%d", freePort(t)))
	p.Observe = j.observe
	_, err := launcher.External{Attempts: 2, Pause: time.Hour}.Launch(ctx, p)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
