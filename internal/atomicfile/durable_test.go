package atomicfile_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gochimera/chimera/internal/atomicfile"
)

func TestCommitDurably(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"first", "second"} {
		path := filepath.Join(dir, "a", "b", "file")
		f, err := atomicfile.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := f.CommitDurably(dir); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != text {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if got := listing(t, dir); !slices.Equal(got, []string{"a", "a/b", "a/b/file"}) {
		t.Errorf("left: %v", got)
	}
}

// A folder in the way leaves nothing behind, as with Commit.
func TestCommitDurablyThatFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "file", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := atomicfile.Create(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CommitDurably(dir); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if got := listing(t, dir); !slices.Equal(got, []string{"file", "file/full"}) {
		t.Errorf("left: %v", got)
	}
}

// Only what a killed program left is swept, not what looks a little like it.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/whole", ".hidden.tmp", "a/.x.short.tmp", "visible.ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp"} {
		if err := atomicfile.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), nil); err != nil {
			t.Fatal(err)
		}
	}
	before := listing(t, dir)
	if _, err := atomicfile.Create(filepath.Join(dir, "a", "half")); err != nil { // and nobody commits it
		t.Fatal(err)
	}
	if got := listing(t, dir); len(got) != len(before)+1 {
		t.Fatalf("there is no temporary file: %v", got)
	}
	if err := atomicfile.Sweep(dir); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, dir); !slices.Equal(got, before) {
		t.Errorf("left: %v, want %v", got, before)
	}
	if err := atomicfile.Sweep(filepath.Join(dir, "missing")); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// What is brought to the disk while it is written is what was written, whatever the size of the pieces.
func TestWriteBehind(t *testing.T) {
	dir := t.TempDir()
	text := make([]byte, 9<<20+5)
	for i := range text {
		text[i] = byte(i * 7 >> 3)
	}
	for _, piece := range []int{100_003, 5 << 20, len(text)} {
		path := filepath.Join(dir, "file")
		f, err := atomicfile.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteBehind()
		for p := range slices.Chunk(text, piece) {
			if _, err := f.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.CommitDurably(dir); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); !slices.Equal(got, text) {
			t.Errorf("pieces of %d: got %d bytes, %v", piece, len(got), err)
		}
	}
}
