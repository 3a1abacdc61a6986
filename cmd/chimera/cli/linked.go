package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gochimera/chimera/cmd/chimera/internal/linked"
	"github.com/gochimera/chimera/config"
)

// linkedVariable is set for a command line that links the project's packages, so
// that it does not build itself again.
const linkedVariable = "CHIMERA_CLI_LINKED"

type linkedKey struct{}

// noteLinked keeps in ctx whether this command line links a project's packages.
// The variable is for this process alone and not for what it starts.
func noteLinked(ctx context.Context) context.Context {
	_, is := os.LookupEnv(linkedVariable)
	_ = os.Unsetenv(linkedVariable) // it fails only for a name that is not one
	return context.WithValue(ctx, linkedKey{}, is)
}

// isLinked reports whether this command line links a project's packages.
func isLinked(ctx context.Context) bool {
	is, _ := ctx.Value(linkedKey{}).(bool)
	return is
}

// loadLinked reads a project's configuration. If it names what only the
// project's own packages register, the rest of the command is carried out by a
// command line that links them.
func loadLinked(cmd *cobra.Command, o config.Options) (*config.Config, error) {
	cfg, err := config.Load(o)
	if err == nil || !mayBeLinked(err) {
		return cfg, err
	}
	if again := goOnLinked(cmd, o.Dir); again != nil {
		return nil, again
	}
	return nil, err
}

// goOnLinked carries on as a command line that links the packages of the project
// in dir. It returns nil if there is nothing to link, if this is that command
// line, and, after a warning, if it cannot be built; else the error with the exit status
// of the other one.
func goOnLinked(cmd *cobra.Command, dir string) error {
	ctx := cmd.Context()
	if isLinked(ctx) {
		return nil
	}
	packages, err := linked.Packages(dir)
	if err == nil && len(packages) == 0 {
		return nil
	}
	var program string
	if err == nil {
		p := newProgress(cmd)
		p.say("building the command line with the project's packages")
		program, err = linked.Build(ctx, dir, packages)
		p.clear()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	status := 0
	if err == nil {
		status, err = linked.Become(program, os.Args[1:], []string{linkedVariable + "=1"})
	}
	if err != nil {
		warn(cmd, "without what the project's packages register: %v", err)
		return nil
	}
	return &otherExitError{status}
}

// mayBeLinked reports whether a configuration is refused for a name that a
// command line with the project's packages may know: of a kind of master, a
// launcher, a learner, or one of the values of a learner's parameter.
func mayBeLinked(err error) bool {
	var problems config.Errors
	return errors.As(err, &problems) && slices.ContainsFunc(problems, func(e *config.Error) bool {
		switch {
		case e.Linked:
			return true
		case strings.Contains("."+e.Field, ".params."):
			return strings.HasPrefix(e.Problem, "want one of ")
		case strings.HasSuffix("."+e.Field, ".learner"):
			return strings.HasPrefix(e.Problem, "unknown learner")
		default:
			return false
		}
	})
}

// otherExitError is the end of a command that another process has carried out. That
// process has printed whatever there was to print.
type otherExitError struct{ status int }

// Error is for a caller that does not ask for the status.
func (e *otherExitError) Error() string {
	return fmt.Sprintf("the command ended with status %d", e.status)
}
