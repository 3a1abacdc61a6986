package gobuild

import "os/exec"

// interruptTogether leaves cmd as it is: Windows has no interrupt to send, so
// the command is killed when its context ends.
func interruptTogether(*exec.Cmd) {}
