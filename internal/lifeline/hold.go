package lifeline

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/inherit"
)

// Variable holds the number of the open file that is a program's lifeline: a descriptor, on Windows a handle. A number in CHIMERA_LIFELINE,
// where earlier versions of the command line put it, is accepted as well.
const Variable = environment.ProgramLifeline

// Line is the starter's side of a lifeline.
type Line struct{ theirs, held *os.File }

// Attach gives a lifeline to a command that has not been started, and whose Env is set. The
// caller calls Started once the command has been started or could not be, and Close
// when it is to end.
func Attach(cmd *exec.Cmd) (*Line, error) {
	theirs, held, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a lifeline: %w", err)
	}
	l := &Line{theirs, held}
	if err := inherit.Give(cmd, Variable, theirs); err != nil {
		l.Started()
		l.Close()
		return nil, fmt.Errorf("making a lifeline: %w", err)
	}
	return l, nil
}

// Started closes this program's copy of the end that is the command's.
func (l *Line) Started() { _ = l.theirs.Close() } // nothing was written to it

// Close lets go. It may be called again.
func (l *Line) Close() { _ = l.held.Close() } // nothing was written to it
