package master

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gochimera/chimera/api"
)

// mostSaves is how many checkpoints of a fit are kept: the last one, and the one before, in case the
// last is damaged when it is needed.
const mostSaves = 2

// saves are the checkpoints of a fit under way, the oldest first.
type saves struct {
	log *slog.Logger
	all []saved
}

// saved is a checkpoint, with the progress of the training at that time.
type saved struct {
	*checkpoint
	at course
}

// last is the last checkpoint; nil if there is none.
func (s *saves) last() *saved {
	if len(s.all) == 0 {
		return nil
	}
	return &s.all[len(s.all)-1]
}

// add keeps a checkpoint, and removes the oldest if there are too many.
func (s *saves) add(one saved) {
	s.all = append(s.all, one)
	if len(s.all) > mostSaves {
		s.remove(s.all[0])
		s.all = s.all[1:]
	}
}

// drop removes the last checkpoint.
func (s *saves) drop() {
	s.remove(*s.last())
	s.all = s.all[:len(s.all)-1]
}

func (s *saves) remove(one saved) {
	if err := os.RemoveAll(one.dir); err != nil {
		s.log.Warn("a checkpoint could not be removed", "folder", one.dir, "error", err)
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
	t.report.Checkpoints++
	c, err := save(ctx, t.Fit, t.at.step, t.writeCourse)
	t.written = time.Now()
	if err != nil {
		t.report.Checkpoints--
	}
	switch {
	case err == nil:
		t.saved.add(saved{c, t.at.clone()})
		if t.recovery.over {
			t.recovery.tries = 0
		}
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		t.Log.WarnContext(ctx, "a checkpoint could not be stored", "epoch", t.at.epoch, "step", t.at.step, "error", err)
	}
	return nil
}

// giveUp drops the last checkpoint, which is damaged, and says so: the fit goes back to the one before,
// or to its start, and ends with the same bits.
func (t *training) giveUp(damaged *damagedError) {
	t.saved.drop()
	t.tellDamage(damaged)
}

func (t *training) tellDamage(damaged *damagedError) {
	e := api.CheckpointDamagedEvent{FitID: t.ID, Worker: damaged.worker, File: t.shown(damaged.file), Reason: damaged.err.Error(), From: t.saved.next()}
	t.Log.Warn("a checkpoint is damaged; the fit goes back to the one before, or to its start",
		"worker", e.Worker, "file", e.File, "from_step", e.From, "reason", e.Reason)
	t.Publish(e)
}

// shown is how a file's name is reported: as in the project's folder, if it is there.
func (t *training) shown(file string) string {
	if dir := t.Config().Dir; dir != "" {
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return file
}
