package ociimage

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func write(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A file that changes between the digest and the transfer must not become an
// image under the wrong name.
func TestLayerNoticesAChange(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "a"), "as it was")
	l, err := Single("/a", file, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"longer than it was before", "short"} {
		write(t, file, text)
		if err := l.write(io.Discard); err == nil {
			t.Errorf("%q was taken for what was there", text)
		}
	}
}

// What is written is read again as the same image, under its name.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	program, err := Single("/serve", write(t, filepath.Join(dir, "serve"), "program"), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	model, err := Single("/model", write(t, filepath.Join(dir, "model"), "model"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	made, err := New(Spec{OS: "linux", Arch: "arm64", Created: time.Unix(1e9, 0).UTC(), Layers: []*Layer{program, model}},
		func(digest string) (name.Tag, error) { return ParseTag("a/b:" + digest[:8]) })
	if err != nil {
		t.Fatal(err)
	}
	var first, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &again} {
		if err := made.Write(w); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Error("written twice, the file differs")
	}
	read, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(first.Bytes())), nil }, &made.Tag)
	if err != nil {
		t.Fatal(err)
	}
	want, err := made.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read.ConfigName(); err != nil || got != want {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if layers, err := read.Layers(); err != nil || len(layers) != 2 {
		t.Errorf("%d layers, %v", len(layers), err)
	}
}

func TestParseTag(t *testing.T) {
	for s, want := range map[string]string{
		"iris": "iris:latest", "iris:1": "iris:1", "localhost:5000/a/b": "localhost:5000/a/b:latest", "r.example.org/a/b:v1.2": "r.example.org/a/b:v1.2",
	} {
		if tag, err := ParseTag(s); err != nil || tag.String() != want {
			t.Errorf("%s is %s, %v; want %s", s, tag, err, want)
		}
	}
	for _, s := range []string{"", ":1", "Iris:1", "a b", "a:b c", "a@sha256:0123", "a:", "/a", "a//b"} {
		if tag, err := ParseTag(s); err == nil {
			t.Errorf("%q is taken for %s", s, tag)
		}
	}
}
