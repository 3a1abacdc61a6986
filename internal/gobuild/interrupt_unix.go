//go:build unix

package gobuild

import (
	"os"
	"os/exec"
	"syscall"
)

// interruptTogether puts cmd in a process group of its own, which is
// interrupted as a whole when cmd's context ends.
func interruptTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
			return os.ErrProcessDone
		}
		return nil
	}
}
