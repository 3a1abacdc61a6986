package kubernetes

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

const (
	// drainTime is how long a log that is being followed may take to come to its end after the container ended. What is
	// missing then is read afterwards.
	drainTime = 2 * time.Second
	// readTime bounds a reading that does not follow; it is reached only if the cluster does not answer.
	readTime = 30 * time.Second
)

// reader takes a container's log from the cluster, line by line, and knows how far it came, so that another reading goes on there. It is for
// one goroutine at a time.
type reader struct {
	lines *lines.Writer
	last  time.Time // of the last line that was taken
}

// newReader reads into log. heard is called when the worker announces itself, with what is wrong with that, or refuses its
// data, with a *launcher.DataError. A cluster keeps both streams of a container as one.
func newReader(worker string, log *workerlog.Log, heard func(error)) *reader {
	return &reader{lines: lines.New(func(line string) {
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
	})}
}

// take takes a log, each line of which begins with its time.
func (r *reader) take(body io.Reader) error {
	buffered := bufio.NewReader(body)
	for {
		line, err := buffered.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) line(line string) {
	stamp, text, found := strings.Cut(line, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if found && err == nil {
		if !at.After(r.last) {
			return // it was taken before: readings begin at whole seconds
		}
		r.last, line = at, text
	}
	_, _ = r.lines.Write([]byte(line)) // it never fails
}

// read takes what the reader does not have yet, and with follow what comes until the container ends or ctx does.
func (c *cluster) read(ctx context.Context, pod string, r *reader, follow, previous bool) error {
	options := &corev1.PodLogOptions{Container: container, Timestamps: true, Follow: follow, Previous: previous}
	if !r.last.IsZero() {
		since := metav1.NewTime(r.last)
		options.SinceTime = &since
	}
	body, err := c.logs(ctx, pod, options)
	if err != nil {
		return err
	}
	return errors.Join(r.take(body), body.Close())
}

// following is a log that is being read by a goroutine of its own.
type following struct {
	cancel context.CancelFunc
	over   chan struct{} // closed when the container has ended: the reading is not begun again then
	done   chan struct{}
}

func (f *fleet) follow(ctx context.Context, m *member, r *reader) *following {
	ctx, cancel := context.WithCancel(ctx)
	follow := &following{cancel, make(chan struct{}), make(chan struct{})}
	go func() { // waited for in end
		defer close(follow.done)
		told := false
		for {
			err := f.read(ctx, pod(f.Project, m.worker.Name), r, true, false)
			if ctx.Err() != nil {
				return
			}
			if err != nil && !told && !removed(err) {
				told = true
				f.Log.WarnContext(ctx, "following a worker's log; trying again", "worker", m.worker.Name, "error", err)
			}
			again := time.NewTimer(rewatchPause) // the server ends a reading also for reasons of its own
			select {
			case <-follow.over:
				again.Stop()
				return
			case <-ctx.Done():
				again.Stop()
				return
			case <-again.C:
			}
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
	close(f.over)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-f.done:
	case <-ctx.Done():
	}
	f.end()
}

// drain reads the log of a container that has ended to its end. Following may lag behind. previous says that another container of the
// pod runs already.
func (f *fleet) drain(ctx context.Context, m *member, r *reader, follow *following, previous bool) {
	follow.endWithin(ctx, drainTime)
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	if err := f.read(ctx, pod(f.Project, m.worker.Name), r, false, previous); err != nil && ctx.Err() == nil && !removed(err) {
		f.Log.WarnContext(ctx, "reading the end of a worker's log", "worker", m.worker.Name, "error", err)
	}
	r.lines.Flush()
}

// removed reports whether there is no such log any more: the pod or its container has gone.
func removed(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) }
