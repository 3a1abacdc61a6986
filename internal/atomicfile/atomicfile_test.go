package atomicfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gochimera/chimera/internal/atomicfile"
)

// listing is everything below a folder.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names[1:]
}

func TestNothingIsSeenBeforeCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b", "file")
	f, err := atomicfile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is there before Commit")
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); string(got) != "text" {
		t.Errorf("got %q, %v", got, err)
	}
	if got := listing(t, dir); !slices.Equal(got, []string{"a", "a/b", "a/b/file"}) {
		t.Errorf("left: %v", got)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "kept"), 0o700); err != nil {
		t.Fatal(err)
	}
	var set atomicfile.Set
	for _, name := range []string{"made/one/x", "made/one/y", "made/two/x", "kept/x"} {
		if _, err := set.Create(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, dir); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("left: %v", got)
	}
}

// A target that cannot be replaced is an error that leaves no temporary file.
func TestSetThatCannotBePutInPlace(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "b", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	var set atomicfile.Set
	for _, name := range []string{"a", "b"} {
		if _, err := set.Create(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.Commit(); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if got := listing(t, dir); !slices.Equal(got, []string{"a", "b", "b/full"}) {
		t.Errorf("left: %v", got)
	}
}

func TestReplacesAFileAndRefusesAFolderInTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"old", "new"} {
		if err := atomicfile.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != text {
			t.Errorf("got %q", got)
		}
	}
	if err := atomicfile.WriteFile(filepath.Join(path, "below"), nil); err == nil {
		t.Error("a file was taken for a folder")
	}
}
