package launcher

import (
	"io"
	"os/exec"
	"slices"
	"sync/atomic"
	"time"
)

// drainTime is how long the end of a worker's output is waited for after the
// worker ended. Only a process that the worker left behind can make it last.
const drainTime = 2 * time.Second

// command is a worker in a process of its own.
type command struct {
	cmd      *exec.Cmd
	lifeline io.Closer // the write end of its standard input
	ended    atomic.Bool
}

// StartCommand starts a command that runs a worker in a process of its own, as
// the package comment describes: in the project's folder, with the job's
// environment, a lifeline as its standard input and a process group of its own. It
// is for a [Supervisor]'s Start. The process outlives the launch and its context.
func StartCommand(cmd *exec.Cmd, job Job) (Instance, error) {
	cmd.Dir = job.Dir
	cmd.Env = slices.Concat(job.Environ, cmd.Env, job.Variables)
	cmd.Stdout, cmd.Stderr = job.Stdout, job.Stderr
	cmd.WaitDelay = drainTime
	ownGroup(cmd)
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		_ = lifeline.Close() // nobody has its other end
		return nil, err
	}
	if job.Secret != nil {
		// A pipe takes it all at once. A worker that has ended before it read it is reported as such.
		_, _ = lifeline.Write(append(slices.Clone(job.Secret), '\n'))
	}
	return &command{cmd: cmd, lifeline: lifeline}, nil
}

// Wait implements [Instance].
func (c *command) Wait() Exit {
	_ = c.cmd.Wait() // the state says more
	c.ended.Store(true)
	// What the worker left behind ends with it. Where nothing is left the group is
	// gone and so is its number, which no system gives to another so soon.
	killGroup(c.cmd.Process)
	exit := Exit{Code: -1}
	if state := c.cmd.ProcessState; state != nil {
		exit.Code, exit.Signal = state.ExitCode(), signalName(state)
	}
	return exit
}

// Ask implements [Instance].
func (c *command) Ask() { c.askToEnd() }

// Kill implements [Instance].
func (c *command) Kill() {
	if !c.ended.Load() {
		killGroup(c.cmd.Process)
	}
}

// PID implements [Instance].
func (c *command) PID() int {
	if c.ended.Load() {
		return 0
	}
	return c.cmd.Process.Pid
}

var _ Instance = (*command)(nil)
