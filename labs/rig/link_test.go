package rig

import (
	"io"
	"net"
	"testing"
	"time"
)

// A message arrives after the delay and the time of its bytes, whether it comes in one piece or in several; the next message begins
// where the direction changes.
func TestLink(t *testing.T) {
	now := time.Unix(0, 0)
	l := &Link{Delay: 10 * time.Millisecond, Bandwidth: 1000, clock: clock{func() time.Time { return now }, func(d time.Duration) { now = now.Add(d) }}}
	here, there := net.Pipe()
	defer func() { _ = there.Close() }()
	worker := &conn{Conn: here, link: l}
	go func() {
		_, _ = there.Write(make([]byte, 30))
		_, _ = there.Write(make([]byte, 20))
		_, _ = io.ReadFull(there, make([]byte, 100))
		_, _ = there.Write(make([]byte, 5))
	}()
	for _, want := range []struct {
		read, write int
		at          time.Duration
	}{
		{30, 0, 40 * time.Millisecond},   // 10 ms and 30 bytes
		{20, 0, 60 * time.Millisecond},   // 20 bytes more, of the same message
		{0, 100, 170 * time.Millisecond}, // an answer: 10 ms and 100 bytes
		{5, 0, 185 * time.Millisecond},   // the next request
	} {
		buffer := make([]byte, max(want.read, want.write))
		var err error
		if want.read > 0 {
			_, err = io.ReadFull(worker, buffer)
		} else {
			_, err = worker.Write(buffer)
		}
		if got := now.Sub(time.Unix(0, 0)); err != nil || got != want.at {
			t.Errorf("%d read, %d written: at %v, want %v; %v", want.read, want.write, got, want.at, err)
		}
	}
	if bytes, messages := l.Carried(); bytes != 155 || messages != 3 {
		t.Errorf("%d bytes in %d messages", bytes, messages)
	}
	if got := (&Link{Delay: time.Second}).Takes(1 << 40); got != time.Second {
		t.Errorf("without a limit of bandwidth: %v", got)
	}
}
