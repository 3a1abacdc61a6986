//go:build unix

package inherit

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// pass lets the command have f, and returns its number there.
func pass(cmd *exec.Cmd, f *os.File) (uintptr, error) {
	cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	return uintptr(2 + len(cmd.ExtraFiles)), nil
}

// open makes a file of an inherited descriptor. It must be a pipe: a variable may
// come further than its descriptor, whose number then is something else's.
func open(descriptor uintptr, name string) (*os.File, error) {
	var state syscall.Stat_t
	if err := syscall.Fstat(int(descriptor), &state); err != nil || state.Mode&syscall.S_IFMT != syscall.S_IFIFO {
		return nil, fmt.Errorf("descriptor %d is no pipe", descriptor)
	}
	syscall.CloseOnExec(int(descriptor))
	return os.NewFile(descriptor, name), nil
}
