package workerimage

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/launcher"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Rows that are in a volume are not in the image, which says where the volume will be.
func TestWithoutData(t *testing.T) {
	dir := t.TempDir()
	spec := Spec{
		Worker: launcher.Worker{Name: "tree1", Data: filepath.Join(dir, "rows")}, Executable: write(t, dir, "tree1", "program"),
		Target: gobuild.Target{OS: "linux", Arch: "amd64"}, Port: 8000, NoData: true,
	}
	made, err := New(spec, func(digest string) (name.Tag, error) { return name.NewTag("a:" + digest[:12]) })
	if err != nil {
		t.Fatal(err)
	}
	layers, err := made.Layers()
	if err != nil || len(layers) != 1 {
		t.Errorf("%d layers, %v; want the program's alone", len(layers), err)
	}
	config, err := made.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"CHIMERA_WORKERS_HOST=0.0.0.0", "CHIMERA_WORKERS_PORT=8000", "CHIMERA_TRAIN_DATA=/data"}
	if d := cmp.Diff(want, config.Config.Env); d != "" {
		t.Error(d)
	}
}

func TestDataLayer(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "y_train.csv", "rows of y_train.csv")
	write(t, dir, "more/z.csv", "rows of more/z.csv")
	if err := os.Symlink(write(t, t.TempDir(), "elsewhere.csv", "linked"), filepath.Join(dir, "X_train.csv")); err != nil {
		t.Skip(err) // Windows lets few users make links
	}
	l, err := dataLayer(dir)
	if err != nil {
		t.Fatal(err)
	}
	body, err := l.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	var got []string
	for archive := tar.NewReader(body); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || !h.ModTime.Equal(time.Unix(0, 0)) {
			t.Errorf("%s is of %d:%d, %v", h.Name, h.Uid, h.Gid, h.ModTime)
		}
		got = append(got, h.FileInfo().Mode().String()+" "+h.Name+" "+string(text))
	}
	want := []string{
		"drwxr-xr-x data/ ", "-rw-r--r-- data/X_train.csv linked", "drwxr-xr-x data/more/ ",
		"-rw-r--r-- data/more/z.csv rows of more/z.csv", "-rw-r--r-- data/y_train.csv rows of y_train.csv",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}

	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	if _, err := dataLayer(dir); err == nil || !strings.Contains(err.Error(), "a link to a folder") {
		t.Errorf("a link to a folder: %v", err)
	}
}
