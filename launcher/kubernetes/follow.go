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

	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/launcher/internal/following"
)

// readTime bounds a reading that does not follow; it is reached only if the cluster does not answer.
const readTime = 30 * time.Second

// reader takes a container's log from the cluster, line by line, and knows how far it came, so that another reading goes on there. A cluster
// keeps both streams of a container as one. It is for one goroutine at a time.
type reader struct {
	lines *lines.Writer
	last  time.Time // of the last line that was taken
}

// take takes a log, each line of which begins with its time. What comes next may be of another container, so the last line ends with it.
func (r *reader) take(body io.Reader) error {
	defer r.lines.Flush()
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

// follow reads a log until its container has ended, and again when that breaks off.
func (f *fleet) follow(ctx context.Context, m *member, r *reader) *following.Following {
	return following.Begin(ctx, func(ctx context.Context, over <-chan struct{}) {
		told := false
		for {
			err := f.read(ctx, pod(f.Project, m.Worker.Name), r, true, false)
			if ctx.Err() != nil {
				return
			}
			if err != nil && !told && !removed(err) {
				told = true
				f.Log.WarnContext(ctx, "following a worker's log; trying again", "worker", m.Worker.Name, "error", err)
			}
			again := time.NewTimer(rewatchPause) // the server ends a reading also for reasons of its own
			select {
			case <-over:
				again.Stop()
				return
			case <-ctx.Done():
				again.Stop()
				return
			case <-again.C:
			}
		}
	})
}

// drain reads the log of a container that has ended to its end. Following may lag behind. previous says that another container of the
// pod runs already.
func (f *fleet) drain(ctx context.Context, m *member, r *reader, follow *following.Following, previous bool) {
	follow.Drain(ctx)
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	if err := f.read(ctx, pod(f.Project, m.Worker.Name), r, false, previous); err != nil && ctx.Err() == nil && !removed(err) {
		f.Log.WarnContext(ctx, "reading the end of a worker's log", "worker", m.Worker.Name, "error", err)
	}
}

// removed reports whether there is no such log any more: the pod or its container has gone.
func removed(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) }
