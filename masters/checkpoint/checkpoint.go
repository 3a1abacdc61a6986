// Package checkpoint keeps what a program needs to go on with a fit after it was
// killed: one folder for each fit, in the project's folder chimera_checkpoints.
//
// Every running program has a folder of its own in it, and a lock beside that
// folder. So several programs of a project do not touch each other's
// checkpoints, and what a killed one has left is told from what is in use: the
// next program takes it over, or removes it.
package checkpoint

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/filelock"
)

// FolderName is the folder of all checkpoints, in the project's.
const FolderName = "chimera_checkpoints"

const (
	lockSuffix = ".lock"    // of a folder's name is its lock's
	fitFile    = "fit.json" // in the folder of a fit
)

// Fit is a fit that was begun.
type Fit struct {
	ID      string    `json:"id"`
	Kind    string    `json:"master"`
	Started time.Time `json:"started"`
	Config  string    `json:"config"` // hash of the settings that the fit depends on
}

// Folder is the folder of one program. Where the project's folder cannot be
// written, it is a temporary one.
type Folder struct {
	project string // the project's folder; empty for a temporary one
	log     *slog.Logger

	mu    sync.Mutex
	root  string         // this program's folder; empty until it is needed
	lock  *filelock.Lock // of root; nil for a temporary folder
	swept bool
}

// New makes nothing yet. project is the project's folder, empty if there is
// none.
func New(project string, log *slog.Logger) *Folder { return &Folder{project: project, log: log} }

// Interrupted takes over the fit that a killed program of this kind and these
// settings had begun last, if there is one, and removes what else killed
// programs have left. It is called once, before Begin.
func (f *Folder) Interrupted(ctx context.Context, kind, config string) *Fit {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.project == "" || f.root != "" {
		return nil
	}
	all := filepath.Join(f.project, FolderName)
	if info, err := os.Stat(all); err != nil || !info.IsDir() {
		return nil // what is no folder is nobody's checkpoint
	}
	var best *Fit
	for name, lock := range f.left(ctx, all) {
		fit := f.latest(ctx, filepath.Join(all, name), kind, config)
		if fit != nil && (best == nil || fit.Started.After(best.Started)) {
			f.drop(ctx, f.root, f.lock)
			best, f.root, f.lock = fit, filepath.Join(all, name), lock
			continue
		}
		f.drop(ctx, filepath.Join(all, name), lock)
	}
	f.swept = true
	if best == nil {
		_ = os.Remove(all) // unless other programs have checkpoints there
		return nil
	}
	f.keepOnly(ctx, best.ID)
	if err := try(filepath.Join(f.root, best.ID), all); err != nil {
		f.log.WarnContext(ctx, "an interrupted fit is not gone on with", "run", best.ID, "reason", err)
		f.drop(ctx, f.root, f.lock)
		f.root, f.lock = "", nil
		_ = os.Remove(all) // as above
		return nil
	}
	return best
}

// latest is the last fit in a program's folder that can be gone on with. It says
// of others why they cannot.
func (f *Folder) latest(ctx context.Context, root, kind, config string) (best *Fit) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == copies {
			continue
		}
		fit, err := readFit(filepath.Join(root, e.Name()))
		if err == nil && (fit.Kind != kind || fit.Config != config) {
			err = errors.New("the settings or the workers are others than then")
		}
		if err != nil {
			f.log.WarnContext(ctx, "an interrupted fit is not gone on with", "run", e.Name(), "reason", err)
			continue
		}
		if best == nil || fit.Started.After(best.Started) {
			best = fit
		}
	}
	return best
}

// readFit reads what a fit's folder says of it.
func readFit(dir string) (*Fit, error) {
	text, err := os.ReadFile(filepath.Join(dir, fitFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("it had not begun")
	}
	fit := &Fit{}
	if err == nil {
		err = json.Unmarshal(text, fit)
	}
	if err == nil && fit.ID != filepath.Base(dir) {
		err = fmt.Errorf("it is that of fit %q", fit.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("its %s is damaged: %w", fitFile, err)
	}
	return fit, nil
}

// keepOnly removes all fits in this program's folder but one.
func (f *Folder) keepOnly(ctx context.Context, id string) {
	entries, err := os.ReadDir(f.root)
	for _, e := range entries {
		if e.Name() != id {
			err = errors.Join(err, os.RemoveAll(filepath.Join(f.root, e.Name())))
		}
	}
	if err = errors.Join(err, atomicfile.Sweep(f.root)); err != nil {
		f.log.WarnContext(ctx, "old checkpoints could not be removed", "folder", f.root, "error", err)
	}
}

// Begin makes the folder of a fit, or opens the one that Interrupted has taken
// over, and returns its path.
func (f *Folder) Begin(ctx context.Context, fit Fit) (dir string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(ctx); err != nil {
		return "", fmt.Errorf("checkpoints cannot be kept: %w", err)
	}
	dir = filepath.Join(f.root, fit.ID)
	if _, err := os.Stat(filepath.Join(dir, fitFile)); err == nil {
		return dir, nil
	}
	text, err := json.Marshal(fit)
	if err == nil {
		err = write(filepath.Join(dir, fitFile), text, filepath.Dir(f.root))
	}
	if err != nil {
		return "", fmt.Errorf("checkpoints cannot be kept: %w", err)
	}
	return dir, nil
}

// write writes a file that survives a crash of the machine.
func write(path string, text []byte, root string) error {
	file, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return errors.Join(err, file.Abort())
	}
	return file.CommitDurably(root)
}

// End removes the folder of a fit that has ended.
func (f *Folder) End(ctx context.Context, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.root == "" {
		return
	}
	if err := os.RemoveAll(filepath.Join(f.root, id)); err != nil {
		f.log.WarnContext(ctx, "checkpoints could not be removed", "folder", filepath.Join(f.root, id), "error", err)
	}
}

// copies is the folder that Copies makes; no fit has such an ID.
const copies = "copies"

// Copies makes a folder for what lives as long as this program, such as copies of
// models that are not stored, and returns its path.
func (f *Folder) Copies(ctx context.Context) (dir string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err = f.open(ctx); err == nil {
		dir = filepath.Join(f.root, copies)
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return "", fmt.Errorf("copies of models cannot be kept: %w", err)
	}
	return dir, nil
}

// Close removes this program's folder, unless a fit in it was interrupted by the
// program's end: the next program goes on with that.
func (f *Folder) Close() {
	ctx := context.Background() // it is the end of the program, not of a fit
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.root == "" {
		return
	}
	entries, err := os.ReadDir(f.root)
	if err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && e.Name() != copies }) && f.lock != nil {
		err = errors.Join(os.RemoveAll(filepath.Join(f.root, copies)), f.lock.Release())
	} else {
		f.drop(ctx, f.root, f.lock)
		if f.lock != nil { // it is in the project's folder
			_ = os.Remove(filepath.Dir(f.root)) // unless other programs have checkpoints there
		}
	}
	if err != nil {
		f.log.WarnContext(ctx, "checkpoints could not be left in order", "folder", f.root, "error", err)
	}
	f.root, f.lock = "", nil
}

// open makes this program's folder.
func (f *Folder) open(ctx context.Context) error {
	if f.root == "" && f.project != "" {
		all := filepath.Join(f.project, FolderName)
		if err := f.own(ctx, all); err != nil {
			f.log.WarnContext(ctx, "the project's folder cannot hold checkpoints; they are kept in a temporary folder", "folder", all, "error", err)
		}
	}
	if f.root == "" {
		root, err := os.MkdirTemp("", FolderName+"-")
		if err != nil {
			return err
		}
		f.root = root
	}
	return nil
}

// own makes this program's folder in the folder of all, and removes those of
// programs that were killed.
func (f *Folder) own(ctx context.Context, all string) error {
	name := "run-" + strings.ToLower(rand.Text()[:10])
	lock, err := lockIn(all, name)
	if err != nil {
		return err
	}
	root := filepath.Join(all, name)
	if err := os.Mkdir(root, 0o755); err != nil {
		return errors.Join(err, lock.Release())
	}
	f.root, f.lock = root, lock
	if !f.swept {
		for name, lock := range f.left(ctx, all) {
			f.drop(ctx, filepath.Join(all, name), lock)
		}
	}
	return nil
}

// lockIn locks a name in a folder, which another program removes when it leaves
// it empty.
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

// left are the folders that no running program holds, which are locked now.
func (f *Folder) left(ctx context.Context, all string) map[string]*filelock.Lock {
	entries, err := os.ReadDir(all)
	if err != nil {
		f.log.WarnContext(ctx, "old checkpoints cannot be read", "folder", all, "error", err)
	}
	locks := map[string]*filelock.Lock{}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), lockSuffix)
		if name == filepath.Base(f.root) || locks[name] != nil {
			continue
		}
		lock, err := filelock.Take(filepath.Join(all, name+lockSuffix))
		var held *filelock.HeldError
		switch {
		case errors.As(err, &held):
			f.log.DebugContext(ctx, "another program of the project keeps its checkpoints", "folder", filepath.Join(all, name), "program", held.Holder.String())
		case err != nil:
			f.log.WarnContext(ctx, "old checkpoints cannot be read", "folder", filepath.Join(all, name), "error", err)
		default:
			locks[name] = lock
		}
	}
	return locks
}

// drop removes a folder and releases its lock.
func (f *Folder) drop(ctx context.Context, root string, lock *filelock.Lock) {
	if root == "" {
		return
	}
	if err := errors.Join(os.RemoveAll(root), lock.Release()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.WarnContext(ctx, "old checkpoints could not be removed", "folder", root, "error", err)
	}
}
