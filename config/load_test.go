package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
)

// folder makes a folder with the given files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadResolvesPackages(t *testing.T) {
	root := folder(t, map[string]string{
		"go.mod":                  "// a comment\nmodule \"example.com/me/big\" // quoted\n\ngo 1.26\n",
		"shared/medoid/medoid.go": "package medoid\n",
		"app/chimera.yaml": "workers: [{name: a, learner: own}]\n" +
			"packages: [./centroid, ../shared/medoid, example.com/you/x, centroid/../x, ./centroid/]\n",
		"app/centroid/centroid.go":  "package centroid\n",
		"good/chimera.yaml":         "workers: [{name: a, learner: own}]\npackages: [./centroid, ../shared/medoid, example.com/you/x, ./centroid/]\n",
		"good/centroid/centroid.go": "package centroid\n",
		"bad/chimera.yaml": "workers: [{name: a, learner: own}]\npackages:\n- .\n- ./none\n- ../..\n- ./empty\n- ./nested/x\n- /abs\n" +
			"- ./with space\n- a\\b\n- \"a\\\"; b\"\n- ./tests\n",
		"bad/empty/README":               "",
		"bad/nested/go.mod":              "module example.com/nested\n",
		"bad/nested/x/x.go":              "package x\n",
		"bad/with space/x.go":            "package x\n",
		"bad/tests/x_test.go":            "package x\n",
		"bad/chimera_workers/x/main.go":  "package main\n",
		"block/go.mod":                   "module (\n\texample.com/block\n)\n",
		"block/chimera.yaml":             "workers: [{name: a, learner: own}]\npackages: [./centroid]\n",
		"block/centroid/centroid.go":     "package centroid\n",
		"nameless/go.mod":                "go 1.26\n",
		"nameless/chimera.yaml":          "workers: [{name: a, learner: own}]\npackages: [./centroid]\n",
		"nameless/centroid/centroid.go":  "package centroid\n",
		"nameless/centroid/other_test.f": "",
	})
	c, err := config.Load(config.Options{Dir: filepath.Join(root, "good"), Catalogue: learners()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"example.com/me/big/good/centroid", "example.com/me/big/shared/medoid", "example.com/you/x"}, c.Imports); diff != "" {
		t.Error("(-want +got)", diff)
	}
	if c, err = config.Load(config.Options{Dir: filepath.Join(root, "block")}); err != nil || c.Imports[0] != "example.com/block/centroid" {
		t.Errorf("%v, %v", c, err)
	}

	t.Chdir(root)
	for _, c := range []struct {
		dir  string
		want []string
	}{
		{"app", []string{
			`app/chimera.yaml:2:61: packages[3]: want an import path such as example.com/me/centroid, or a folder of this module such as ./centroid, got ` +
				`"centroid/../x"`,
		}},
		{"bad", []string{
			`bad/chimera.yaml:3:3: packages[0]: . is the project's main package, which cannot be imported: give the learner a folder of its own`,
			`bad/chimera.yaml:4:3: packages[1]: there is no folder ./none in the project`,
			`bad/chimera.yaml:5:3: packages[2]: ../.. is outside the module example.com/me/big`,
			`bad/chimera.yaml:6:3: packages[3]: there are no Go files in ./empty`,
			`bad/chimera.yaml:7:3: packages[4]: ./nested/x is in a module of its own: name it by its import path, and require it in go.mod`,
			`bad/chimera.yaml:8:3: packages[5]: want an import path such as example.com/me/centroid, or a folder of this module such as ./centroid, got "/abs"`,
			`bad/chimera.yaml:9:3: packages[6]: "example.com/me/big/bad/with space" cannot be an import path: use letters, digits, dots, hyphens and underscores`,
			`bad/chimera.yaml:10:3: packages[7]: want an import path such as example.com/me/centroid, or a folder of this module such as ./centroid, got "a\\b"`,
			`bad/chimera.yaml:11:3: packages[8]: want an import path such as example.com/me/centroid, or a folder of this module such as ./centroid, got "a\"; b"`,
			`bad/chimera.yaml:12:3: packages[9]: there are no Go files in ./tests`,
		}},
		{"nameless", []string{
			`nameless/chimera.yaml:2:12: packages[0]: nameless/go.mod names no module`,
		}},
	} {
		_, err := config.Load(config.Options{Dir: c.dir})
		if err == nil {
			t.Errorf("%s: no error", c.dir)
			continue
		}
		got := strings.Split(filepath.ToSlash(err.Error()), "\n")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error("(-want +got)", diff)
		}
	}
}

func TestImportPathFollowsNoLinkOutOfTheModule(t *testing.T) {
	outside := folder(t, map[string]string{"x/x.go": "package x\n"})
	root := folder(t, map[string]string{"go.mod": "module example.com/m\n"})
	if err := os.Symlink(filepath.Join(outside, "x"), filepath.Join(root, "x")); err != nil {
		t.Skip("this system makes no links:", err)
	}
	if got, err := config.ImportPath(root, "./x"); err == nil || !strings.Contains(err.Error(), "outside the module example.com/m") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFindModuleWithoutOne(t *testing.T) {
	dir := t.TempDir()
	if _, err := config.FindModule(dir); err == nil || !strings.Contains(err.Error(), "run go mod init") {
		t.Error(err)
	}
}

func TestLoadWorkersWithoutLearner(t *testing.T) {
	generated := config.GeneratedHeader + "\r\n\npackage main\n"
	dir := folder(t, map[string]string{
		"chimera.yaml":                            "workers:\n- name: byhand\n- name: none\n- name: left-over\n- name: only-tests\n",
		"chimera_workers/byhand/worker.go":        "package main\n",
		"chimera_workers/left-over/main.go":       generated,
		"chimera_workers/only-tests/main_test.go": "package main\n",
	})
	t.Chdir(dir)
	_, err := config.Load(config.Options{})
	const do = "; name a learner with learner:, here or at the top level"
	want := "chimera.yaml:3:3: workers[1]: worker none has no learner, and no main in chimera_workers/none" + do +
		"\nchimera.yaml:4:3: workers[2]: worker left-over has no learner, but chimera_workers/left-over was generated when it had one" + do +
		"\nchimera.yaml:5:3: workers[3]: worker only-tests has no learner, and no main in chimera_workers/only-tests" + do
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}

	// With the environment alone, generated mains are as good as any.
	if err := os.Remove("chimera.yaml"); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Options{Env: env(map[string]string{"CHIMERA_WORKERS_NODES_NAMES": `["byhand","left-over"]`})})
	if err != nil || c.File != "" || c.Workers[1].Name != "left-over" {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = config.Load(config.Options{Env: env(map[string]string{"CHIMERA_WORKERS_NODES_NAMES": `["byhand","none"]`})})
	want = `CHIMERA_WORKERS_NODES_NAMES: workers[1]: worker none has no learner, and no main in chimera_workers/none` + do
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestLoadRefusesFolders(t *testing.T) {
	dir := folder(t, map[string]string{
		"yml/chimera.yml":        "workers: 2\n",
		"file":                   "",
		"strange/chimera.yaml/x": "",
		"large/chimera.yaml":     strings.Repeat("#", 256<<10+1),
	})
	t.Chdir(dir)
	for name, want := range map[string]string{
		"none":    "project folder: ",
		"file":    "project folder: file is not a folder",
		"yml":     "found yml/chimera.yml: rename it to chimera.yaml",
		"strange": "strange/chimera.yaml is not a file",
		"large":   "large/chimera.yaml:1:1: the file is larger than 256KiB",
	} {
		if _, err := config.Load(config.Options{Dir: name}); err == nil || !strings.HasPrefix(filepath.ToSlash(err.Error()), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
