package docker

import (
	"context"
	"fmt"

	"github.com/docker/docker/api/types/container"
)

// endOne ends one worker, whose container stays. The engine does not start it again, as it was asked to end it.
func (f *fleet) endOne(force context.Context, i int) error {
	m := f.members[i]
	ended := m.Leaves()
	ran, stopped, killed := f.stopContainer(force, m)
	if ran && stopped {
		ctx, cancel := context.WithTimeout(context.Background(), removeTime) // reached only if the engine does not report its end
		defer cancel()
		select {
		case <-ended:
		case <-ctx.Done():
		}
	}
	if killed {
		return m.Killed()
	}
	return nil
}

// startOne starts the container of a worker that has left, which gets another identity: that of before may have expired.
func (f *fleet) startOne(ctx context.Context, i int) error {
	m := f.members[i]
	err := f.introduce(ctx, m)
	if err == nil {
		m.Returns()
		if err = f.engine.api.ContainerStart(ctx, m.id, container.StartOptions{}); err != nil {
			err = fmt.Errorf("starting worker %s: %w", m.Worker.Name, f.engine.explain(err))
		}
	}
	if err == nil {
		err = f.Await(ctx, m.Member, m.Log.LastWords)
	}
	if err != nil {
		_ = f.endOne(f.Force(), i) // the error of the start counts
	}
	return err
}
