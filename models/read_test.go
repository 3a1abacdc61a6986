package models_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/models"
)

// A part is read into memory as it was stored, from a bucket that says how much there is and from one that does not; one that was
// altered, cut off or made longer is refused.
func TestReadWhole(t *testing.T) {
	t.Parallel()
	folder, err := models.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, bucket := range map[string]models.Bucket{"folder": folder, "memory": &memory{objects: map[string][]byte{}}} {
		s := models.NewStore(bucket)
		d, err := s.Draft("fit-1")
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 1, 511, 512, 256 << 10, 1<<20 + 3} {
			want := bytes.Repeat([]byte("0123456"), size/7+1)[:size]
			part, err := d.Write(t.Context(), "w1", func(w io.Writer) error { _, err := w.Write(want); return err })
			if err != nil {
				t.Fatal(err)
			}
			m := &models.Manifest{ID: "fit-1"}
			if got, err := s.Read(t.Context(), m, part); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %d bytes: %d, %v", name, size, len(got), err)
			}
			damages := map[string][]byte{"longer": append(bytes.Clone(want), 1)}
			if size > 0 {
				damages["cut off"] = want[:size-1]
				damages["altered"] = append(bytes.Clone(want[:size-1]), want[size-1]+1)
			}
			for how, text := range damages {
				err := bucket.Write(t.Context(), "fit-1/parts/w1", func(w io.Writer) error { _, err := w.Write(text); return err })
				if err != nil {
					t.Fatal(err)
				}
				var damaged *models.DamagedError
				if got, err := s.Read(t.Context(), m, part); !errors.As(err, &damaged) || got != nil {
					t.Errorf("%s, %d bytes, %s: %d, %v", name, size, how, len(got), err)
				}
			}
		}
	}
	gone := models.Part{Name: "w2", Size: 1}
	if err := os.RemoveAll(filepath.Join(folder.Locate("fit-1"), "parts")); err != nil {
		t.Fatal(err)
	}
	var damaged *models.DamagedError
	if _, err := models.NewStore(folder).Read(t.Context(), &models.Manifest{ID: "fit-1"}, gone); !errors.As(err, &damaged) {
		t.Errorf("a part that is missing: %v", err)
	}
}
