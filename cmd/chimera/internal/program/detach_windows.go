package program

import (
	"os/exec"

	"github.com/gochimera/chimera/internal/lifeline"
)

// detach is for systems where a program can be interrupted; Windows has no interrupt to
// send, so the program ends when its lifeline closes.
func detach(cmd *exec.Cmd, line *lifeline.Line) {
	cmd.Cancel = func() error {
		line.Close()
		return nil
	}
}
