package handshake

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"

	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/inherit"
)

// Event is what a message is about.
type Event string

// The events, in their order. Readers ignore those that they do not know.
const (
	Listening Event = "listening" // the master listens at URL, and answers that it is starting
	Ready     Event = "ready"     // the workers are up
	Failed    Event = "failed"    // the program ends: Reason and Message say why
)

// Reason is why a program failed, for a program; the message is for people.
type Reason string

// The reasons that a starter may want to tell apart.
const (
	Other         Reason = "other"
	PortInUse     Reason = "port_in_use"   // the master's, or one that a worker must have
	Configuration Reason = "configuration" // chimera.yaml, a variable or a flag
	Data          Reason = "data"          // a worker's training data
)

// Message is one line of a program's handshake.
type Message struct {
	Protocol string `json:"protocol"`
	Event    Event  `json:"event"`
	URL      string `json:"url,omitempty"`
	Token    string `json:"token,omitempty"` // with which the starter may call the master

	Certificate string `json:"certificate,omitempty"` // by which the starter knows the master, as PEM
	Reason      Reason `json:"reason,omitempty"`
	Message     string `json:"message,omitempty"`
}

// Reporter is the program's side. A nil Reporter reports to nobody; a
// program that a person started has a nil Reporter.
type Reporter struct {
	mu   sync.Mutex
	pipe *os.File
}

// NewReporter takes the pipe that the starter handed over, if it did.
func NewReporter() (*Reporter, error) {
	pipe, err := inherit.Take(environment.ProgramHandshake)
	if pipe == nil || err != nil {
		return nil, err
	}
	return &Reporter{pipe: pipe}, nil
}

// Listening reports where the master listens, with which token it may be called, and by which certificate it is known; both may be empty.
func (r *Reporter) Listening(url, token, certificate string) {
	r.send(Message{Event: Listening, URL: url, Token: token, Certificate: certificate})
}

// Ready reports that the workers are up.
func (r *Reporter) Ready() { r.send(Message{Event: Ready}) }

// Failed reports why the program is about to end.
func (r *Reporter) Failed(reason Reason, message string) {
	r.send(Message{Event: Failed, Reason: reason, Message: message})
}

// Close ends the handshake.
func (r *Reporter) Close() {
	if r != nil {
		_ = r.pipe.Close() // every message was written whole
	}
}

// send writes a message. A starter that has gone misses it; its lifeline ends the program.
func (r *Reporter) send(m Message) {
	if r == nil {
		return
	}
	m.Protocol = Version
	line, err := json.Marshal(m)
	if err != nil {
		return // strings always have a JSON form
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = r.pipe.Write(append(line, '\n'))
}

// Listener is the starter's side.
type Listener struct{ theirs, ours *os.File }

// Attach gives a handshake to a command that has not been started, and whose Env is set. The
// caller calls Started once the command has been started or could not be, and Close in the end.
func Attach(cmd *exec.Cmd) (*Listener, error) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a handshake: %w", err)
	}
	l := &Listener{theirs: theirs, ours: ours}
	if err := inherit.Give(cmd, environment.ProgramHandshake, theirs); err != nil {
		l.Started()
		l.Close()
		return nil, fmt.Errorf("making a handshake: %w", err)
	}
	return l, nil
}

// Started closes this program's copy of the end that is the command's.
func (l *Listener) Started() { _ = l.theirs.Close() } // nothing was written to it

// Close ends Messages. It may be called again.
func (l *Listener) Close() { _ = l.ours.Close() } // it was only read

// Messages hands on every message until the program ends or Close is called. The
// error is a *VersionError, or a line that is no message.
func (l *Listener) Messages(handle func(Message)) error { return read(l.ours, handle) }

func read(from io.Reader, handle func(Message)) error {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var m Message
			if bad := json.Unmarshal(line, &m); bad != nil {
				return fmt.Errorf("the handshake of the program has a line that cannot be read: %w", bad)
			}
			if bad := check(m.Protocol); bad != nil {
				return bad
			}
			handle(m)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, os.ErrClosed):
			return nil
		case err != nil:
			return err
		}
	}
}
