package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/launcher"
)

// moon is a launcher whose workers run elsewhere.
type moon struct{ launcher.Process }

func (moon) Name() string { return "moon" }

func (moon) Down(_ context.Context, project string) ([]launcher.Thing, error) {
	switch project {
	case "gone":
		return nil, nil
	case "broken":
		return []launcher.Thing{{Kind: "Rover", Name: "r1"}}, errors.New("no signal")
	}
	return []launcher.Thing{{Kind: "Rover", Name: project + "-w1"}}, nil
}

func (moon) Running(_ context.Context, project string) ([]launcher.Running, error) {
	if project == "gone" {
		return nil, nil
	}
	return []launcher.Running{{Worker: "w1", Name: project + "-w1", State: "Driving", Status: "driving", Node: "crater", Image: "i:1"}}, nil
}

func (moon) Manifests(_ context.Context, p launcher.Plan, m launcher.Manifests) error {
	if m.Images == "" && !m.Permission {
		return &launcher.PlanError{Problems: []string{"no folder"}}
	}
	_, err := fmt.Fprintf(m.To, "%s %s %s %t\n", p.Project, p.Workers[0].Hash, m.Images, m.Permission)
	return err
}

// withMoon is the variable of a program of these tests that has the launcher: in the others it would be among those that help and errors list.
const withMoon = "CHIMERA_TEST_MOON"

func init() {
	if os.Getenv(withMoon) == "" {
		return
	}
	launcher.Register("moon", launcher.Entry{
		Summary: "A rover of a test.", Traits: launcher.Traits{RunsMains: true}, New: func(launcher.Setup) (launcher.Launcher, error) { return moon{}, nil },
	})
}

// A launcher says itself what it has made, and removes it.
func TestElsewhere(t *testing.T) {
	if os.Getenv(withMoon) == "" {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestElsewhere$", "-test.v")
		again.Env = append(os.Environ(), withMoon+"=yes")
		if out, err := again.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: TestElsewhere")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	write := func(project, launcher string) string {
		dir := t.TempDir()
		text := "project: " + project + "\nlauncher: " + launcher + "\nlearner: dummy-classifier\nworkers: [{name: w1}]\n"
		for file, text := range map[string]string{"chimera.yaml": text, "go.mod": "module example.com/p\n\ngo 1.26\n"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	here, gone, broken := write("here", "moon"), write("gone", "moon"), write("broken", "moon")
	ungenerated, cluster := write("here", "moon"), write("here", "kubernetes")
	var discard bytes.Buffer
	if status := run(t.Context(), []string{"generate", "--project", here}, &discard, &discard); status != succeeded {
		t.Fatal(discard.String())
	}
	for _, c := range []struct {
		args, dir string
		status    int
		says      string
	}{
		{"down", here, succeeded, "removed Rover        here-w1\n"},
		{"down --json", here, succeeded, `"kind": "Rover"`},
		{"down", gone, succeeded, "project gone has nothing there (launcher: moon)"},
		{"down --json", gone, succeeded, `"removed": []`},
		{"down", broken, failed, "no signal"},
		{"ps", here, succeeded, "w1       here-w1   driving   crater"},
		{"ps --json", here, succeeded, `"node": "crater"`},
		{"ps", gone, succeeded, "project gone has no workers there (launcher: moon)"},
		{"manifests", here, badInput, "no folder"},
		{"manifests --rbac", here, succeeded, "  true\n"},
		{"manifests --images x", here, succeeded, " x false\n"},
		{"manifests --images x", ungenerated, badInput, "run go generate in"},
		// Without its package there is no such launcher, and the error says what to import.
		{"down", cluster, badInput, `name github.com/gochimera/chimera/launcher/kubernetes under packages: in chimera.yaml`},
		{"ps", cluster, badInput, "under packages: in chimera.yaml"},
		{"manifests", cluster, badInput, "under packages: in chimera.yaml"},
	} {
		var out bytes.Buffer
		status := run(t.Context(), append(strings.Fields(c.args), "--project", c.dir), &out, &out)
		if status != c.status || !strings.Contains(out.String(), c.says) {
			t.Errorf("chimera %s: status %d, want %d and %q\n%s", c.args, status, c.status, c.says, &out)
		}
	}
}
