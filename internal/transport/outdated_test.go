package transport

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A connection in use is used as long as there is something to send, but a secured one for an hour: the other side looks at the certificate that was
// shown on it with every request, and would refuse one that has run out.
func TestSecuredConnectionsAreMadeAnew(t *testing.T) {
	const most = 48 * 60
	for node, want := range map[string]int{"": most, "a": 61} {
		synctest.Test(t, func(t *testing.T) {
			d := &direct{}
			here, there := net.Pipe()
			c := &connection{Conn: here, key: key{"127.0.0.1:1", node}, made: time.Now()}
			d.keep(c)
			minutes := 0
			for minutes < most && d.take(c.key) != nil {
				d.keep(c)
				time.Sleep(time.Minute)
				minutes++
			}
			if minutes != want {
				t.Errorf("a connection to node %q is used for %d minutes, want %d", node, minutes, want)
			}
			if node != "" {
				if _, err := there.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("it is not closed: %v", err)
				}
			}
			d.close()
		})
	}
}
