package linked

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gochimera/chimera/internal/gobuild"
)

// buildError is a command line that does not build with the project's packages.
type buildError struct {
	Output string // of the go command
}

// Error is what the go command says.
func (e *buildError) Error() string {
	return "the command line does not build with the project's packages:\n" + e.Output
}

// mainName is the folder in which the compiler sees the main package.
const mainName = "chimera_command_line"

// Build builds the command line with packages, given as import paths, in the
// module of the project's folder, and returns the executable. If nothing has
// changed since the last time, that takes no longer than go build needs to see it.
func Build(ctx context.Context, project string, packages []string) (executable string, err error) {
	dir, err := filepath.Abs(project)
	if err != nil {
		return "", err
	}
	built, err := gobuild.Texts(ctx, dir, map[string][]byte{mainName: mainText(packages)})
	var failed *gobuild.Error
	switch {
	case errors.As(err, &failed) && failed.Output != "":
		return "", &buildError{failed.Output}
	case errors.As(err, &failed):
		return "", fmt.Errorf("the go command cannot be run, and a command line with the project's packages needs it: %w", failed.Err)
	default:
		return built[mainName], err
	}
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
