package cluster

import (
	"testing"

	"github.com/gochimera/chimera/api"
)

func TestListenersSeeTheLatestFitAndWhatFollows(t *testing.T) {
	b := newBroker()
	b.publish(api.FitStartedEvent{FitID: "one"})
	b.publish(api.FitCommittedEvent{FitID: "one"})
	b.publish(api.FitStartedEvent{FitID: "two"})
	events, stop := b.listen(0)
	b.publish(api.FitCommittedEvent{FitID: "two"})
	if e := <-events; e.Seq != 3 || e.Event.(api.FitStartedEvent).FitID != "two" {
		t.Errorf("first %+v, want the start of the latest fit", e)
	}
	if e := <-events; e.Seq != 4 || e.Kind != "fit_committed" {
		t.Errorf("then %+v", e)
	}
	stop()
	if _, open := <-events; open {
		t.Error("the stream is open after stop")
	}
	stop() // stopping twice is allowed

	again, stop := b.listen(3)
	defer stop()
	if e := <-again; e.Seq != 4 {
		t.Errorf("after 3 comes %d", e.Seq)
	}
	b.close()
	if _, open := <-again; open {
		t.Error("the stream is open after the broker closed")
	}
	late, _ := b.listen(4)
	if _, open := <-late; open {
		t.Error("a closed broker has listeners")
	}
	b.publish(api.FitStartedEvent{}) // accepts no more events
}

// A listener that does not read never blocks the master: its stream is closed.
func TestASlowListenerIsClosed(t *testing.T) {
	b := newBroker()
	events, stop := b.listen(0)
	defer stop()
	for range listenBuffer + 1 {
		b.publish(api.WorkerUpEvent{Worker: "w"})
	}
	n := 0
	for range events {
		n++
	}
	if n != listenBuffer {
		t.Errorf("it got %d events, want %d and the end", n, listenBuffer)
	}
	if len(b.latest.events) > keepEvents {
		t.Errorf("%d events are kept", len(b.latest.events))
	}
}
