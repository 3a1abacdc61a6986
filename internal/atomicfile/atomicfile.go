// Package atomicfile writes files that are there whole or not at all: the text
// goes to a temporary file beside the target, which is renamed when all of it
// is written. A [Set] does so for several files together.
//
// The room imports the standard library.
package atomicfile

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file that is being written. It is not for use by several
// goroutines at once.
type File struct {
	path    string // the target
	file    *os.File
	out     *bufio.Writer
	folders []string // that were made for it, the outermost first

	behind         bool  // see WriteBehind
	written, begun int64 // bytes that were written, and those of them that the system has begun to bring to the disk
}

// bufferSize is small, since there may be thousands of files open.
const bufferSize = 16 << 10

// A temporary file is named after its target, with a dot before and rand.Text and a suffix behind it.
const (
	temporarySuffix = ".tmp"
	randomLength    = 26
)

// Create begins a file. Folders that are missing are made. Nothing is seen at
// path before Commit.
func Create(path string) (*File, error) { return create(path, 0o644) }

func create(path string, mode fs.FileMode) (*File, error) {
	folders, err := makeFolders(filepath.Dir(path))
	if err != nil {
		return nil, errors.Join(err, removeFolders(folders))
	}
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()+temporarySuffix)
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return nil, errors.Join(&fs.PathError{Op: "create", Path: path, Err: reason(err)}, removeFolders(folders))
	}
	return &File{path: path, file: file, out: bufio.NewWriterSize(file, bufferSize), folders: folders}, nil
}

// Write adds to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.out.Write(p)
	if err != nil {
		return n, fmt.Errorf("writing %s: %w", f.path, reason(err))
	}
	if f.written += int64(n); f.behind && f.written-f.begun >= behindBy {
		writeBehind(f.file, f.begun, f.written-f.begun)
		f.begun = f.written
	}
	return n, nil
}

// close writes what is buffered and closes the temporary file.
func (f *File) close() error {
	if err := errors.Join(f.out.Flush(), f.file.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	return nil
}

// Commit puts the file in place of whatever is there. After an error nothing
// has changed.
func (f *File) Commit() error {
	if err := f.close(); err != nil {
		return errors.Join(err, f.remove())
	}
	if err := os.Rename(f.file.Name(), f.path); err != nil {
		return errors.Join(fmt.Errorf("putting %s in place: %w", f.path, reason(err)), f.remove())
	}
	return nil
}

// Abort drops the file, and the folders that were made for it if nothing else
// is in them.
func (f *File) Abort() error {
	return errors.Join(f.file.Close(), f.remove())
}

func (f *File) remove() error {
	return errors.Join(os.Remove(f.file.Name()), removeFolders(f.folders))
}

// WriteFile writes a whole file.
func WriteFile(path string, text []byte) error { return write(path, text, 0o644) }

// WriteSecret writes a whole file that only its owner can read.
func WriteSecret(path string, text []byte) error { return write(path, text, 0o600) }

func write(path string, text []byte, mode fs.FileMode) error {
	f, err := create(path, mode)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return errors.Join(err, f.Abort())
	}
	return f.Commit()
}

// Set is a group of files that are put in place together, after all of them are written.
// The zero value is empty and ready.
type Set struct {
	files []*File
}

// Create begins a file of the set.
func (s *Set) Create(path string) (*File, error) {
	f, err := Create(path)
	if err == nil {
		s.files = append(s.files, f)
	}
	return f, err
}

// Commit puts all files in place. Everything that can go wrong while writing
// has been found before the first is: what is left is that a target cannot be
// replaced, and then those before it stay.
func (s *Set) Commit() error {
	for _, f := range s.files {
		if err := f.close(); err != nil {
			return errors.Join(err, s.Abort())
		}
	}
	for i, f := range s.files {
		if err := os.Rename(f.file.Name(), f.path); err != nil {
			rest := Set{s.files[i:]}
			return errors.Join(fmt.Errorf("putting %s in place: %w", f.path, reason(err)), rest.Abort())
		}
	}
	s.files = nil
	return nil
}

// Abort drops all files that are not in place.
func (s *Set) Abort() error {
	var problems []error
	for i := len(s.files) - 1; i >= 0; i-- { // a folder was made for the first file in it
		if err := s.files[i].Abort(); err != nil && !errors.Is(err, os.ErrClosed) {
			problems = append(problems, err)
		}
	}
	s.files = nil
	return errors.Join(problems...)
}

// makeFolders makes a folder and returns which folders were missing, the
// outermost first.
func makeFolders(dir string) (made []string, err error) {
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err == nil && !info.IsDir() {
			return nil, fmt.Errorf("%s is a file, not a folder", d)
		}
		if err == nil || filepath.Dir(d) == d {
			break
		}
		made = append([]string{d}, made...)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return made, err
	}
	return made, nil
}

// removeFolders removes folders that are empty, the innermost first.
func removeFolders(folders []string) error {
	for i := len(folders) - 1; i >= 0; i-- {
		entries, err := os.ReadDir(folders[i])
		if err == nil && len(entries) > 0 {
			return nil
		}
		if err := os.Remove(folders[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// reason is the error without the temporary file's name.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
