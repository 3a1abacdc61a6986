package swarm_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// commands are those of the command line, for a project of its own.
type commands struct {
	t            *testing.T
	program, dir string
}

// newCommands builds the command line, and makes the project, whose swarm has another node.
func newCommands(t *testing.T, project, node string) *commands {
	t.Helper()
	c := &commands{t: t, program: filepath.Join(t.TempDir(), "chimera"), dir: t.TempDir()}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", c.program, "../../cmd/chimera").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := fmt.Sprintf("project: %s\nlearner: tree-classifier\nlauncher: swarm\nswarm: {nodes: [%q]}\nworkers: [{name: tree1}, {name: tree2}]\n", project, node)
	if err := os.WriteFile(filepath.Join(c.dir, "chimera.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// run is what a command prints.
func (c *commands) run(args ...string) string {
	c.t.Helper()
	out, err := exec.CommandContext(c.t.Context(), c.program, append(args, "--project", c.dir)...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("chimera %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// service is one that ps lists.
type service struct{ Worker, Service, State, Node string }

// ps lists the project's services.
func (c *commands) ps() (list []service) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.run("ps", "--json")), &list); err != nil {
		c.t.Fatal(err)
	}
	return list
}
