package inherit

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// pass lets the command have f, and returns its number there, which is the
// same as here.
func pass(cmd *exec.Cmd, f *os.File) (uintptr, error) {
	handle := syscall.Handle(f.Fd())
	if err := syscall.SetHandleInformation(handle, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
		return 0, err
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, handle)
	return uintptr(handle), nil
}

// open makes a file of an inherited handle, which must be a pipe.
func open(handle uintptr, name string) (*os.File, error) {
	if kind, err := syscall.GetFileType(syscall.Handle(handle)); err != nil || kind != syscall.FILE_TYPE_PIPE {
		return nil, fmt.Errorf("handle %d is no pipe", handle)
	}
	return os.NewFile(handle, name), nil
}
