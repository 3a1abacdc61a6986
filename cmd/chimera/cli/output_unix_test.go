//go:build unix

package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func saying(text string) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	}
}

// What a link leads to is written, whether it is there or not, and the link stays.
func TestOutputThroughALink(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.MkdirAll(in("deep/real"), 0o700), os.Mkdir(in("other"), 0o700), os.WriteFile(in("other/old"), []byte("old"), 0o600),
		os.Symlink("deep/real", in("folder")), os.Symlink("../../other/old", in("deep/real/link")), os.Symlink("../../other/new", in("deep/real/dangling")),
		os.Symlink("folder/dangling", in("twice"))); err != nil {
		t.Fatal(err)
	}
	for link, file := range map[string]string{"folder/link": "other/old", "twice": "other/new"} {
		if err := writeFile("--output", in(link), saying(link)); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(in(file)); err != nil || string(text) != link {
			t.Errorf("%s, by %s: %q, %v", file, link, text, err)
		}
		if info, err := os.Lstat(in(link)); err != nil || info.Mode().Type() != fs.ModeSymlink {
			t.Errorf("%s is no link any more: %v, %v", link, info, err)
		}
	}
	broken := errors.New("broken")
	if err := writeFile("--output", in("folder/link"), func(out io.Writer) error { return errors.Join(saying("half")(out), broken) }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if text, err := os.ReadFile(in("other/old")); err != nil || string(text) != "folder/link" {
		t.Errorf("after an error: %q, %v", text, err)
	}
	if err := errors.Join(os.Symlink("round", in("about")), os.Symlink("about", in("round"))); err != nil {
		t.Fatal(err)
	}
	if err := writeFile("--output", in("round"), saying("")); !is[inputError](err) {
		t.Errorf("a link that leads to itself: %v", err)
	}
}

// What is no file, such as a pipe or a device, is written to, and stays what it is.
func TestOutputToAPipe(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skipf("SKIPPED: there are no named pipes here: %v", err)
	}
	pipe, err := os.OpenFile(fifo, os.O_RDWR, 0) // so that nobody waits for the other side
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pipe.Close() }()
	if err := writeFile("--output", fifo, saying("through")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(fifo); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		t.Fatalf("it is no pipe any more: %v, %v", info, err)
	}
	text := make([]byte, len("through"))
	if _, err := io.ReadFull(pipe, text); err != nil || string(text) != "through" {
		t.Errorf("%q, %v", text, err)
	}
}
