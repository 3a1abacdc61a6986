// Package enginelog reads the logs that Docker engines keep of workers, whether of a container or of a task of a Swarm.
//
// The package imports launcher, its workerlog, the lines and the handshake of workers, and Docker's client.
package enginelog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

// drainTime is how long a log that is being followed may take to come to its end
// after the container ended. What is missing then is read afterwards.
const drainTime = 2 * time.Second

// Reader takes a container's log from the engine, piece by piece, and knows
// how far it came, so that another reading goes on there. It is for one
// goroutine at a time.
type Reader struct {
	stdout, stderr *lines.Writer
	last           time.Time // of the last piece that was taken
}

// NewReader reads into log. heard is called when the worker announces itself, with
// what is wrong with that, or refuses its data, with a *launcher.DataError.
func NewReader(worker string, log *workerlog.Log, heard func(error)) *Reader {
	return &Reader{
		stdout: lines.New(func(line string) {
			if reason, refused := handshake.ParseRefusal(line); refused {
				log.Note(reason)
				heard(&launcher.DataError{Worker: worker, Reason: reason})
				return
			}
			_, announced, err := handshake.ParseAnnouncement(line)
			if !announced {
				log.Out(line)
				return
			}
			heard(err)
		}),
		stderr: lines.New(log.Err),
	}
}

// taker is one of a reader's streams. The engine writes the time and a blank
// before every piece of a log, and stdcopy hands on one piece a Write.
type taker struct {
	*Reader
	lines *lines.Writer
}

func (t taker) Write(p []byte) (int, error) {
	stamp, text, found := bytes.Cut(p, []byte{' '})
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if !found || err != nil {
		return t.lines.Write(p) // not as an engine writes it; nothing is lost
	}
	if at.After(t.last) {
		t.last = at
	}
	if _, err := t.lines.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush ends lines that the container did not end itself.
func (r *Reader) Flush() {
	r.stdout.Flush()
	r.stderr.Flush()
}

// Source opens a log.
type Source func(context.Context, container.LogsOptions) (io.ReadCloser, error)

// Read takes what the reader does not have yet, and with follow what comes
// until the container ends or ctx does.
func (r *Reader) Read(ctx context.Context, from Source, follow bool) error {
	options := container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: follow}
	if !r.last.IsZero() {
		options.Since = Stamp(r.last.UnixNano() + 1)
	}
	body, err := from(ctx, options)
	if err != nil {
		return err
	}
	_, err = stdcopy.StdCopy(taker{r, r.stdout}, taker{r, r.stderr}, body)
	return errors.Join(err, body.Close())
}

// Stamp is a time in nanoseconds as the engine's API wants it.
func Stamp(nano int64) string { return fmt.Sprintf("%d.%09d", nano/1e9, nano%1e9) }

// Following is a log that is being read by a goroutine of its own; nil is one that is not.
type Following struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// Follow begins to read a log. failed is called if that breaks off before ctx or End ends it.
func Follow(ctx context.Context, from Source, r *Reader, failed func(error)) *Following {
	ctx, cancel := context.WithCancel(ctx)
	f := &Following{cancel, make(chan struct{})}
	go func() { // waited for in End
		defer close(f.done)
		if err := r.Read(ctx, from, true); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}()
	return f
}

// Ended is closed when nothing is read any more; nil if nothing ever was.
func (f *Following) Ended() <-chan struct{} {
	if f == nil {
		return nil
	}
	return f.done
}

// End stops the reading, if there is one, and returns when it has stopped.
func (f *Following) End() {
	if f == nil {
		return
	}
	f.cancel()
	<-f.done
}

// endWithin lets the reading, if there is one, come to its end, but not for longer.
func (f *Following) endWithin(ctx context.Context, patience time.Duration) {
	if f == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-f.done:
	case <-ctx.Done():
	}
	f.End()
}

// Drain reads the log of a container that has ended to its end. The log is
// complete when the engine reports the container's end, so a reading that does not
// follow it ends with it; following may lag behind, or end before the last lines.
func (r *Reader) Drain(ctx context.Context, from Source, follow *Following) error {
	follow.endWithin(ctx, drainTime)
	err := r.Read(ctx, from, false)
	r.Flush()
	return err
}
