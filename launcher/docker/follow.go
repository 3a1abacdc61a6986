package docker

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/containerd/errdefs"
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

// reader takes a container's log from the engine, piece by piece, and knows
// how far it came, so that another reading goes on there. It is for one
// goroutine at a time.
type reader struct {
	stdout, stderr *lines.Writer
	last           time.Time // of the last piece that was taken
}

// newReader reads into log. heard is called when the worker announces itself, with
// what is wrong with that, or refuses its data, with a *launcher.DataError.
func newReader(worker string, log *workerlog.Log, heard func(error)) *reader {
	return &reader{
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
	*reader
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

// flush ends lines that the container did not end itself.
func (r *reader) flush() {
	r.stdout.Flush()
	r.stderr.Flush()
}

// read takes what the reader does not have yet, and with follow what comes
// until the container ends or ctx does.
func (e *Engine) read(ctx context.Context, id string, r *reader, follow bool) error {
	options := container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: follow}
	if !r.last.IsZero() {
		options.Since = stamp(r.last.UnixNano() + 1)
	}
	body, err := e.api.ContainerLogs(ctx, id, options)
	if err != nil {
		return err
	}
	_, err = stdcopy.StdCopy(taker{r, r.stdout}, taker{r, r.stderr}, body)
	return errors.Join(err, body.Close())
}

// following is a log that is being read by a goroutine of its own.
type following struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (f *fleet) follow(ctx context.Context, m *member, id string, r *reader) *following {
	ctx, cancel := context.WithCancel(ctx)
	follow := &following{cancel, make(chan struct{})}
	go func() { // waited for in end
		defer close(follow.done)
		if err := f.engine.read(ctx, id, r, true); err != nil && ctx.Err() == nil {
			f.Log.WarnContext(ctx, "following a worker's log", "worker", m.worker.Name, "error", err)
		}
	}()
	return follow
}

// end stops the reading, if there is one, and returns when it has stopped.
func (f *following) end() {
	if f == nil {
		return
	}
	f.cancel()
	<-f.done
}

// endWithin lets the reading, if there is one, come to its end, but not for longer.
func (f *following) endWithin(ctx context.Context, patience time.Duration) {
	if f == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-f.done:
	case <-ctx.Done():
	}
	f.end()
}

// drain reads the log of a container that has ended to its end. The log is
// complete when the engine reports the container's end, so a reading that does not
// follow it ends with it; following may lag behind, or end before the last lines.
func (f *fleet) drain(ctx context.Context, m *member, id string, r *reader, follow *following) {
	follow.endWithin(ctx, drainTime)
	ctx, cancel := context.WithTimeout(ctx, removeTime) // reached only if the engine does not answer
	defer cancel()
	removed := func(err error) bool { return errdefs.IsNotFound(err) || errdefs.IsConflict(err) }
	if err := f.engine.read(ctx, id, r, false); err != nil && ctx.Err() == nil && !removed(err) {
		f.Log.WarnContext(ctx, "reading the end of a worker's log", "worker", m.worker.Name, "error", err)
	}
	r.flush()
}
