package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// beyond is a byte that no file has: a locked one could not be read by those who ask for the holder.
func beyond() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }

func tryLock(file *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, beyond())
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errHeld
	}
	if err != nil {
		return &os.PathError{Op: "lock", Path: file.Name(), Err: err}
	}
	return nil
}

// release closes the file, which ends the lock, because an open file cannot be removed. It stays if
// another program has opened it meanwhile.
func release(file *os.File) error {
	err := file.Close()
	_ = os.Remove(file.Name())
	return err
}
