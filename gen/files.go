package gen

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/gochimera/chimera/config"
)

// project is a project's folder. os.Root ensures that nothing outside is reached; links inside are refused too, since what they lead to is not ours.
type project struct {
	root *os.Root
}

type state int

const (
	upToDate state = iota
	missing
	outdated
)

// state compares a file with what is on disk. What is in its way and was not
// generated is an error.
func (p project) state(f file) (state, error) {
	if err := p.checkFolder(path.Dir(f.path)); err != nil {
		return missing, err
	}
	info, err := p.root.Lstat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return missing, nil
	}
	if err != nil {
		return missing, err
	}
	if !info.Mode().IsRegular() {
		return missing, fmt.Errorf("%s is in the way: it is not a plain file", f.path)
	}
	text, err := p.root.ReadFile(f.path)
	if err != nil {
		return missing, err
	}
	if !config.Generated(text) {
		advice := "move it away"
		if f.path != config.LearnersFile {
			advice += ", or remove its worker's learner from " + config.FileName + " to keep it"
		}
		return missing, fmt.Errorf("%s was not written by chimera generate and is not replaced: %s", f.path, advice)
	}
	if bytes.Equal(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), f.text) { // git may have changed the line ends
		return upToDate, nil
	}
	return outdated, nil
}

// checkFolder refuses a folder of generated files that is something else.
func (p project) checkFolder(dir string) error {
	if dir == "." {
		return nil
	}
	if err := p.checkFolder(path.Dir(dir)); err != nil {
		return err
	}
	info, err := p.root.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is in the way: it is not a folder, or a link to one", dir)
	}
	return nil
}

// workerFolders lists the folders that may hold a generated main. Only names
// that a worker can have are looked at: on a system that takes Tree1 for tree1,
// Tree1 is the folder of the worker tree1.
func (p project) workerFolders() ([]string, error) {
	info, err := p.root.Lstat(config.WorkersFolder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(p.root.FS(), config.WorkersFolder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && config.ValidName(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (p project) isGenerated(name string) (bool, error) {
	info, err := p.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	text, err := p.root.ReadFile(name)
	return err == nil && config.Generated(text), err
}

// write puts the file in place at once, whole, so that a build that runs
// meanwhile sees the old one or the new one.
func (p project) write(f file) (err error) {
	dir := path.Dir(f.path)
	if err := p.root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temporary := path.Join(dir, "."+path.Base(f.path)+"."+rand.Text()+".tmp")
	defer func() {
		if err != nil {
			_ = p.root.Remove(temporary) // the first error is the one to report
		}
	}()
	if err := p.root.WriteFile(temporary, f.text, 0o644); err != nil {
		return err
	}
	return p.root.Rename(temporary, f.path)
}

// remove deletes a generated file, and its worker's folder if that is empty then.
func (p project) remove(name string) error {
	if err := p.root.Remove(name); err != nil {
		return err
	}
	dir := path.Dir(name)
	if dir == "." {
		return nil
	}
	entries, err := fs.ReadDir(p.root.FS(), dir)
	if err != nil || len(entries) > 0 {
		return err
	}
	return p.root.Remove(dir)
}
