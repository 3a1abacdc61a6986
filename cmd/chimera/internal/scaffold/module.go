package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gochimera/chimera/config"
)

// modulePath is Chimera's own module.
const modulePath = "github.com/gochimera/chimera"

// Source finds the folder of Chimera's own source, which a new project requires
// while the module is not published: the one this program was built from, or that
// of the module in dir requires.
func Source(ctx context.Context, dir string) (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if m, err := config.FindModule(filepath.Dir(file)); err == nil && m.Path == modulePath {
			return m.Dir, nil
		}
	}
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", modulePath)
	cmd.Dir = dir
	if out, err := cmd.Output(); err == nil {
		if root := strings.TrimSpace(string(out)); checkSource(root) == nil {
			return root, nil
		}
	}
	return "", refuse("Chimera's own source is not where it was when this program was built: name its folder with --replace")
}

// checkSource says whether a folder is Chimera's own source; the error is an
// *Error.
func checkSource(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return refuse("--replace: %s has no go.mod", dir)
	}
	m, err := config.FindModule(dir)
	if err != nil {
		return err
	}
	if m.Path != modulePath {
		return refuse("--replace: %s is the module %s, not %s", dir, m.Path, modulePath)
	}
	return nil
}

// moduleFiles makes go.mod and go.sum: the requirements are those of Chimera
// itself, so that nothing has to be looked up or fetched anew.
func moduleFiles(ctx context.Context, module, source string) (mod, sum []byte, err error) {
	if err := checkSource(source); err != nil {
		return nil, nil, err
	}
	source, err = filepath.Abs(source)
	if err != nil {
		return nil, nil, err
	}
	required, err := requirements(ctx, source)
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "module %s\n\ngo %s\n\n", module, required.Go)
	fmt.Fprintf(&b, "// Chimera is not published yet; this is where its source is.\nreplace %s => %s\n\n", modulePath, quoted(source))
	fmt.Fprintf(&b, "require (\n\t%s v0.0.0\n", modulePath)
	for _, r := range required.Require {
		if r.Path == gonum {
			fmt.Fprintf(&b, "\t%s %s\n", r.Path, r.Version)
		}
	}
	b.WriteString(")\n\nrequire (\n")
	for _, r := range required.Require {
		if r.Path != gonum {
			fmt.Fprintf(&b, "\t%s %s // indirect\n", r.Path, r.Version)
		}
	}
	fmt.Fprintf(&b, ")\n\ntool %s/cmd/chimera\n", modulePath)
	sum, err = os.ReadFile(filepath.Join(source, "go.sum"))
	return b.Bytes(), sum, err
}

// gonum is what the new project's own code imports beside Chimera.
const gonum = "gonum.org/v1/gonum"

// quoted is a path as go.mod takes it.
func quoted(path string) string {
	if strings.ContainsAny(path, " \"'`,;()[]{}=>") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

type requires struct {
	Go      string
	Require []struct{ Path, Version string }
}

// requirements reads a module's go.mod.
func requirements(ctx context.Context, dir string) (*requires, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "edit", "-json")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("reading %s/go.mod: %s", dir, strings.TrimSpace(string(exit.Stderr)))
		}
		return nil, fmt.Errorf("the go command cannot be run, and a project needs it: %w", err)
	}
	r := new(requires)
	if err := json.Unmarshal(out, r); err != nil {
		return nil, fmt.Errorf("reading %s/go.mod: %w", dir, err)
	}
	return r, nil
}
