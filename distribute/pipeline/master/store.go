package master

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/masters/cluster"
)

// checkpointsFolder is the folder of the checkpoints, in the project's folder.
const checkpointsFolder = "chimera_checkpoints"

// store keeps the stages' parts on disk: one folder per checkpoint, with one file per stage. A
// checkpoint is complete or not there: its folder is renamed when all files are written. The files are
// copied between the workers and the disk one by one, so the master holds at most one stage's part at
// a time.
type store struct {
	dir   string // the project's folder; empty for a temporary one
	log   *slog.Logger
	root  string // folder of the checkpoints; empty until the first
	clean bool   // what an earlier run left behind has been removed

	reading sync.Mutex // held while a stage's part is in memory
}

func newStore(dir string, log *slog.Logger) *store { return &store{dir: dir, log: log} }

// stored is a checkpoint on disk.
type stored struct {
	dir     string
	reading *sync.Mutex // the store's: several workers may be caught up at the same time
}

func (c *stored) file(stage int) string {
	return filepath.Join(c.dir, "stage"+strconv.Itoa(stage+1)+".state")
}

// open makes the folder for checkpoints, and removes what a killed run may have left in it.
func (s *store) open() error {
	if s.root == "" {
		root := filepath.Join(s.dir, checkpointsFolder)
		if s.dir == "" {
			var err error
			if root, err = os.MkdirTemp("", checkpointsFolder); err != nil {
				return err
			}
		}
		s.root = root
	}
	if !s.clean {
		if err := os.RemoveAll(s.root); err != nil {
			return err
		}
		s.clean = true
	}
	return os.MkdirAll(s.root, 0o755)
}

// save stores the members' parts of a fit under a name.
func (s *store) save(ctx context.Context, c *cluster.Cluster, fitID, name string) (whole *stored, err error) {
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("storing a checkpoint: %w", err)
	}
	partial := &stored{filepath.Join(s.root, fitID+"-"+name+".partial"), &s.reading}
	if err := os.Mkdir(partial.dir, 0o755); err != nil {
		return nil, fmt.Errorf("storing a checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(partial.dir) // the first error is the one to report
		}
	}()
	step := -1
	for i, m := range c.Members {
		err := partial.fetch(ctx, c, m, fitID, i)
		if err == nil {
			step, err = partial.check(i, fitID, step)
		}
		if err != nil {
			return nil, fmt.Errorf("storing the part of worker %s: %w", m.Name, err)
		}
	}
	whole = &stored{filepath.Join(s.root, fitID+"-"+name), &s.reading}
	if err := os.Rename(partial.dir, whole.dir); err != nil {
		return nil, fmt.Errorf("storing a checkpoint: %w", err)
	}
	return whole, nil
}

// fetch copies a stage's part from its worker to a file.
func (c *stored) fetch(ctx context.Context, from *cluster.Cluster, m *cluster.Member, fitID string, stage int) error {
	f, err := os.Create(c.file(stage))
	if err != nil {
		return err
	}
	if err = from.Fetch(ctx, m, pipeline.PathCheckpoint+"?fit_id="+url.QueryEscape(fitID), f); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// check reads a stage's file, which must be complete, and of the given fit and step. The step is that
// of the stages before, or -1 for the first; check returns it for the next.
func (c *stored) check(stage int, fitID string, step int) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	state, err := os.ReadFile(c.file(stage))
	if err != nil {
		return step, err
	}
	var head pipeline.State
	if _, err := wire.ReceivedFrom(state).Decode(&head); err != nil {
		return step, err
	}
	if head.Begin.FitID != fitID || head.Begin.Stage != stage || step >= 0 && head.Step != step {
		return step, fmt.Errorf("it is stage %d at step %d of fit %q; want stage %d at step %d of %q",
			head.Begin.Stage+1, head.Step+1, head.Begin.FitID, stage+1, step+1, fitID)
	}
	return head.Step, nil
}

// restore sends a member's part from its file to the worker.
func (c *stored) restore(ctx context.Context, to *cluster.Cluster, m *cluster.Member) error {
	c.reading.Lock()
	defer c.reading.Unlock()
	state, err := os.ReadFile(c.file(m.Index))
	if err != nil {
		return fmt.Errorf("the stored part of worker %s: %w", m.Name, err)
	}
	message := cluster.NewMessage(pipeline.Restore)
	message.Encoded(state)
	return cluster.Send(ctx, to, m, message, nil).Err
}

// remove removes a checkpoint, which may be nil.
func (s *store) remove(c *stored) {
	if c == nil {
		return
	}
	if err := os.RemoveAll(c.dir); err != nil {
		s.log.Warn("a checkpoint could not be removed", "folder", c.dir, "error", err)
	}
}

// close removes all checkpoints.
func (s *store) close() {
	if s.root == "" {
		return
	}
	if err := os.RemoveAll(s.root); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("checkpoints could not be removed", "folder", s.root, "error", err)
	}
}
