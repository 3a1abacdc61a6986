package watch

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
)

// redraw is the shortest time between two frames.
const redraw = 100 * time.Millisecond

// Screen draws a fit on a terminal, each frame over the one before. Add may be called while Run runs.
type Screen struct {
	out   io.Writer
	size  func() Size
	paint func(state, text string) string

	mu    sync.Mutex
	view  View
	dirty bool
	drawn int // lines of the last frame
}

// NewScreen makes a screen on a terminal. paint colours the state at the beginning of a worker's line.
func NewScreen(out io.Writer, size func() Size, paint func(state, text string) string) *Screen {
	return &Screen{out: out, size: size, paint: paint, dirty: true}
}

// Add takes in an event, and says whether a fit ended with it. That is drawn at once.
func (s *Screen) Add(e api.Envelope) (ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if start, starts := e.Event.(api.FitStartedEvent); starts && !s.view.goesOn(start) {
		s.drawn = 0 // the fit before stays to be seen
	}
	s.dirty = true
	if ended = s.view.Add(e); ended {
		s.draw()
	}
	return ended
}

// Run draws what is new, several times a second, until done is closed, and then once more.
func (s *Screen) Run(done <-chan struct{}) {
	ticks := time.NewTicker(redraw)
	defer ticks.Stop()
	for {
		s.mu.Lock()
		s.draw()
		s.mu.Unlock()
		select {
		case <-ticks.C:
		case <-done:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.draw()
			return
		}
	}
}

// draw draws what has not been drawn; s.mu is held.
func (s *Screen) draw() {
	if !s.dirty {
		return
	}
	var b strings.Builder
	if s.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\x1b[J", s.drawn) // up, and clear what is below
	}
	lines := s.view.Frame(s.size())
	for _, line := range lines {
		for _, state := range []string{working, finished, late, down, broken} {
			if rest, is := strings.CutPrefix(line, state+" "); is {
				line = s.paint(state, state) + " " + rest
				break
			}
		}
		b.WriteString(line + "\n")
	}
	_, _ = io.WriteString(s.out, b.String()) // a terminal that is gone needs no frame
	s.dirty, s.drawn = false, len(lines)
}

// Good says whether a state is as it should be, and Bad whether it is not.
func Good(state string) bool { return state == finished }

// Bad says whether a state is not as it should be.
func Bad(state string) bool { return state == down || state == broken || state == late }
