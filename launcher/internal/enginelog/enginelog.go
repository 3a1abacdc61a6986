// Package enginelog reads the logs that Docker engines keep of workers, whether of a container or of a task of a Swarm.
//
// The package imports launcher/internal/following, the lines of workers, and Docker's client.
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

	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/launcher/internal/following"
)

// Reader takes a container's log from the engine, piece by piece, and knows
// how far it came, so that another reading goes on there. It is for one
// goroutine at a time.
type Reader struct {
	stdout, stderr *lines.Writer
	last           time.Time // of the last piece that was taken
}

// NewReader hands on the lines of both streams.
func NewReader(stdout, stderr *lines.Writer) *Reader { return &Reader{stdout: stdout, stderr: stderr} }

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

// Follow begins to read a log. failed is called if that breaks off before ctx or the end of the following ends it.
func Follow(ctx context.Context, from Source, r *Reader, failed func(error)) *following.Following {
	return following.Begin(ctx, func(ctx context.Context, _ <-chan struct{}) {
		if err := r.Read(ctx, from, true); err != nil && ctx.Err() == nil {
			failed(err)
		}
	})
}

// Drain reads the log of a container that has ended to its end. The log is
// complete when the engine reports the container's end, so a reading that does not
// follow it ends with it; following may lag behind, or end before the last lines.
func (r *Reader) Drain(ctx context.Context, from Source, follow *following.Following) error {
	follow.Drain(ctx)
	err := r.Read(ctx, from, false)
	r.Flush()
	return err
}
