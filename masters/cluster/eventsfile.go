package cluster

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/masters/checkpoint"
)

// writeEventsEvery is how much of a fit's events a kill may lose.
const writeEventsEvery = time.Second

// eventFile is a *checkpoint.Events.
type eventFile interface {
	Append(lines []byte) error
	Replace(lines []byte) error
}

// eventWriter writes the events of a fit that runs to a file, for the program that goes on with the fit if this one is killed.
// It asks the broker for them, which never waits for it.
type eventWriter struct {
	broker *broker
	file   eventFile
	log    *slog.Logger

	last  int  // the number of the last event in the file
	size  int  // of the file, in bytes
	anew  bool // the file may have other lines than these, or a torn one
	tells bool // that it could not write has been told
}

// writeEvents begins to write the events of the fit, if there is a place in which the next program would find them. What it
// returns ends that, with those of the last moment if they are to be left to the next program.
func (f *Fit) writeEvents(resumed bool) (end func(leave bool)) {
	if f.Dir == "" || f.Config().Dir == "" {
		return func(bool) {}
	}
	w := &eventWriter{broker: f.broker, file: checkpoint.NewEvents(f.Dir), log: f.Log, anew: resumed}
	return w.start()
}

func (w *eventWriter) start() (end func(leave bool)) {
	ending := make(chan bool, 1)
	var owner sync.WaitGroup
	owner.Go(func() {
		ticks := time.NewTicker(writeEventsEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				w.write()
			case leave := <-ending:
				if leave {
					w.write()
				}
				return
			}
		}
	})
	return func(leave bool) {
		ending <- leave
		owner.Wait()
	}
}

// write writes what is new. A file that would be too large is replaced by one with fewer steps, of half the size at most, so
// that this is rare.
func (w *eventWriter) write() {
	events := w.broker.since(w.last)
	if len(events) == 0 {
		return
	}
	lines := eventLines(events, mostEventBytes)
	var err error
	if w.anew || w.size+len(lines) > mostEventBytes {
		events = w.broker.since(0)
		lines, w.size = eventLines(events, mostEventBytes/2), 0
		err = w.file.Replace(lines)
	} else {
		err = w.file.Append(lines)
	}
	if w.anew = err != nil; w.anew {
		if !w.tells {
			w.log.Warn("if the program is killed, the next one goes on with the fit without its events so far", "error", err)
		}
		w.tells = true
		return
	}
	w.size += len(lines)
	w.last = events[len(events)-1].Seq
}

// recall begins the events of this program with those of the interrupted fit that it goes on with.
func (s *Server) recall(ctx context.Context, fit *checkpoint.Fit) {
	if fit == nil {
		return
	}
	dir, err := s.saved.Begin(ctx, *fit)
	if err != nil {
		return // the fit tells it, when it opens its folder
	}
	file, err := checkpoint.NewEvents(dir).Open()
	if errors.Is(err, fs.ErrNotExist) {
		return // it was killed at once
	}
	var events []api.Envelope
	if err == nil {
		events, err = readEvents(file, fit.ID)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		s.Log.InfoContext(ctx, "not all events of an interrupted fit could be read", "run", fit.ID, "events", len(events), "reason", err)
	}
	if len(events) > 0 {
		s.broker.restore(events)
	}
}

// readEvents reads the events of a fit up to a line that is torn, which is the error then.
func readEvents(r io.Reader, fitID string) (events []api.Envelope, err error) {
	err = api.ReadEvents(r, func(e api.Envelope) bool {
		if n := len(events); n > 0 && e.Seq <= events[n-1].Seq {
			return false
		}
		events = append(events, e)
		return true
	})
	if len(events) == 0 {
		return nil, err
	}
	if first, _ := events[0].Event.(api.FitStartedEvent); first.FitID != fitID {
		return nil, errors.Join(err, errors.New("they are not those of the fit"))
	}
	return events, err
}

// follow lets the events of a fit that is gone on with follow on those of the program before: their clock and their totals
// go on.
func (f *Fit) follow(before []api.Envelope) {
	if len(before) == 0 {
		return
	}
	start, _ := before[0].Event.(api.FitStartedEvent)
	if start.FitID != f.ID || start.Started.After(f.begun) {
		return
	}
	f.zero = start.Started
	for _, env := range before {
		if e, is := env.Event.(api.StepEvent); is && len(e.Parts) == len(f.Members) {
			f.telling.totals = make([]api.WorkerTotals, len(f.Members))
			for i, p := range e.Parts {
				f.telling.totals[i] = p.Total
			}
		}
	}
}
