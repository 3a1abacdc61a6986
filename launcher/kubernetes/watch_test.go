//go:build unix

package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	clienttesting "k8s.io/client-go/testing"
)

// Watches that end at once, as behind some proxies, come ever more slowly; after one that has lasted the next begins soon.
func TestPauses(t *testing.T) {
	pause, all := time.Duration(0), time.Duration(0)
	for range 10 {
		pause = nextPause(pause, time.Millisecond)
		all += pause
	}
	if pause != longestPause || all < 20*time.Second {
		t.Errorf("ten short watches end after %s, the last pause is %s", all, pause)
	}
	if pause = nextPause(pause, time.Hour); pause != shortestPause {
		t.Errorf("the pause after a long watch is %s", pause)
	}
}

// said hands on the lines of a log that have some words.
type said struct {
	words string
	lines chan string
}

func (s said) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(s.words)) {
		s.lines <- string(p)
	}
	return len(p), nil
}

// That the pods cannot be watched is said once each time, however often it is tried.
func TestEachOutageIsSaid(t *testing.T) {
	n := newNode(t)
	var down atomic.Bool
	refused := make(chan struct{}, 100)
	n.refuse = func(a clienttesting.Action) error {
		if !down.Load() || a.GetVerb() != "list" || a.GetResource().Resource != "pods" {
			return nil
		}
		select {
		case refused <- struct{}{}:
		default: // nobody waits for so many
		}
		return errors.New("no route to host")
	}
	p := plan("tree1")
	lines := make(chan string, 10)
	p.Log = slog.New(slog.NewTextHandler(said{"the pods cannot be watched", lines}, nil))
	fleet, err := n.launcher(nil).Launch(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fleet.Stop(context.Background()) }()
	for range 2 {
		down.Store(true)
		n.endWatches()
		for range 2 {
			<-refused
		}
		select {
		case line := <-lines:
			if !strings.Contains(line, "no route to host") {
				t.Error(line)
			}
		case <-time.After(time.Minute): // reached only if it is not said
			t.Fatal("nobody said that the pods cannot be watched")
		}
		down.Store(false)
		for seen := false; !seen; { // until there is a watch again
			n.mu.Lock()
			seen = len(n.watches) > 0
			n.mu.Unlock()
			if !seen {
				time.Sleep(time.Millisecond)
			}
		}
	}
	select {
	case line := <-lines:
		t.Errorf("it was said again: %s", line)
	default:
	}
}
