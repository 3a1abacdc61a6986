package examples_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The first example is what somebody runs who has just cloned: it does not
// compile plotting, golearn or the command line, nor download their modules.
func TestTheFirstExampleIsLight(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./bagging")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := "\n" + string(out)
	if !strings.Contains(modules, "\ngithub.com/gochimera/chimera\n") {
		t.Fatalf("not a list of modules: %s", out)
	}
	for _, heavy := range []string{"gonum.org/v1/plot", "codeberg.org/go-fonts/liberation", "github.com/sjwhitworth/golearn", "github.com/spf13/cobra"} {
		if strings.Contains(modules, "\n"+heavy+"\n") {
			t.Errorf("examples/bagging needs %s", heavy)
		}
	}
}
