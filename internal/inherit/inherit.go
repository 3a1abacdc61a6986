// Package inherit hands one end of a pipe to a program that is started, beside
// its standard input and outputs, and an environment variable says which
// open file that is. internal/lifeline and internal/handshake use it.
//
// The package imports the standard library only.
package inherit

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// Give lets a command that has not been started, and whose Env is set, have a
// file, and names it in the variable. The caller closes its own copy once the
// command has been started, or could not be.
func Give(cmd *exec.Cmd, variable string, f *os.File) error {
	number, err := pass(cmd, f)
	if err != nil {
		return err
	}
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("%s=%d", variable, number))
	return nil
}

// Take is the file that the variable names, or nil if it is not set. It hides
// the variable from what this program starts itself. The file must be a pipe: a
// variable may come further than its file, whose number then is something else's.
func Take(variable string) (*os.File, error) {
	text := os.Getenv(variable)
	if text == "" {
		return nil, nil
	}
	if err := os.Unsetenv(variable); err != nil {
		return nil, fmt.Errorf("hiding %s from what this program starts: %w", variable, err)
	}
	number, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return nil, fmt.Errorf("%s: want the number of an open file, got %q; unset it", variable, text)
	}
	f, err := open(uintptr(number), variable)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; unset it", variable, err)
	}
	return f, nil
}
