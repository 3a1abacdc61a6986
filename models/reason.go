package models

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// A remedy says what to do about an error of the operating system.
type remedy struct {
	is   error
	what string
}

var remedies = []remedy{
	{syscall.ENOSPC, "the disk is full: make room there, keep fewer models (models.keep in chimera.yaml), or keep them elsewhere (models.store)"},
	{syscall.EDQUOT, "the quota of the disk is used up: make room there, keep fewer models (models.keep in chimera.yaml), or keep them elsewhere (models.store)"},
	{syscall.EROFS, "the file system is read-only: name a folder that can be written (models.store in chimera.yaml), or keep no models (models.store: none)"},
	{fs.ErrPermission, "this user may not write there: change the folder's permissions, or name another (models.store in chimera.yaml)"},
}

// explained adds what to do to an error of writing.
func explained(err error) error {
	for _, r := range append(remedies, systemRemedies...) {
		if errors.Is(err, r.is) {
			return fmt.Errorf("%w: %s", err, r.what)
		}
	}
	return err
}
