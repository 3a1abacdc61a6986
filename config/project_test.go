package config_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
)

func TestFindProject(t *testing.T) {
	dir := folder(t, map[string]string{
		"option/x": "", "variable/x": "", "main/x": "", "bare/x": "",
		"yaml/chimera.yaml": "", "mains/chimera_workers/a/main.go": "",
	})
	in := func(name string) string {
		if name == "" {
			return ""
		}
		return filepath.Join(dir, name)
	}
	for _, c := range []struct {
		name, option, variable, wd, main string
		want                             string // a folder, or the beginning of the error
		fails                            bool
	}{
		{name: "the option first", option: in("option"), variable: "../variable", wd: "yaml", main: "main", want: "option"},
		{name: "an option from the working directory", option: "../option", wd: "yaml", want: "option"},
		{name: "then the variable", variable: "../variable", wd: "yaml", main: "main", want: "variable"},
		{name: "then the working directory with a chimera.yaml", wd: "yaml", main: "main", want: "yaml"},
		{name: "or with mains", wd: "mains", main: "main", want: "mains"},
		{name: "then main's source", wd: "bare", main: "main", want: "main"},
		{name: "an option that is not there", option: "none", wd: "yaml", want: "the project option: ", fails: true},
		{name: "an option that is a file", option: "chimera.yaml", wd: "yaml", want: "the project option: " + in("yaml/chimera.yaml") + " is not a folder",
			fails: true},
		{name: "a variable that names nothing", variable: "none", wd: "yaml", want: "CHIMERA_PROJECT: ", fails: true},
		{name: "source that is elsewhere", wd: "bare", main: "none", want: "no project found: " + in("bare") + " has no chimera.yaml; ", fails: true},
		{name: "nothing", wd: "bare", want: "no project found: ", fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := config.FindProject(config.Search{
				Option: c.option, Env: env(map[string]string{config.ProjectVariable: c.variable}), WorkingDir: in(c.wd), MainDir: in(c.main),
			})
			switch {
			case c.fails && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
				t.Errorf("%q, %v, want an error that begins with %s", got, err, c.want)
			case !c.fails && (err != nil || got != in(c.want)):
				t.Errorf("%q, %v, want %s", got, err, in(c.want))
			}
		})
	}
}

// The main package's folder is found from anywhere, by main itself and by what
// it starts, as go run builds it.
func TestMainDir(t *testing.T) {
	source, err := filepath.Abs(filepath.Join("testdata", "maindir"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "-trimpath=false", "./config/testdata/maindir")
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := source + "\n" + source + "\n"; string(out) != want {
		t.Errorf("%s, want %s", out, want)
	}
}
