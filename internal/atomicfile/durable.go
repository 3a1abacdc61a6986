package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// behindBy is how many bytes are brought to the disk at once before CommitDurably.
const behindBy = 4 << 20

// WriteBehind lets the system bring to the disk what is written while more is, where it can be asked to: CommitDurably has
// less to wait for then. It is called before the first byte is written.
func (f *File) WriteBehind() { f.behind = true }

// CommitDurably is Commit for a file that has to survive a crash of the machine: its content reaches the disk
// before it is put in place, and so do the entries of all folders from its own up to root, in which it is. It
// costs what the disk needs for that. After an error of a folder the file may be in place, and be gone after a
// crash.
func (f *File) CommitDurably(root string) error {
	if err := f.out.Flush(); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", f.path, reason(err)), f.Abort())
	}
	if err := f.file.Sync(); err != nil {
		return errors.Join(fmt.Errorf("writing %s to the disk: %w", f.path, reason(err)), f.Abort())
	}
	if err := f.Commit(); err != nil {
		return err
	}
	return SyncFolders(filepath.Dir(f.path), root)
}

// SyncFolders brings to the disk what is in a folder, and in those around it up to root.
func SyncFolders(dir, root string) error {
	root = filepath.Clean(root)
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if err := syncFolder(d); err != nil {
			return fmt.Errorf("writing the folder %s to the disk: %w", d, reason(err))
		}
		if d == root || filepath.Dir(d) == d || len(d) < len(root) {
			return nil
		}
	}
}

// Sweep removes the temporary files in a folder and below it, which programs left that were killed while they wrote.
// Nobody may be writing files there.
func Sweep(dir string) error {
	var problems []error
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			problems = append(problems, err)
		case e.Type().IsRegular() && isTemporary(e.Name()):
			problems = append(problems, os.Remove(path))
		}
		return nil
	})
	return errors.Join(append(problems, err)...)
}

// isTemporary reports whether a name is one that Create gives.
func isTemporary(name string) bool {
	rest, ok := strings.CutSuffix(name, temporarySuffix)
	dot := strings.LastIndexByte(rest, '.')
	return ok && name[0] == '.' && dot > 1 && len(rest)-dot-1 == randomLength
}
