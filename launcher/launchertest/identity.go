package launchertest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gochimera/chimera/launcher"
)

// issuer issues secrets that tests recognise, and counts them.
type issuer struct {
	mu     sync.Mutex
	issued map[string]int // by worker
	asked  map[string]int // calls to a worker as its master
}

func (i *issuer) Scheme() string { return "http" }

func (i *issuer) Issue(worker string) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.issued[worker]++
	return fmt.Appendf(nil, `{"secret":"of-%s-%d"}`, worker, i.issued[worker]), nil
}

func (i *issuer) Transport(worker string) http.RoundTripper {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked[worker]++
	return http.DefaultTransport
}

func checkIdentity(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, names)
	known := &issuer{issued: map[string]int{}, asked: map[string]int{}}
	l.plan.Identity = known
	l.plan.LogDir = t.TempDir()
	again := make(chan struct{}, 10)
	l.on = func(e launcher.Event) {
		if e.Kind == launcher.Again || e.Kind == launcher.Down {
			again <- struct{}{}
		}
	}
	l.plan.Restart = launcher.RestartOnFailure
	fleet := l.up()
	for i, e := range fleet.Endpoints() {
		secret, err := fetch(e.URL + "/identity")
		if want := fmt.Sprintf(`{"secret":"of-%s-1"}`, names[i]); err != nil || secret != want {
			t.Errorf("worker %s has the identity %q, %v; want %q", names[i], secret, err, want)
		}
		env, err := fetch(e.URL + "/env")
		if err != nil || strings.Contains(env, "of-"+names[i]) || !strings.Contains(env, launcher.EnvIdentity+"=") {
			t.Errorf("the environment of worker %s has its identity, or does not say where that is: %s, %v", names[i], env, err)
		}
		if known.asked[names[i]] == 0 {
			t.Errorf("worker %s was not asked by who knows it", names[i])
		}
	}
	if s.info.Traits.Restarts {
		_, _ = fetch(fleet.Endpoints()[1].URL + "/die?code=7") // no answer comes
		<-fleet.Exits()
		<-again
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // reached only if it is never ready
		defer cancel()
		if err := launcher.AwaitReady(ctx, l.plan.Workers[1], fleet.Endpoints()[1].URL, func(launcher.Event) {}); err != nil {
			t.Error(err)
		}
		secret, err := fetch(fleet.Endpoints()[1].URL + "/identity")
		if err != nil || !strings.Contains(secret, "of-birch-") {
			t.Errorf("worker birch has the identity %q, %v, once it was started again", secret, err)
		}
	}
	l.stop(fleet)
	if strings.Contains(l.written(), `"secret"`) {
		t.Errorf("a secret is in the log:\n%s", l.written())
	}
}
