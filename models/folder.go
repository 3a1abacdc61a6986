package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gochimera/chimera/internal/atomicfile"
)

// Folder is a Bucket in a folder.
type Folder struct{ root string }

var _ Bucket = (*Folder)(nil)

// OpenFolder makes the folder, if it is missing, and opens it.
func OpenFolder(dir string) (*Folder, error) {
	f := &Folder{filepath.Clean(dir)}
	return f, f.make()
}

// make makes the folder.
func (f *Folder) make() error {
	_, err := os.Stat(f.root)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(f.root, 0o755); err == nil {
			err = atomicfile.SyncFolders(filepath.Dir(f.root), filepath.Dir(f.root))
		}
	}
	if err != nil {
		return fmt.Errorf("models cannot be kept: %w", explained(err))
	}
	return nil
}

// Locate is the path of an object.
func (f *Folder) Locate(name string) string { return filepath.Join(f.root, filepath.FromSlash(name)) }

// path is where an object is, which must be in the folder.
func (f *Folder) path(name string) (string, error) {
	if !fs.ValidPath(name) || name == "." || !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", fmt.Errorf("%q is not a name of an object", name)
	}
	return f.Locate(name), nil
}

// Write writes a file.
func (f *Folder) Write(ctx context.Context, name string, write func(io.Writer) error) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	file, err := f.create(path)
	if err != nil {
		return explained(err)
	}
	file.WriteBehind()
	if err := write(&whileWanted{ctx, file}); err != nil {
		return explained(errors.Join(err, file.Abort()))
	}
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), file.Abort())
	}
	return explained(file.CommitDurably(f.root))
}

// removals is how often a folder may be removed by others between its making and its use.
const removals = 10

// create begins a file. Whoever removes the last file of a folder removes the folder too, and may do so just now.
func (f *Folder) create(path string) (file *atomicfile.File, err error) {
	for range removals {
		if file, err = atomicfile.Create(path); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return file, err
}

// whileWanted ends with ctx what is being written.
type whileWanted struct {
	ctx context.Context
	w   io.Writer
}

func (w *whileWanted) Write(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	return w.w.Write(p)
}

// Open opens a file.
func (f *Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// List lists files. A folder that is not there has none.
func (f *Folder) List(ctx context.Context, prefix string) ([]Object, error) {
	from := f.root
	if i := strings.LastIndexByte(prefix, '/'); i > 0 { // the rest need not be walked through
		dir, err := f.path(prefix[:i])
		if err != nil {
			return nil, err
		}
		from = dir
	}
	var all []Object
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was removed meanwhile
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		rel, err := filepath.Rel(f.root, path)
		name := filepath.ToSlash(rel)
		if err != nil || !e.Type().IsRegular() || !strings.HasPrefix(name, prefix) || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			all = append(all, Object{Name: name, Size: info.Size(), Modified: info.ModTime()})
		}
		return err
	})
	slices.SortFunc(all, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// Remove removes a file, and the folders that are empty then.
func (f *Folder) Remove(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explained(err)
	}
	for dir := filepath.Dir(path); dir != f.root && len(dir) > len(f.root); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil {
			break // it is not empty
		}
	}
	return nil
}

// removeEmpty removes the folders of models in which there is nothing, since a program was killed as it began to write into them.
func (f *Folder) removeEmpty() error {
	all, err := os.ReadDir(f.root)
	for _, e := range all {
		if e.IsDir() && CheckID(e.Name()) == nil && e.Name() != runsFolder {
			_ = os.Remove(filepath.Join(f.root, e.Name(), partsFolder)) // it is not empty, as a rule
			_ = os.Remove(filepath.Join(f.root, e.Name()))
		}
	}
	return err
}

// Close has nothing to release.
func (*Folder) Close() error { return nil }
