package program

import (
	"os/exec"

	"github.com/gochimera/chimera/internal/lifeline"
)

// detach has the program end itself at the end: Windows has no interrupt to send,
// so its lifeline closes.
func detach(cmd *exec.Cmd, line *lifeline.Line) {
	cmd.Cancel = func() error {
		line.Close()
		return nil
	}
}
