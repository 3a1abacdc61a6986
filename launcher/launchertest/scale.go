package launchertest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/launcher"
)

// checkScale checks [launcher.Scaler], of fleets that are one: a worker is ended while the others work, and is started again where it was.
func checkScale(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, names)
	fleet := l.up()
	scaler, is := fleet.(launcher.Scaler)
	if !is || !scaler.Scales() {
		l.stop(fleet)
		t.Skip("this launcher does not start and end single workers")
	}
	before := fleet.Endpoints()
	i := slices.IndexFunc(before, func(e launcher.Endpoint) bool { return e.Name == "birch" })
	answers := func(at launcher.Endpoint) bool {
		body, err := fetch(at.URL + "/v1/chimera/health")
		return err == nil && strings.Contains(body, `"node":"`+at.Name+`"`)
	}
	for range 2 {
		if err := scaler.End(t.Context(), "birch"); err != nil {
			t.Fatalf("End: %v", err)
		}
		if answers(before[i]) && !s.info.Traits.StartsNothing {
			t.Error("a worker that was ended answers")
		}
		for k, at := range fleet.Endpoints() {
			if k != i && !answers(at) {
				t.Errorf("%s does not answer while birch is away", at.Name)
			}
		}
		if err := scaler.Start(t.Context(), "birch"); err != nil {
			t.Fatalf("Start: %v", err)
		}
		if at := fleet.Endpoints()[i]; at.URL != before[i].URL || at.Peer != before[i].Peer || !answers(at) {
			t.Errorf("it was at %+v, and is at %+v now", before[i], at)
		}
	}
	select {
	case e := <-fleet.Exits():
		t.Errorf("a worker that was asked to end was delivered: %+v", e)
	default:
	}
	if err := scaler.End(t.Context(), "nobody"); err == nil {
		t.Error("a worker that there is not could be ended")
	}
	if err := scaler.End(t.Context(), "cedar"); err != nil {
		t.Errorf("End: %v", err)
	}
	l.stop(fleet) // with one that is away
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := scaler.Start(ended, "cedar"); err == nil {
		t.Error("a worker was started after its fleet had been stopped")
	}
}

// checkScaleEnded checks that a worker that has ended, and is not started again, can leave, at once, and join: then it is again one that is not
// to be started again.
func checkScaleEnded(t *testing.T, s *suite) {
	t.Helper()
	l := s.workers(t, names)
	l.plan.Restart, l.plan.StopGrace = launcher.RestartNever, 2*time.Minute // a wait for an end that was before is longer
	down := make(chan launcher.Event, 10)
	l.on = func(e launcher.Event) {
		if e.Kind == launcher.Down {
			down <- e
		}
	}
	fleet := l.up()
	scaler, is := fleet.(launcher.Scaler)
	if !is || !scaler.Scales() {
		l.stop(fleet)
		t.Skip("this launcher does not start and end single workers")
	}
	at := fleet.Endpoints()[1].URL
	for try := range 2 {
		minute := time.After(time.Minute) // reached only if what is waited for never comes
		_, _ = fetch(at + "/die?code=7")  // no answer comes
		if e := <-fleet.Exits(); e.Worker != "birch" || e.Code != 7 {
			t.Errorf("exit %+v, want birch's with status 7", e)
		}
		select {
		case e := <-down:
			if e.Worker != "birch" {
				t.Errorf("event %v, want that birch is not started again", e)
			}
		case <-minute:
			t.Fatalf("its end %d is not said to be the last", try+1)
		}
		ended := make(chan error, 1)
		go func() { ended <- scaler.End(context.Background(), "birch") }() // waited for by way of ended, or ends with a test that fails
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("End: %v", err)
			}
		case <-minute:
			t.Fatal("a worker that has ended is waited for")
		}
		if err := scaler.Start(t.Context(), "birch"); err != nil {
			t.Fatalf("Start: %v", err)
		}
	}
	l.stop(fleet)
}
