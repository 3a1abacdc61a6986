//go:build unix

package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder brings a folder's entries to the disk. File systems that do not do so for folders say that the call
// is not valid.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
