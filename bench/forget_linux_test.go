package bench_test

import (
	"errors"
	"os"
	"syscall"
)

// dontNeed is POSIX_FADV_DONTNEED.
const dontNeed = 4

// forget takes a file out of the memory of the system, so that it is read from the disk.
func forget(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, _, failed := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0)
	if failed != 0 {
		err = failed
	}
	return errors.Join(err, f.Close())
}
