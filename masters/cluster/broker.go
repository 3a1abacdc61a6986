package cluster

import (
	"slices"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
)

// broker delivers events to listeners. It keeps the events of the latest fit, so that a late listener
// sees them from the start. Publishing never blocks: a listener that falls behind is closed, and may
// reconnect with the last event number it saw.
type broker struct {
	mu        sync.Mutex
	seq       int
	latest    kept
	listeners map[*listener]struct{}
	closed    bool
	now       func() time.Time
}

type listener struct {
	events chan api.Envelope
}

// listenBuffer is how far a listener may fall behind.
const listenBuffer = keepEvents + 1024

func newBroker() *broker {
	return &broker{listeners: map[*listener]struct{}{}, now: time.Now}
}

// publish sends an event to all listeners.
func (b *broker) publish(e api.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.seq++
	env := api.Envelope{Seq: b.seq, Time: b.now(), Kind: e.Kind(), Event: e}
	b.latest.add(env)
	for l := range b.listeners {
		select {
		case l.events <- env:
		default:
			b.drop(l)
		}
	}
}

// since returns the kept events after a number.
func (b *broker) since(after int) []api.Envelope {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := slices.IndexFunc(b.latest.events, func(env api.Envelope) bool { return env.Seq > after })
	if first < 0 {
		return nil
	}
	return slices.Clone(b.latest.events[first:])
}

// lostNumbers is more than the events that a program that is killed had published and not written yet. Their numbers are not
// given again: a listener that has seen them would take others for known.
const lostNumbers = 1000

// restore puts the events of a fit that an earlier program had begun before those of this program. Nobody listens yet.
func (b *broker) restore(before []api.Envelope) {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.latest.events
	b.latest = kept{}
	for _, env := range before {
		b.latest.add(env)
		b.seq = env.Seq + lostNumbers
	}
	for _, env := range own {
		b.seq++
		env.Seq = b.seq
		b.latest.add(env)
	}
}

// listen returns the kept events after a number, followed by new ones as they are published. The
// channel is closed when the broker closes, when the listener falls too far behind, and after stop.
func (b *broker) listen(after int) (events <-chan api.Envelope, stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := &listener{events: make(chan api.Envelope, listenBuffer)}
	for _, env := range b.latest.events {
		if env.Seq > after {
			l.events <- env // never blocks: the buffer is larger than what is kept
		}
	}
	if b.closed {
		close(l.events)
		return l.events, func() {}
	}
	b.listeners[l] = struct{}{}
	return l.events, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.drop(l)
	}
}

// drop removes a listener; b.mu must be held.
func (b *broker) drop(l *listener) {
	if _, ok := b.listeners[l]; ok {
		delete(b.listeners, l)
		close(l.events)
	}
}

// close ends all streams.
func (b *broker) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for l := range b.listeners {
		b.drop(l)
	}
}
