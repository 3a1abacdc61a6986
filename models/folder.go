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
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("models cannot be kept: %w", err)
	}
	return &Folder{dir}, nil
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
	file, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	if err := write(file); err != nil {
		return errors.Join(err, file.Abort())
	}
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), file.Abort())
	}
	return file.Commit()
}

// Open opens a file.
func (f *Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// List lists files.
func (f *Folder) List(ctx context.Context, prefix string) ([]Object, error) {
	var all []Object
	err := filepath.WalkDir(f.root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
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
		return err
	}
	for dir := filepath.Dir(path); dir != f.root && len(dir) > len(f.root); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil {
			break // it is not empty
		}
	}
	return nil
}

// Close has nothing to release.
func (*Folder) Close() error { return nil }
