package gen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A worker links the readers that its files need, whatever they are called, and no others; so does the program, for
// workers in its process.
func TestFormats(t *testing.T) {
	dir := newProject(t, "project: p\nlearner: tree-classifier\ntarget: y\nworkers: [{name: a}, {name: b}, {name: c}, {name: d}]\n")
	put(t, filepath.Join(dir, "chimera_train_data", "a", "train.parquet"), "PAR1 and so on")
	put(t, filepath.Join(dir, "chimera_train_data", "b", "X_train.csv.zst"), "\x28\xb5\x2f\xfd and so on")
	put(t, filepath.Join(dir, "chimera_train_data", "b", "y_train.csv"), "y\n1\n")
	put(t, filepath.Join(dir, "chimera_train_data", "c", "train.csv"), "x,y\n1,2\n")
	put(t, filepath.Join(dir, "chimera_train_data", "c", "notes.parquet"), "PAR1 and so on")
	generate(t, load(t, dir, shipped()), false)
	const formats = "github.com/gochimera/chimera/formats/"
	for file, want := range map[string][2]bool{ // parquet, zstd
		"chimera_workers/a/main.go": {true, false}, "chimera_workers/b/main.go": {false, true}, "chimera_workers/c/main.go": {},
		"chimera_workers/d/main.go": {}, "chimera_learners.go": {true, true},
	} {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"parquet", "zstd"} {
			if strings.Contains(string(text), formats+name) != want[i] {
				t.Errorf("%s: %s is linked: %t\n%s", file, name, !want[i], text)
			}
		}
	}
}
