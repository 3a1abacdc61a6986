package linked_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/linked"
)

func TestPackages(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       []string // nil with fails: an error
		fails      bool
	}{
		{"none", "workers: 2\n", nil, false},
		{"a folder and an import path", "packages: [./kind, example.com/other/loss]\n", []string{"example.com/me/kind", "example.com/other/loss"}, false},
		{"whatever else is wrong", "packages: [./kind]\nmaster: nonsense\nworkers: -3\nlearnr: x\n", []string{"example.com/me/kind"}, false},
		{"a folder that is not there", "packages: [./none]\n", nil, true},
		{"no YAML", "packages: [\n", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"go.mod": "module example.com/me\n", "kind/kind.go": "package kind\n", "chimera.yaml": c.yaml} {
				file := filepath.Join(dir, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			got, err := linked.Packages(dir)
			if (err != nil) != c.fails || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
	if got, err := linked.Packages(t.TempDir()); got != nil || err != nil {
		t.Errorf("without a chimera.yaml: %v, %v", got, err)
	}
}
