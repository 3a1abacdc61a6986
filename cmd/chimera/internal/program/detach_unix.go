//go:build unix

package program

import (
	"os"
	"os/exec"
	"syscall"

	"github.com/gochimera/chimera/internal/lifeline"
)

// detach puts the program into a process group of its own, so that Ctrl-C
// reaches it once, from us: it takes a second interrupt as the order to end at
// once.
func detach(cmd *exec.Cmd, _ *lifeline.Line) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
}
