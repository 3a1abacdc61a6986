package cloud_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"gocloud.dev/blob/fileblob"

	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/models/cloud"
)

// s3Store is the URL of a bucket on a server that runs in this test.
func s3Store(t *testing.T) string {
	t.Helper()
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	return "s3://bucket/some/prefix?region=eu-west-1&use_path_style=true&endpoint=" + server.URL
}

// opened is the bucket of a URL, as a store has it.
func opened(t *testing.T, url string) *models.Store {
	t.Helper()
	s, err := models.Open(t.Context(), url, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Every bucket does what a store needs of it.
func TestBuckets(t *testing.T) {
	all := map[string]func(*testing.T) models.Bucket{
		"folder": func(t *testing.T) models.Bucket { t.Helper(); return must(models.OpenFolder(t.TempDir()))(t) },
		"file": func(t *testing.T) models.Bucket {
			t.Helper()
			return cloud.New(must(fileblob.OpenBucket(t.TempDir(), &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite}))(t), "file://")
		},
		"mem": func(t *testing.T) models.Bucket { t.Helper(); return must(cloud.Open(t.Context(), "mem://"))(t) },
		"s3":  func(t *testing.T) models.Bucket { t.Helper(); return must(cloud.Open(t.Context(), s3Store(t)))(t) },
	}
	for name, open := range all {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			defer func() {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}()
			for _, check := range []func(*testing.T, models.Bucket){written, replaced, missing, failing, listed, removed, names, atOnce, large} {
				check(t, b)
			}
		})
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func put(t *testing.T, b models.Bucket, name, text string) {
	t.Helper()
	err := b.Write(t.Context(), name, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, b models.Bucket, name string) string {
	t.Helper()
	r, err := b.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func written(t *testing.T, b models.Bucket) {
	t.Helper()
	for _, text := range []string{"text", "", "\x00\xff"} {
		if put(t, b, "fit-1/parts/a", text); get(t, b, "fit-1/parts/a") != text {
			t.Errorf("%q comes back as %q", text, get(t, b, "fit-1/parts/a"))
		}
	}
	if at := b.Locate("fit-1/parts/a"); !strings.HasSuffix(strings.ReplaceAll(at, `\`, "/"), "/fit-1/parts/a") || strings.Contains(at, "?") {
		t.Errorf("it is at %s", at)
	}
}

func replaced(t *testing.T, b models.Bucket) {
	t.Helper()
	put(t, b, "serving.json", "a longer text")
	if put(t, b, "serving.json", "short"); get(t, b, "serving.json") != "short" {
		t.Errorf("replaced by %q", get(t, b, "serving.json"))
	}
}

func missing(t *testing.T, b models.Bucket) {
	t.Helper()
	_, err := b.Open(t.Context(), "fit-1/nothing")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), b.Locate("fit-1/nothing")) {
		t.Errorf("an object that is not there: %v", err)
	}
	if err := b.Remove(t.Context(), "fit-1/nothing"); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
}

// What cannot be written, or is cancelled, leaves what was there.
func failing(t *testing.T, b models.Bucket) {
	t.Helper()
	put(t, b, "kept", "old")
	broken := errors.New("broken")
	half := bytes.Repeat([]byte("half"), 1000)
	err := b.Write(t.Context(), "kept", func(w io.Writer) error {
		if _, err := w.Write(half); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	err = b.Write(ctx, "kept", func(w io.Writer) error {
		_, err := w.Write(half)
		cancel(broken)
		return err
	})
	if !errors.Is(err, broken) {
		t.Errorf("cancelled: %v", err)
	}
	err = b.Write(t.Context(), "never", func(io.Writer) error { return broken })
	if _, problem := b.Open(t.Context(), "never"); !errors.Is(err, broken) || !errors.Is(problem, fs.ErrNotExist) {
		t.Errorf("got %v, then %v", err, problem)
	}
	if text := get(t, b, "kept"); text != "old" {
		t.Errorf("left: %.20q", text)
	}
}

func list(t *testing.T, b models.Bucket, prefix string) (all []string) {
	t.Helper()
	objects, err := b.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.Modified.IsZero() {
			t.Errorf("nobody knows when %s was written", o.Name)
		}
		all = append(all, fmt.Sprintf("%s %d", o.Name, o.Size))
	}
	return all
}

func listed(t *testing.T, b models.Bucket) {
	t.Helper()
	for _, name := range []string{"l/b/2", "l/a", "l/b-1", "l/b/1", "l/c"} {
		put(t, b, name, name)
	}
	for prefix, want := range map[string][]string{
		"l/": {"l/a 3", "l/b-1 5", "l/b/1 5", "l/b/2 5", "l/c 3"}, "l/b/": {"l/b/1 5", "l/b/2 5"}, "l/b": {"l/b-1 5", "l/b/1 5", "l/b/2 5"}, "nothing/": nil,
	} {
		if got := list(t, b, prefix); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", prefix, got, want)
		}
	}
}

func removed(t *testing.T, b models.Bucket) {
	t.Helper()
	put(t, b, "r/one", "1")
	put(t, b, "r/two", "2")
	if err := b.Remove(t.Context(), "r/one"); err != nil {
		t.Error(err)
	}
	if got := list(t, b, "r/"); !slices.Equal(got, []string{"r/two 1"}) {
		t.Errorf("left: %v", got)
	}
}

func names(t *testing.T, b models.Bucket) {
	t.Helper()
	for _, name := range []string{"", ".", "..", "/a", "a/", "a//b", "a/../../b"} {
		_, open := b.Open(t.Context(), name)
		write := b.Write(t.Context(), name, func(io.Writer) error { return nil })
		if remove := b.Remove(t.Context(), name); open == nil || write == nil || remove == nil {
			t.Errorf("%q is taken for a name: %v, %v, %v", name, open, write, remove)
		}
	}
}

// Several write at the same time, some into folders that others remove.
func atOnce(t *testing.T, b models.Bucket) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			name := fmt.Sprintf("w/%d", i)
			for range 5 {
				err := b.Write(t.Context(), name, func(w io.Writer) error {
					_, err := io.WriteString(w, name)
					return err
				})
				if err := errors.Join(err, b.Remove(t.Context(), name)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := list(t, b, "w/"); len(got) > 0 {
		t.Errorf("left: %v", got)
	}
}

// An object of several pieces comes back.
func large(t *testing.T, b models.Bucket) {
	t.Helper()
	piece := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	const times = 20
	err := b.Write(t.Context(), "large", func(w io.Writer) error {
		for range times {
			if _, err := w.Write(piece); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, b, "large"); got != strings.Repeat(string(piece), times) {
		t.Errorf("%d bytes come back", len(got))
	}
}
