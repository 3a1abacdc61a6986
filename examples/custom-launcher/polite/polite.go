// Package polite is a launcher of your own: workers are programs on this machine,
// as with the process launcher, but they leave the processor to whoever else wants
// it, and use one core each.
package polite

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/gochimera/chimera/launcher"
)

func init() {
	launcher.Register("polite", launcher.Entry{
		Summary: "a program of its own on this machine that leaves the processor to others (nice)",
		Traits:  launcher.Traits{RunsMains: true, Restarts: true, Security: "token"},
		New:     New,
	})
}

// Launcher runs every worker under nice(1).
type Launcher struct {
	nice string // the command's path
}

// New finds the command.
func New(launcher.Setup) (launcher.Launcher, error) {
	nice, err := exec.LookPath("nice")
	if err != nil {
		return nil, fmt.Errorf("the polite launcher needs the command nice, which Unix systems have: %w", err)
	}
	return Launcher{nice}, nil
}

// Name is "polite".
func (Launcher) Name() string { return "polite" }

// Launch implements launcher.Launcher. Building the workers, reading their logs, waiting until they
// are ready, starting them again and stopping them is what launcher.Process does.
func (l Launcher) Launch(ctx context.Context, plan launcher.Plan) (launcher.Fleet, error) {
	return launcher.Process{Command: l.command}.Launch(ctx, plan)
}

// command runs a worker's executable. The first worker of the plan is the least polite.
func (l Launcher) command(job launcher.Job, executable string) *exec.Cmd {
	level := min(5+job.Index, 19)
	cmd := exec.CommandContext(context.Background(), l.nice, "-n", fmt.Sprint(level), executable) // outlives the launch
	cmd.Env = []string{"GOMAXPROCS=1"}
	return cmd
}

var _ launcher.Launcher = Launcher{}
