package linked

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// buildError is a command line that does not build with the project's packages.
type buildError struct {
	Output string // of the go command
}

// Error is what the go command says.
func (e *buildError) Error() string {
	return "the command line does not build with the project's packages:\n" + e.Output
}

const (
	program  = "chimera.exe"          // Windows needs the extension, other systems do not mind it
	mainName = "chimera_command_line" // the folder that the compiler sees in the project
)

// Build builds the command line with packages, given as import paths, in the
// module of the project's folder, and returns the executable. If nothing has
// changed since the last time, that takes no longer than go build needs to see it.
func Build(ctx context.Context, project string, packages []string) (executable string, err error) {
	cache, err := cacheFolder(project)
	if err != nil {
		return "", err
	}
	stage, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	kept, built := filepath.Join(cache, program), filepath.Join(stage, program)
	_ = os.Link(kept, built) // go build leaves it alone if it is up to date; without it everything is linked again
	overlay, err := writeMain(stage, project, packages)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", built, "./"+mainName)
	cmd.Dir = project
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && len(bytes.TrimSpace(out)) > 0:
		return "", &buildError{string(bytes.TrimSpace(out))}
	case err != nil:
		return "", fmt.Errorf("the go command cannot be run, and a command line with the project's packages needs it: %w", err)
	}
	if sameFile(kept, built) {
		return kept, nil
	}
	return kept, os.Rename(built, kept) // in one step: another command line may be starting it
}

// writeMain writes the main package and the overlay that puts it into the
// project for the compiler, and returns the overlay's file.
func writeMain(stage, project string, packages []string) (overlay string, err error) {
	file := filepath.Join(stage, "main.go")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(project, mainName, "main.go"): file}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(stage, "overlay.json")
	return overlay, errors.Join(os.WriteFile(file, mainText(packages), 0o600), os.WriteFile(overlay, text, 0o600))
}

// mainText is the main package of the command line with packages linked.
func mainText(packages []string) []byte {
	var b bytes.Buffer
	b.WriteString("package main\n\nimport (\n\t\"github.com/gochimera/chimera/cmd/chimera/cli\"\n")
	for _, p := range packages {
		fmt.Fprintf(&b, "\t_ %q\n", p)
	}
	b.WriteString(")\n\nfunc main() { cli.Main() }\n")
	return b.Bytes()
}

// cacheFolder makes the folder for the project's command line: below
// CHIMERA_CACHE, else below the user's cache folder, beside the project's workers.
func cacheFolder(project string) (string, error) {
	root := os.Getenv("CHIMERA_CACHE")
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder to keep the built command line in: %w; set CHIMERA_CACHE to one", err)
		}
		root = filepath.Join(user, "chimera")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", fmt.Errorf("CHIMERA_CACHE: %w", err)
	}
	if target, err := filepath.EvalSymlinks(project); err == nil {
		project = target // one project, one folder, whatever path leads to it
	}
	sum := sha256.Sum256([]byte(project))
	dir := filepath.Join(root, hex.EncodeToString(sum[:])[:16], "cli")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("folder to keep the built command line in: %w; set CHIMERA_CACHE to one that can be written", err)
	}
	return dir, nil
}

// sameFile reports whether both names are of one file.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
