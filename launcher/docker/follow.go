package docker

import (
	"context"
	"io"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/gochimera/chimera/launcher/internal/enginelog"
	"github.com/gochimera/chimera/launcher/internal/following"
)

// logOf opens the log of a container.
func (e *Engine) logOf(id string) enginelog.Source {
	return func(ctx context.Context, options container.LogsOptions) (io.ReadCloser, error) {
		return e.api.ContainerLogs(ctx, id, options)
	}
}

func (f *fleet) follow(ctx context.Context, m *member, id string, r *enginelog.Reader) *following.Following {
	return enginelog.Follow(ctx, f.engine.logOf(id), r, func(err error) {
		f.Log.WarnContext(ctx, "following a worker's log", "worker", m.Worker.Name, "error", err)
	})
}

// drain reads the log of a container that has ended to its end.
func (f *fleet) drain(ctx context.Context, m *member, id string, r *enginelog.Reader, follow *following.Following) {
	ctx, cancel := context.WithTimeout(ctx, removeTime) // reached only if the engine does not answer
	defer cancel()
	removed := func(err error) bool { return errdefs.IsNotFound(err) || errdefs.IsConflict(err) }
	if err := r.Drain(ctx, f.engine.logOf(id), follow); err != nil && ctx.Err() == nil && !removed(err) {
		f.Log.WarnContext(ctx, "reading the end of a worker's log", "worker", m.Worker.Name, "error", err)
	}
}
