package rest

import (
	"time"

	"github.com/gochimera/chimera/internal/httpserver"
)

// Limits bounds what a node takes of its callers, and how long it waits for them.
type Limits struct {
	MaxBody      int64         // bytes of a request body, decoded
	BodyTimeout  time.Duration // for reading one
	Memory       int64         // bytes that the bodies of all requests may take together, as they came and decoded
	Queue        time.Duration // how long a request waits for memory
	WriteTimeout time.Duration // how long a caller may take nothing of an answer

	Requests  int     // that are answered at once, without listeners and probes; 0 is no limit, as of a worker, which its master calls
	Rate      float64 // requests a second of one address; 0 is no limit
	Burst     int     // requests that an address may send at once, if it has sent none for a while
	RateLocal bool    // callers on the node's machine have a rate too
}

// The limits of a node that is given no others.
const (
	DefaultMaxBody      = 256 << 20
	DefaultBodyTimeout  = time.Minute
	DefaultMemory       = 1 << 30
	DefaultQueue        = 10 * time.Second
	DefaultWriteTimeout = httpserver.DefaultWriteTimeout
)

func (l Limits) orDefault() Limits {
	if l.MaxBody <= 0 {
		l.MaxBody = DefaultMaxBody
	}
	if l.BodyTimeout <= 0 {
		l.BodyTimeout = DefaultBodyTimeout
	}
	if l.Memory <= 0 {
		l.Memory = DefaultMemory
	}
	if l.Queue <= 0 {
		l.Queue = DefaultQueue
	}
	if l.WriteTimeout <= 0 {
		l.WriteTimeout = DefaultWriteTimeout
	}
	return l
}
