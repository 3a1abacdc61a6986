package gobuild

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	stagePrefix = "build-"
	hashDigits  = 16 // of a content's or a folder's hash, in names
	keep        = 3  // executables of a worker that stay, the newest first
	// A launch runs what it built within moments, so an executable older than
	// this belongs to no launch that is still starting. A launch that has been
	// up for longer, and finds it gone when it has to restart a worker, says so.
	stale = 10 * time.Minute
	// A build that takes longer than this was killed.
	abandoned = 24 * time.Hour
)

// cache is the folder of one project's executables for one target:
//
//	tree1-<content hash>    an executable, never written again
//	build-<random>/         where a launch builds
type cache struct {
	dir    string
	target Target
}

// openCache makes the named folder for the project at dir. It is below
// CHIMERA_CACHE, else below the user's cache folder.
func openCache(dir string, target Target, folder string) (cache, error) {
	root := os.Getenv("CHIMERA_CACHE")
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return cache{}, fmt.Errorf("no folder to keep built workers in: %w; set CHIMERA_CACHE to one", err)
		}
		root = filepath.Join(user, "chimera")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return cache{}, fmt.Errorf("CHIMERA_CACHE: %w", err)
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target // one project, one folder, whatever path leads to it
	}
	c := cache{dir: filepath.Join(root, digits(sha256.Sum256([]byte(dir))), folder), target: target}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return cache{}, fmt.Errorf("folder to keep built workers in: %w; set CHIMERA_CACHE to one that can be written", err)
	}
	return c, nil
}

func digits(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:])[:hashDigits] }

// stage makes a folder to build in. It holds the last executables under the
// names go build gives them, so that go build finds what is up to date.
func (c cache) stage(mains []Main) (string, error) {
	stage, err := os.MkdirTemp(c.dir, stagePrefix)
	if err != nil {
		return "", fmt.Errorf("folder to build the workers in: %w", err)
	}
	for _, m := range mains {
		if last := c.built(m); len(last) > 0 {
			// Without links everything is linked again: slower, but correct.
			_ = os.Link(last[0].path, filepath.Join(stage, executable(m, c.target)))
		}
	}
	return stage, nil
}

// publish moves the executables in stage to names made from their contents.
func (c cache) publish(stage string, mains []Main) ([]string, error) {
	paths := make([]string, 0, len(mains))
	for _, m := range mains {
		p, err := c.adopt(filepath.Join(stage, executable(m, c.target)), m)
		if err != nil {
			return nil, fmt.Errorf("keeping the executable of %s: %w", m.Folder, err)
		}
		paths = append(paths, p)
	}
	c.prune(mains)
	return paths, nil
}

func (c cache) adopt(file string, m Main) (string, error) {
	now := time.Now()
	if last := c.built(m); len(last) > 0 {
		if info, err := os.Stat(file); err == nil && os.SameFile(info, last[0].info) {
			return last[0].path, os.Chtimes(file, now, now) // go build left it alone
		}
	}
	sum, err := hashFile(file)
	if err != nil {
		return "", err
	}
	name, ext := splitExt(executable(m, c.target))
	kept := filepath.Join(c.dir, name+"-"+digits(sum)+ext)
	if err := os.Chtimes(kept, now, now); err == nil {
		return kept, nil // the same content was built before
	}
	if err := os.Rename(file, kept); err != nil {
		if _, gone := os.Stat(kept); gone == nil {
			return kept, nil // another launch was faster
		}
		return "", err
	}
	return kept, nil
}

func hashFile(file string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

type builtFile struct {
	path string
	info fs.FileInfo
}

// built lists the executables kept of m, the one used last first.
func (c cache) built(m Main) []builtFile {
	name, ext := splitExt(executable(m, c.target))
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return nil
	}
	var found []builtFile
	for _, e := range entries {
		digits, ok := strings.CutPrefix(strings.TrimSuffix(e.Name(), ext), name+"-")
		if _, err := hex.DecodeString(digits); !ok || err != nil || len(digits) != hashDigits || !strings.HasSuffix(e.Name(), ext) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			found = append(found, builtFile{filepath.Join(c.dir, e.Name()), info})
		}
	}
	slices.SortFunc(found, func(a, b builtFile) int {
		if d := b.info.ModTime().Compare(a.info.ModTime()); d != 0 {
			return d
		}
		return strings.Compare(a.path, b.path)
	})
	return found
}

// prune removes what no launch needs any more. It is tidying only, so what
// cannot be removed (Windows keeps a running executable) stays for next time.
func (c cache) prune(mains []Main) {
	now := time.Now()
	for _, m := range mains {
		files := c.built(m)
		for _, f := range files[min(keep, len(files)):] {
			if now.Sub(f.info.ModTime()) > stale {
				_ = os.Remove(f.path)
			}
		}
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), stagePrefix) {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > abandoned {
			_ = os.RemoveAll(filepath.Join(c.dir, e.Name()))
		}
	}
}

func splitExt(file string) (name, ext string) {
	name, found := strings.CutSuffix(file, ".exe")
	if found {
		ext = ".exe"
	}
	return name, ext
}
