package models_test

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/filelock"
	"github.com/gochimera/chimera/models"
)

func open(t *testing.T, store, project string) *models.Store {
	t.Helper()
	s, err := models.Open(t.Context(), store, project)
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

// The first program writes; a second may read, and is told who writes.
func TestOneProgramWrites(t *testing.T) {
	project := t.TempDir()
	first, second := open(t, "", project), open(t, "chimera_models", project)
	if all, err := first.List(t.Context()); len(all) != 0 || err != nil {
		t.Errorf("a store that is not there yet: %v, %v", all, err)
	}
	if _, err := os.Stat(filepath.Join(project, "chimera_models")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading has made the folder: %v", err)
	}
	if err := first.SetServing(t.Context(), "x"); !errors.Is(err, models.ErrReader) {
		t.Errorf("writing without the lock: %v", err)
	}
	if err := first.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	keep(t, first, "fit-1", 0)
	var held *filelock.HeldError
	if err := second.Lock(t.Context()); !errors.As(err, &held) || held.Holder.PID != os.Getpid() {
		t.Errorf("the second: %v", err)
	}
	if _, err := second.Get(t.Context(), "fit-1"); err != nil {
		t.Error(err)
	}
	_, draft := second.Draft("fit-2")
	for what, err := range map[string]error{
		"Draft": draft, "Remove": second.Remove(t.Context(), "fit-1"), "Record": second.Record(t.Context(), run("fit-1", 0)),
		"SetServing": second.SetServing(t.Context(), "fit-1"),
	} {
		if !errors.Is(err, models.ErrReader) {
			t.Errorf("%s without the lock: %v", what, err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Lock(t.Context()); err != nil {
		t.Errorf("after the first has ended: %v", err)
	}
	keep(t, second, "fit-2", 1)
}

// What a killed program left half written is removed by the next one that writes, not by one that reads.
func TestTemporaryFilesAreSwept(t *testing.T) {
	project := t.TempDir()
	if _, err := atomicfile.Create(filepath.Join(project, "chimera_models", "fit-1", "parts", "tree1")); err != nil { // and nobody commits it
		t.Fatal(err)
	}
	s := open(t, "", project)
	if files, err := os.ReadDir(filepath.Join(project, "chimera_models", "fit-1", "parts")); err != nil || len(files) != 1 {
		t.Errorf("before: %v, %v", files, err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(project, "chimera_models", "fit-1")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file or its folders are left: %v", err)
	}
}

// A folder that cannot be made is an error that names it.
func TestAFolderThatCannotBeMade(t *testing.T) {
	project := t.TempDir()
	if err := os.WriteFile(filepath.Join(project, "chimera_models"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, "", project).Lock(t.Context()); err == nil || !strings.Contains(err.Error(), filepath.Join(project, "chimera_models")) {
		t.Errorf("got %v", err)
	}
	if _, err := models.OpenFolder(filepath.Join(project, "chimera_models", "below")); err == nil {
		t.Error("a folder was made in a file")
	}
}

// The lock of a bucket is a file of the project, which leaves nothing.
func TestAStoreByURL(t *testing.T) {
	if _, err := models.Open(t.Context(), "nowhere://user:secret@bucket", t.TempDir()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	dir, project := t.TempDir(), t.TempDir()
	models.RegisterScheme("test", func(_ context.Context, u *url.URL) (models.Bucket, error) {
		if u.Host != "bucket" {
			return nil, errors.New("there is no such bucket")
		}
		return models.OpenFolder(dir)
	})
	first, second := open(t, "test://bucket", project), open(t, "test://bucket", project)
	if err := first.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	var held *filelock.HeldError
	if err := second.Lock(t.Context()); !errors.As(err, &held) || !strings.HasPrefix(held.Path, project) {
		t.Errorf("the second: %v", err)
	}
	keep(t, first, "fit-1", 0)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(project); len(left) != 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := models.Open(t.Context(), "test://other", project); err == nil || !strings.Contains(err.Error(), "test://other") {
		t.Errorf("got %v", err)
	}
	if _, err := models.Open(t.Context(), "%gh://x", project); err == nil {
		t.Error("no URL was taken for one")
	}
}
