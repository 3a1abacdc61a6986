package models_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/models"
)

// A damaged part is replaced by what was stored, and by nothing else.
func TestRepair(t *testing.T) {
	dir := t.TempDir()
	bucket, err := models.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := models.NewStore(bucket)
	m := keep(t, s, "fit", 0)
	file := filepath.Join(dir, "fit", "parts", m.Parts[0].Name)
	if err := os.WriteFile(file, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	repair := func(text string) error {
		return s.Repair(t.Context(), m, m.Parts[0], func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
	}
	for _, other := range []string{"", tree + " ", tree[1:] + "x"} {
		if err := repair(other); err == nil {
			t.Errorf("%q was accepted", other)
		}
		if got, _ := os.ReadFile(file); string(got) != "damaged" {
			t.Errorf("it has become %q", got)
		}
	}
	if err := repair(tree); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(file); string(got) != tree {
		t.Errorf("it has become %q", got)
	}
}
