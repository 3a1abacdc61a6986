package master

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gochimera/chimera/internal/filelock"
	"github.com/gochimera/chimera/masters/cluster"
)

// checkpointsFolder is the folder of the checkpoints, in the project's folder. Every running program
// has a folder of its own in it, and a lock beside that folder: several programs of a project do not
// touch each other's checkpoints, and what a killed one has left is told from what is in use.
const checkpointsFolder = "chimera_checkpoints"

// lockSuffix of a folder's name is its lock's.
const lockSuffix = ".lock"

// store keeps the stages' parts on disk: one folder per checkpoint, with one file per stage. A
// checkpoint is complete or not there: its folder is renamed when all files are written. The files are
// copied between the workers and the disk one by one, so the master holds at most one stage's part at
// a time. Where the project's folder cannot be written, the parts are in a temporary folder.
type store struct {
	dir  string // the project's folder; empty for a temporary one
	log  *slog.Logger
	root string         // this program's folder; empty until the first checkpoint
	lock *filelock.Lock // of root; nil for a temporary folder

	// Several workers may be caught up at the same time.
	reading sync.Mutex // held while a stage's part is in memory
	mending sync.Mutex // held while damaged parts are stored again
}

func newStore(dir string, log *slog.Logger) *store { return &store{dir: dir, log: log} }

// open makes the folder for checkpoints.
func (s *store) open() error {
	if s.root == "" && s.dir != "" {
		if err := s.own(filepath.Join(s.dir, checkpointsFolder)); err != nil {
			s.log.Warn("the project's folder cannot hold checkpoints; they are kept in a temporary folder",
				"folder", filepath.Join(s.dir, checkpointsFolder), "error", err)
		}
	}
	if s.root == "" {
		root, err := os.MkdirTemp("", checkpointsFolder+"-")
		if err != nil {
			return err
		}
		s.root = root
	}
	return os.MkdirAll(s.root, 0o755)
}

// own makes this program's folder in the folder of all, and removes those of programs that were killed.
func (s *store) own(all string) error {
	name := "run-" + strings.ToLower(rand.Text()[:10])
	lock, err := lockIn(all, name)
	if err != nil {
		return err
	}
	root := filepath.Join(all, name)
	if err := os.Mkdir(root, 0o755); err != nil {
		return errors.Join(err, lock.Release())
	}
	s.root, s.lock = root, lock
	s.sweep(all)
	return nil
}

// lockIn locks a name in a folder, which another program removes when it leaves it empty.
func lockIn(all, name string) (lock *filelock.Lock, err error) {
	const tries = 10
	for range tries {
		if err = os.MkdirAll(all, 0o755); err != nil {
			return nil, err
		}
		if lock, err = filelock.Take(filepath.Join(all, name+lockSuffix)); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return lock, err
}

// sweep removes whatever no running program holds.
func (s *store) sweep(all string) {
	entries, err := os.ReadDir(all)
	if err != nil {
		s.log.Warn("old checkpoints could not be removed", "folder", all, "error", err)
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), lockSuffix)
		if name == filepath.Base(s.root) {
			continue
		}
		lock, err := filelock.Take(filepath.Join(all, name+lockSuffix))
		var held *filelock.HeldError
		if errors.As(err, &held) {
			s.log.Debug("another program of the project keeps its checkpoints", "folder", filepath.Join(all, name), "program", held.Holder.String())
			continue
		}
		if err == nil {
			err = errors.Join(os.RemoveAll(filepath.Join(all, name)), lock.Release())
		}
		if err != nil {
			s.log.Warn("old checkpoints could not be removed", "folder", filepath.Join(all, name), "error", err)
		}
	}
}

// save stores the members' parts of a fit under a name.
func (s *store) save(ctx context.Context, c *cluster.Cluster, fitID, name string) (whole *stored, err error) {
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("storing a checkpoint: %w", err)
	}
	partial := &stored{store: s, dir: filepath.Join(s.root, fitID+"-"+name+".partial"), fitID: fitID, step: unknownStep}
	whole = &stored{store: s, dir: filepath.Join(s.root, fitID+"-"+name), fitID: fitID}
	// a fit that went back to an earlier step stores the same checkpoint again
	err = errors.Join(os.RemoveAll(partial.dir), os.RemoveAll(whole.dir))
	if err == nil {
		err = os.Mkdir(partial.dir, 0o755)
	}
	if err != nil {
		return nil, fmt.Errorf("storing a checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(partial.dir) // the first error is the one to report
		}
	}()
	for _, m := range c.Members {
		if err := partial.fetch(ctx, c, m); err != nil {
			return nil, fmt.Errorf("storing the part of worker %s: %w", m.Name, err)
		}
	}
	if err := os.Rename(partial.dir, whole.dir); err != nil {
		return nil, fmt.Errorf("storing a checkpoint: %w", err)
	}
	whole.step = partial.step
	return whole, nil
}

// shown is how a file's name is reported: as in the project's folder, if it is there.
func (s *store) shown(file string) string {
	if s.dir != "" {
		if rel, err := filepath.Rel(s.dir, file); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return file
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

// close removes all checkpoints of this program.
func (s *store) close() {
	if s.root == "" {
		return
	}
	err := os.RemoveAll(s.root)
	if s.lock != nil {
		err = errors.Join(err, s.lock.Release())
		_ = os.Remove(filepath.Dir(s.root)) // unless other programs have checkpoints there
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("checkpoints could not be removed", "folder", s.root, "error", err)
	}
}
