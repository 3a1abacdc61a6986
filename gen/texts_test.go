package gen_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/catalogue"
)

// Texts says what Generate writes.
func TestTexts(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte("learner: dummy-classifier\nworkers: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(config.Options{Dir: dir, Catalogue: catalogue.Shipped()})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := gen.Texts(cfg)
	if err != nil {
		t.Fatal(err)
	}
	report, err := gen.Generate(t.Context(), cfg, gen.Options{})
	if err != nil || len(report.Created) != len(texts) {
		t.Fatalf("%d texts, written: %v, %v", len(texts), report.Created, err)
	}
	for name, want := range texts {
		if got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || string(got) != string(want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
