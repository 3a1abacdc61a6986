package identity

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// counting counts what is written with one call each, and fails from a call on.
type counting struct {
	net.Conn
	calls    atomic.Int64
	failFrom int64 // 0 never
}

var errCut = errors.New("the wire is cut")

func (c *counting) Write(b []byte) (int, error) {
	if n := c.calls.Add(1); c.failFrom > 0 && n >= c.failFrom {
		return 0, errCut
	}
	return c.Conn.Write(b)
}

// A request of many records is sent with fewer calls than records, and whole; one that cannot be sent is an error.
func TestRecordsAreSentTogether(t *testing.T) {
	now := start
	a := at(t, "iris", MTLS, &now)
	w := worker(t, a, "a")
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secure := w.Listener(l)
	t.Cleanup(func() { _ = secure.Close() })
	got := make(chan int64, 2)
	go func() {
		for range 2 {
			c, err := secure.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			n, _ := io.Copy(io.Discard, c) // the second one breaks off
			got <- n
			_ = c.Close()
		}
	}()
	const size = 1 << 20
	for _, failFrom := range []int64{0, 6} {
		plain, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		below := &counting{Conn: plain, failFrom: failFrom}
		c, err := a.Secure(t.Context(), below, "a")
		if err != nil {
			t.Fatal(err)
		}
		shaken := below.calls.Load()
		n, err := c.Write(make([]byte, size))
		calls := below.calls.Load() - shaken
		if failFrom > 0 {
			if !errors.Is(err, errCut) {
				t.Errorf("what could not be sent: %d, %v", n, err)
			}
		} else if n != size || err != nil || calls > 2*size/atOnce {
			t.Errorf("%d of %d bytes are sent with %d calls, %v", n, size, calls, err)
		}
		_ = c.Close()
		if n := <-got; failFrom == 0 && n != size {
			t.Errorf("%d of %d bytes have come", n, size)
		}
	}
}
