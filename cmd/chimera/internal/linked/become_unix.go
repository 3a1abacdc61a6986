//go:build unix

package linked

import (
	"fmt"
	"os"
	"syscall"
)

// Become replaces this program by another, with these arguments and the given
// variables added to the environment: the process is the same one, and so are its streams, its
// signals and who waits for it. It returns only if that fails.
func Become(executable string, args, env []string) (status int, err error) {
	err = syscall.Exec(executable, append([]string{executable}, args...), append(os.Environ(), env...))
	return 0, fmt.Errorf("starting the command line with the project's packages: %w", err)
}
