package httpserver

import (
	"bytes"
	"log/slog"
	"sync"
	"time"
)

// errorLog takes what net/http says of a server's connections. One that somebody who does not belong has tried to make is said once
// a minute: anybody can try again and again.
type errorLog struct {
	log *slog.Logger

	mu     sync.Mutex
	said   time.Time // when the last refusal was
	unsaid int       // refusals since
}

// sayEvery is how often refused connections are said.
const sayEvery = time.Minute

// handshake is what net/http says of a connection that could not be made a secure one.
var handshake = []byte("TLS handshake error")

// Write takes a line.
func (e *errorLog) Write(line []byte) (int, error) {
	text := string(bytes.TrimSpace(line))
	if !bytes.Contains(line, handshake) {
		e.log.Warn(text)
		return len(line), nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := time.Now(); e.said.IsZero() || now.Sub(e.said) >= sayEvery {
		e.log.Warn("a connection was refused: "+text, "others_since_the_last", e.unsaid)
		e.said, e.unsaid = now, 0
	} else {
		e.unsaid++
	}
	return len(line), nil
}
