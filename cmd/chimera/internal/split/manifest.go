package split

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/filelock"
)

// manifestFile records what splits have written, beside the workers' folders: a later one may remove it, and
// nothing else.
const manifestFile = "split.json"

// manifest is its content.
type manifest struct {
	Note  string   `json:"note"`
	Files []record `json:"files"`
}

const manifestNote = "Written by chimera split, which removes these files when it splits anew with --force, unless they have been changed."

// record is a file that a split has written.
type record struct {
	Path string `json:"path"` // from the manifest's folder, with slashes
	Size int64  `json:"size"`
	Sum  string `json:"sha256"`
}

// names are those of all files that a split writes.
var names = []string{dataio.FeaturesFile, dataio.TargetFile, TestFeatures, TestTarget}

// home is the folder of the manifest and of the lock.
func (o Options) home() string { return filepath.Dir(o.Workers[0].Dir) }

// commit puts the files in place, while no other split does: two sets of files in one place would be
// mixed. What an earlier split wrote and this one does not is removed if files may be replaced.
func (w *writer) commit(r *Report) (err error) {
	lock, err := filelock.TakeIfAny(filepath.Join(w.options.home(), "split.lock"))
	var held *filelock.HeldError
	if errors.As(err, &held) {
		err = refuse("another split puts its files into the same place (%s); split again when it has ended", held.Holder)
	}
	if err == nil {
		defer func() { err = errors.Join(err, lock.Release()) }()
		err = w.options.check() // another split may have ended meanwhile
	}
	if err != nil {
		return errors.Join(err, w.files.Abort())
	}
	return w.replace(r)
}

// replace is commit under the lock. The manifest names every file of a split at any moment, also if the
// program ends half-way: before files are put in place it has the old ones and the new ones.
func (w *writer) replace(r *Report) error {
	home := w.options.home()
	earlier, err := readManifest(home)
	if err != nil {
		return errors.Join(err, w.files.Abort())
	}
	var written []record
	for _, pair := range w.outs {
		for _, out := range pair {
			if out == nil {
				continue
			}
			written = append(written, record{Path: relative(home, out.path), Size: out.size, Sum: hex.EncodeToString(out.sum.Sum(nil))})
		}
	}
	if err := writeManifest(home, append(slices.Clone(written), earlier...)); err != nil {
		return errors.Join(err, w.files.Abort())
	}
	if err := w.files.Commit(); err != nil {
		return err
	}
	for _, e := range earlier {
		if slices.ContainsFunc(written, func(n record) bool { return n.Path == e.Path }) {
			continue
		}
		if !w.options.Replace {
			written = append(written, e)
			continue
		}
		gone, err := e.remove(home)
		if err != nil {
			return err
		}
		if gone {
			r.Removed = append(r.Removed, e.path(home))
		}
	}
	if r.Kept, err = w.others(written); err != nil {
		return err
	}
	return writeManifest(home, written)
}

// others are files with the names of a split's that are in the folders of workers and of the test set without
// being in the manifest, of which the user should know: they are taken for training or test data.
func (w *writer) others(known []record) ([]string, error) {
	home := w.options.home()
	folders := []string{w.options.TestDir}
	if entries, err := os.ReadDir(home); err == nil {
		for _, e := range entries {
			if dir := filepath.Join(home, e.Name()); e.IsDir() && dir != w.options.TestDir {
				folders = append(folders, dir)
			}
		}
	}
	var found []string
	for _, dir := range folders {
		for _, name := range names {
			path := filepath.Join(dir, name)
			if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, err
			}
			if at := relative(home, path); !slices.ContainsFunc(known, func(k record) bool { return k.Path == at }) {
				found = append(found, path)
			}
		}
	}
	return found, nil
}

// relative is a file's path from the manifest's folder.
func relative(home, path string) string {
	if rel, err := filepath.Rel(home, path); err == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(path) // on another volume
}

func (e record) path(home string) string {
	path := filepath.FromSlash(e.Path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(home, path)
}

// remove removes the file if it is what the split wrote, and its folder if nothing is left in it.
func (e record) remove(home string) (gone bool, err error) {
	path := e.path(home)
	if !slices.Contains(names, filepath.Base(path)) {
		return false, nil // no split wrote that
	}
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != e.Size {
		return false, nil //nolint:nilerr // it is gone already, or another file
	}
	sum, err := sumOf(path)
	if err != nil || sum != e.Sum {
		return false, err
	}
	if err := os.Remove(path); err != nil {
		return false, fmt.Errorf("removing what an earlier split wrote: %w", err)
	}
	_ = os.Remove(filepath.Dir(path)) // fails while something is left in it
	return true, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// readManifest returns what earlier splits wrote, nothing if none did.
func readManifest(home string) ([]record, error) {
	path := filepath.Join(home, manifestFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, refuse("%s records what splits wrote, and cannot be read (%v): remove it, and the files of earlier splits by hand", path, err)
	}
	return m.Files, nil
}

func writeManifest(home string, files []record) error {
	text, err := json.MarshalIndent(manifest{Note: manifestNote, Files: files}, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(home, manifestFile), append(text, '\n'))
}
