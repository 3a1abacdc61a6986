package launcher

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup keeps the console's Ctrl-C from the worker; see the package comment.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// askToEnd lets the worker end itself. Windows has no signal for that, so its
// lifeline closes. It fails only if the worker has ended already.
func (c *command) askToEnd() { _ = c.lifeline.Close() }

// killGroup kills a worker. It fails only if it has ended already.
func killGroup(p *os.Process) { _ = p.Kill() }

// signalName is always empty: Windows knows exit codes only.
func signalName(*os.ProcessState) string { return "" }
