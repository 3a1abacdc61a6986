//go:build unix

package launcher_test

import (
	"os/exec"
	"syscall"
	"testing"
)

// A terminal's Ctrl-C goes to the master's whole process group. The workers do
// not die of it: the master still gets answers, then stops them.
func TestInterruptReachesTheMasterOnly(t *testing.T) {
	m := startMaster(t, func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} })
	conn := hold(t, m.endpoints[0].URL)
	if err := syscall.Kill(-m.cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	untilClosed(t, conn)
	if err := m.cmd.Wait(); err != nil {
		t.Errorf("the master failed: %v\n%s", err, m.errors)
	}
}
