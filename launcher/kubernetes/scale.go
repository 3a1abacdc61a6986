package kubernetes

import (
	"context"
	"fmt"
)

// endOne ends one worker, whose StatefulSet stays, without a replica.
func (f *fleet) endOne(force context.Context, i int) error {
	m := f.members[i]
	name := pod(f.Project, m.Worker.Name)
	m.Leaves()
	patience, cancel := context.WithTimeout(context.Background(), f.StopGrace+removeTime)
	defer cancel()
	if err := f.scale(patience, m.Worker, 0); err != nil {
		return fmt.Errorf("ending worker %s: %w", m.Worker.Name, err)
	}
	defer context.AfterFunc(force, func() {
		soon := int64(1)
		_ = f.removePod(patience, name, &soon) // it may have gone
	})()
	select {
	case <-m.removed(): // after its end was reported, which may be long ago
		return nil
	case <-patience.Done():
		return fmt.Errorf("worker %s was asked to end, and its pod %s is still there", m.Worker.Name, name)
	}
}

// startOne gives the StatefulSet of a worker that has left its replica back.
func (f *fleet) startOne(ctx context.Context, i int) error {
	m := f.members[i]
	m.Returns()
	err := f.scale(ctx, m.Worker, 1)
	if err == nil {
		err = f.await(ctx, m) // until the pod was seen: who ends it then waits until it is seen no more
	}
	if err != nil {
		m.Leaves()
		ending, cancel := context.WithTimeout(context.Background(), removeTime)
		defer cancel()
		_ = f.scale(ending, m.Worker, 0) // the error of the start counts
		return fmt.Errorf("starting worker %s: %w", m.Worker.Name, err)
	}
	return nil
}
