package master

import (
	"context"
	"fmt"

	"github.com/gochimera/chimera/api"
)

// mostSaves is how many checkpoints of a fit are kept: the last one, and the one before, in case the
// last is damaged when it is needed.
const mostSaves = 2

// saves are the checkpoints of a fit under way, the oldest first.
type saves struct {
	store *store
	all   []save
}

// save is a checkpoint, with the progress of the training at that time.
type save struct {
	parts *stored
	at    course
}

// last is the last checkpoint; nil if there is none.
func (s *saves) last() *save {
	if len(s.all) == 0 {
		return nil
	}
	return &s.all[len(s.all)-1]
}

// add keeps a checkpoint, and removes the oldest if there are too many.
func (s *saves) add(one save) {
	s.all = append(s.all, one)
	if len(s.all) > mostSaves {
		s.store.remove(s.all[0].parts)
		s.all = s.all[1:]
	}
}

// drop removes the last checkpoint.
func (s *saves) drop() {
	s.store.remove(s.last().parts)
	s.all = s.all[:len(s.all)-1]
}

// clear removes all checkpoints.
func (s *saves) clear() {
	for len(s.all) > 0 {
		s.drop()
	}
}

// next is the step, counted from 1, from which a fit continues that has to go back to the last
// checkpoint.
func (s *saves) next() int {
	if last := s.last(); last != nil {
		return last.at.step + 1
	}
	return 1
}

// checkpoint stores all stages in their current state. If the disk cannot hold them, the fit continues
// without the checkpoint.
func (t *training) checkpoint(ctx context.Context) error {
	c, err := t.master.store.save(ctx, t.Cluster, t.ID, fmt.Sprintf("epoch%06d", t.at.epoch))
	switch {
	case err == nil:
		t.saved.add(save{c, t.at.clone()})
		t.report.Checkpoints++
		if t.recovery.over {
			t.recovery.tries = 0
		}
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		t.Log.Warn("the checkpoint of this epoch could not be stored", "fit_id", t.ID, "epoch", t.at.epoch, "error", err)
	}
	return nil
}

// giveUp drops the last checkpoint, which is damaged, and says so: the fit goes back to the one before,
// or to its start, and ends with the same bits.
func (t *training) giveUp(damaged *damagedError) {
	t.saved.drop()
	e := api.CheckpointDamagedEvent{FitID: t.ID, Worker: damaged.worker, File: damaged.file, Reason: damaged.err.Error(), From: t.saved.next()}
	t.Log.Warn("a checkpoint is damaged; the fit goes back to the one before, or to its start",
		"worker", e.Worker, "file", e.File, "fit_id", t.ID, "from_step", e.From, "reason", e.Reason)
	t.Publish(e)
}
