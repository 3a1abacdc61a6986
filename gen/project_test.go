package gen_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

var update = flag.Bool("update", false, "write the golden files")

// shipped are learners as this module ships them, but made up.
func shipped() catalogue.Table {
	parameter := registry.Param{Name: "max_depth", Type: "integer", Schema: map[string]any{"type": "integer"}}
	text := registry.Param{Name: "text", Type: "string", Schema: map[string]any{"type": "string"}}
	return catalogue.New(
		registry.Info{Name: "tree-classifier", Task: learner.Classification, Package: "github.com/gochimera/chimera/learner/tree",
			Params: []registry.Param{parameter, text}},
		registry.Info{Name: "extra-classifier", Task: learner.Classification, Package: "github.com/gochimera/chimera/learner/tree"},
		registry.Info{Name: "golearn-knn", Task: learner.Classification, Package: "github.com/gochimera/chimera/learner/golearn/knn", Cgo: true},
	)
}

const projectYAML = `
project: bagging
seed: 42
bootstrap: true
learner: tree-classifier
params: {max_depth: 5}
packages: [./centroid, ../shared/medoid]
workers:
  - {name: tree1}
  - {name: tree2, bootstrap: false, seed: 7, params: {text: "a` + "`" + `b\u202e"}}
  - {name: extra, learner: extra-classifier}
  - {name: own, learner: nearest-centroid}
  - {name: byhand, learner: golearn-knn}
`

// newProject makes a project in a folder of a bigger module.
func newProject(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                  "module example.com/me\n",
		"shared/medoid/medoid.go": "package medoid\n",
		"app/main.go":             "package main\n",
		"app/centroid/c.go":       "package centroid\n",
		"app/chimera.yaml":        yaml,
	} {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	return filepath.Join(dir, "app")
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, dir string, known config.Catalogue) *config.Config {
	t.Helper()
	cfg, err := config.Load(config.Options{Dir: dir, Catalogue: known})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func generate(t *testing.T, cfg *config.Config, check bool) gen.Report {
	t.Helper()
	r, err := gen.Generate(t.Context(), cfg, gen.Options{Check: check})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tree reads all files below dir, by path, and where links lead.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if e.Type()&fs.ModeSymlink != 0 {
			files[filepath.ToSlash(rel)], err = os.Readlink(name)
			return err
		}
		text, err := os.ReadFile(name)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var everything = []string{
	"chimera_learners.go", "chimera_workers/byhand/main.go", "chimera_workers/extra/main.go", "chimera_workers/own/main.go",
	"chimera_workers/tree1/main.go", "chimera_workers/tree2/main.go",
}
