package gen_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/registry"
)

// Only generated mains go, and only folders that are empty then.
func TestRemovesOnlyWhatItWrote(t *testing.T) {
	dir := newProject(t, projectYAML)
	generate(t, load(t, dir, shipped()), false)
	generated := tree(t, dir)["chimera_workers/tree1/main.go"]
	outside := t.TempDir()
	put(t, filepath.Join(outside, "main.go"), generated)
	in := func(name string) string { return filepath.Join(dir, "chimera_workers", filepath.FromSlash(name)) }
	put(t, in("tree2/notes.txt"), "keep")
	put(t, in("mine/main.go"), "package main // "+config.GeneratedHeader+"\n")
	put(t, in("other/worker.go"), generated)     // not a name that is generated
	put(t, in("Upper/main.go"), generated)       // not a worker's name
	put(t, in("tree1/deep/main.go"), generated)  // not where one is generated
	put(t, in("file"), "not a folder")           // not a worker's folder
	put(t, in("odd/main.go/main.go"), generated) // a folder by the name
	if err := os.Symlink(outside, in("link")); err != nil {
		t.Log("this system makes no links:", err)
	}
	if err := os.Mkdir(in("linked"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "main.go"), in("linked/main.go")); err != nil {
		t.Log("this system makes no links:", err)
	}
	kept := tree(t, dir)
	for _, name := range everything[:len(everything)-1] {
		delete(kept, name)
	}
	put(t, filepath.Join(dir, "chimera.yaml"), "launcher: external\nworkers: [{name: tree2, url: 'http://h:1'}]\n")
	kept["chimera.yaml"] = "launcher: external\nworkers: [{name: tree2, url: 'http://h:1'}]\n"
	delete(kept, "chimera_workers/tree2/main.go")

	report := generate(t, load(t, dir, shipped()), false)
	if diff := cmp.Diff(gen.Report{Removed: everything}, report); diff != "" {
		t.Error("(-want +got)", diff)
	}
	if diff := cmp.Diff(kept, tree(t, dir)); diff != "" {
		t.Error("(-want +got)", diff)
	}
	if _, err := os.Stat(in("extra")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the empty folder of a worker that is gone is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(outside, "main.go")); err != nil {
		t.Errorf("a file outside the project is gone: %v", err)
	}
}

// One file in the way, and nothing is written.
func TestNeverReplacesWhatItDidNotWrite(t *testing.T) {
	outside := t.TempDir()
	put(t, filepath.Join(outside, "main.go"), config.GeneratedHeader+"\n")
	for _, c := range []struct {
		name string
		path string // of what is in the way
		text string // if it is a file
		link string // if it is a link: where to
		want string
	}{
		{
			name: "a main by hand", path: "chimera_workers/tree1/main.go", text: "package main\n",
			want: "chimera_workers/tree1/main.go was not written by chimera generate and is not replaced: move it away, or remove its worker's learner from " +
				"chimera.yaml to keep it",
		}, {
			name: "imports by hand", path: "chimera_learners.go", text: "package main\n\n" + config.GeneratedHeader + "\n",
			want: "chimera_learners.go was not written by chimera generate and is not replaced: move it away",
		}, {
			name: "a folder", path: "chimera_workers/tree1/main.go/x",
			want: "chimera_workers/tree1/main.go is in the way: it is not a plain file",
		}, {
			name: "a file for a folder", path: "chimera_workers/tree1",
			want: "chimera_workers/tree1 is in the way: it is not a folder, or a link to one",
		}, {
			name: "a link for a worker's folder", path: "chimera_workers/tree1", link: outside,
			want: "chimera_workers/tree1 is in the way: it is not a folder, or a link to one",
		}, {
			name: "a link for the workers' folder", path: "chimera_workers", link: outside,
			want: "chimera_workers is in the way: it is not a folder, or a link to one",
		}, {
			name: "a link for a main", path: "chimera_workers/tree1/main.go", link: filepath.Join(outside, "main.go"),
			want: "chimera_workers/tree1/main.go is in the way: it is not a plain file",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := newProject(t, projectYAML)
			if name := filepath.Join(dir, filepath.FromSlash(c.path)); c.link == "" {
				put(t, name, c.text)
			} else {
				link(t, c.link, name)
			}
			before := tree(t, filepath.Dir(dir))
			_, err := gen.Generate(t.Context(), load(t, dir, shipped()), gen.Options{})
			if err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), c.want) {
				t.Errorf("%v\nwant\n%s", err, c.want)
			}
			if diff := cmp.Diff(before, tree(t, filepath.Dir(dir))); diff != "" {
				t.Error("it wrote all the same", diff)
			}
		})
	}
	if diff := cmp.Diff(map[string]string{"main.go": config.GeneratedHeader + "\n"}, tree(t, outside)); diff != "" {
		t.Error("it wrote where the links lead", diff)
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, name); err != nil {
		t.Skip("this system makes no links:", err)
	}
}

// A configuration that was not loaded, but made by hand, gets no further than
// its names.
func TestHostileNamesAreRefused(t *testing.T) {
	dir := newProject(t, "")
	outside := tree(t, filepath.Dir(dir))
	for _, bad := range []string{"", "..", "../x", "a/b", `a\b`, "/abs", "a\nb", `a"; panic("`, "A", "a b", strings.Repeat("x", 64)} {
		for _, cfg := range []*config.Config{
			{Project: "p", Workers: config.Workers{{Name: bad, Learner: "x", Info: &registry.Info{Package: "x"}}}},
			{Project: bad, Workers: config.Workers{{Name: "a", Learner: "x", Info: &registry.Info{Package: "x"}}}},
			{Project: "p", Workers: config.Workers{{Name: "a", Learner: bad + "!", Info: &registry.Info{Package: "x"}}}},
		} {
			cfg.Dir, cfg.File = dir, "chimera.yaml"
			if _, err := gen.Generate(t.Context(), cfg, gen.Options{}); err == nil {
				t.Errorf("%q was accepted", bad)
			}
		}
	}
	if diff := cmp.Diff(outside, tree(t, filepath.Dir(dir))); diff != "" {
		t.Error("something was written", diff)
	}
}
