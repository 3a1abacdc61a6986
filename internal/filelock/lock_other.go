//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package filelock

import (
	"errors"
	"os"
)

func tryLock(file *os.File) error {
	return &os.PathError{Op: "lock", Path: file.Name(), Err: errors.ErrUnsupported}
}

func release(file *os.File) error { return errors.Join(os.Remove(file.Name()), file.Close()) }
