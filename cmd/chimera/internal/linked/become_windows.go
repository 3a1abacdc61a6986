package linked

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// Become runs a program in place of this one, with these arguments and the given
// variables added to the environment, and returns its exit status. Both have one
// console, so Ctrl-C reaches the program by itself.
func Become(executable string, args, env []string) (status int, err error) {
	cmd := exec.Command(executable, args...) //nolint:noctx // it ends by itself, with the console's signals
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &ended):
		return ended.ExitCode(), nil
	default:
		return 0, fmt.Errorf("starting the command line with the project's packages: %w", err)
	}
}
