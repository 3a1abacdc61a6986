package rig

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Link is a network between a worker and those who call it. A message is what goes in one direction before anything goes in the other:
// it arrives after Delay, and after the time that its bytes take at Bandwidth. The time that a link adds depends on its two numbers
// and on the messages alone, and connections do not share a link's bandwidth.
type Link struct {
	Delay     time.Duration
	Bandwidth float64 // bytes a second; 0 is no limit

	bytes, messages atomic.Int64
	clock           clock // the real one if it is zero
}

// clock is what a link knows of time.
type clock struct {
	now   func() time.Time
	sleep func(time.Duration)
}

// Listen wraps a listener: it is what a [Worker] wants as its Link.
func (l *Link) Listen(inner net.Listener) net.Listener {
	if l.clock.now == nil {
		l.clock = clock{time.Now, time.Sleep}
	}
	return listener{inner, l}
}

// Carried is how many bytes and messages the link has carried, both ways.
func (l *Link) Carried() (bytes, messages int64) { return l.bytes.Load(), l.messages.Load() }

// Takes is how long a message of so many bytes takes at least.
func (l *Link) Takes(bytes int64) time.Duration {
	if l.Bandwidth <= 0 {
		return l.Delay
	}
	return l.Delay + time.Duration(float64(bytes)/l.Bandwidth*float64(time.Second))
}

type listener struct {
	net.Listener
	link *Link
}

// Accept wraps a connection.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, link: l.link}, nil
}

// conn is a worker's end of a connection. The server reads and writes at the same time, to notice that a caller has gone.
type conn struct {
	net.Conn
	link *Link

	mu      sync.Mutex
	writing bool // the direction of the message
	began   time.Time
	bytes   int64 // of the message so far; 0 before the first message
}

// Read gives bytes of a request once they have arrived.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.carry(n, false)
	}
	return n, err
}

// Write sends bytes of an answer once they have arrived.
func (c *conn) Write(p []byte) (int, error) {
	c.carry(len(p), true)
	return c.Conn.Write(p)
}

// carry waits until the last of n more bytes in a direction has arrived.
func (c *conn) carry(n int, writing bool) {
	l := c.link
	l.bytes.Add(int64(n))
	c.mu.Lock()
	if c.bytes == 0 || c.writing != writing {
		c.writing, c.began, c.bytes = writing, l.clock.now(), 0
		l.messages.Add(1)
	}
	c.bytes += int64(n)
	until := c.began.Add(l.Takes(c.bytes))
	c.mu.Unlock()
	if d := until.Sub(l.clock.now()); d > 0 {
		l.clock.sleep(d)
	}
}
