package httpserver

import (
	"errors"
	"net"
	"os"
	"time"
)

// conn is a connection whose writes fail once the peer has taken nothing for a while.
type conn struct {
	net.Conn
	stall time.Duration
}

// Write writes all of b. The deadline is set anew whenever some of it could be written.
func (c *conn) Write(b []byte) (written int, err error) {
	for {
		if err := c.Conn.SetWriteDeadline(time.Now().Add(c.stall)); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(b[written:])
		written += n
		if n == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
	}
}

// SetWriteDeadline does nothing: a deadline for a whole answer would cut off a client that is
// slow but reads.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the deadline of reads; writes have their own.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }
