//go:build unix

package launcher

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes cmd lead a process group; see the package comment.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// askToEnd lets the worker end itself. It fails only if it has ended already.
func (c *command) askToEnd() { _ = c.cmd.Process.Signal(syscall.SIGTERM) }

// killGroup kills a worker and what it started. It fails only if all have ended.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// signalName is the signal that ended the process, if one did.
func signalName(state *os.ProcessState) string {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() < 0 {
		return ""
	}
	return status.Signal().String()
}
