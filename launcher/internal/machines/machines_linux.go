package machines

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Again runs this test binary again in the tests' namespace, with further environment, and returns its exit status. It ends with the thread that
// calls. The words of wrapper come before the binary's name.
func (n Net) Again(env []string, wrapper ...string) (status int, err error) {
	args := append([]string{"--net=" + n.Space(Host)}, wrapper...)
	again := exec.Command("nsenter", append(append(args, os.Args[0]), os.Args[1:]...)...) //nolint:noctx // go test ends it
	again.Env = append(os.Environ(), env...)
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	again.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	var exit *exec.ExitError
	if err := again.Run(); err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return again.ProcessState.ExitCode(), nil
}
