package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/docker/dockertest"
)

// What runs in containers is listed, its logs are shown, and all of it is removed.
func TestContainers(t *testing.T) {
	dockertest.Engine(t)
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	project, dir := "cmd-"+strings.ToLower(rand.Text()[:8]), t.TempDir()
	text := "project: " + project + "\nlauncher: docker\nlearner: dummy-classifier\nworkers: [{name: tree1}, {name: tree2}]\n"
	if err := os.WriteFile(filepath.Join(dir, "chimera.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	chimera := func(args string, status int, want string) {
		t.Helper()
		var out bytes.Buffer
		if got := run(t.Context(), append(strings.Fields(args), "--project", dir), &out, &out); got != status {
			t.Errorf("chimera %s: status %d, want %d\n%s", args, got, status, &out)
		}
		if !regexp.MustCompile("^" + want + "$").MatchString(out.String()) {
			t.Errorf("chimera %s prints\n%swant\n%s", args, &out, want)
		}
	}
	chimera("ps", succeeded, fmt.Sprintf("project %s has no containers on the Docker engine\n", project))

	plan := launcher.Plan{Project: project, Dir: filepath.Join("..", "..", "..", "launcher", "testdata", "project"), Version: "test"}
	for _, name := range []string{"tree1", "tree2"} {
		plan.Workers = append(plan.Workers, launcher.Worker{Name: name, Main: "chimera_workers/" + name})
	}
	fleet, err := docker.Launcher{}.Launch(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fleet.Stop(context.Background()) })
	row := func(worker string) string {
		const line = `%[2]s +%[1]s-%[2]s +Up .* \(health: starting\) +192\.168\.\d+\.\d +127\.0\.0\.1:\d+ +chimera/%[1]s-%[2]s:[0-9a-f]{12}` + "\n"
		return fmt.Sprintf(line, project, worker)
	}
	chimera("ps", succeeded, "WORKER +CONTAINER +STATUS +ADDRESS +PORT +IMAGE\n"+row("tree1")+row("tree2"))
	chimera("logs tree1", succeeded, launcher.HandshakePrefix+"http://.*\n")
	chimera("logs tree3", failed, fmt.Sprintf("chimera: project %s has no container of worker tree3 on the engine; it has those of tree1, tree2\n", project))
	chimera("down", succeeded, fmt.Sprintf("removed container  %[1]s-tree1\nremoved container  %[1]s-tree2\nremoved network    %[1]s-network\n"+
		"removed image      chimera/%[1]s-tree1:.*\nremoved image      chimera/%[1]s-tree2:.*\n", project))
	chimera("down", succeeded, fmt.Sprintf("project %s has nothing on the Docker engine\n", project))
}
