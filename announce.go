package chimera

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/filelock"
)

// announce writes the master's address to the file that the command line reads, and returns a function
// that removes it again. A folder that cannot be written is not an error: the command line must then be
// told the address. With CHIMERA_ANNOUNCE=no the file is left alone, because another program of the
// project has announced its address there: `chimera fit --local` sets it. It is left alone, too, while
// another program holds the lock beside it; a program that was killed holds none.
func (s *session) announce() (forget func()) {
	if s.hidden {
		return func() {}
	}
	file := filepath.Join(s.config.Dir, filepath.FromSlash(config.MasterFile))
	lock, err := lockBeside(file)
	var held *filelock.HeldError
	if errors.As(err, &held) {
		s.log.Warn("another program of the project has announced its master; commands find that one, and this one if its address is given to them with --url",
			"program", held.Holder.String(), "url", s.url())
		return func() {}
	}
	secret := filepath.Join(s.config.Dir, filepath.FromSlash(config.AccessFile))
	if err == nil {
		err = s.leaveAccess(secret)
		if err == nil {
			err = atomicfile.WriteFile(file, []byte(s.url()+"\n")) // atomic, so that a reader never sees half an address
		}
		if err != nil {
			err = errors.Join(err, lock.Release())
		}
	}
	if err != nil {
		s.log.Warn("the command line does not find this master by itself; give it the address with --url "+s.url(), "error", err)
		return func() {}
	}
	return func() {
		s.trusted(nil)
		_ = os.Remove(secret) // what is in it ends with this program
		_ = os.Remove(file)   // a stale file does no harm: readers report that nothing answers there
		if err := lock.Release(); err != nil {
			s.log.Debug("the lock of the master's address was not removed", "error", err)
		}
	}
}

// leaveAccess writes what the command line needs beside the address, if it needs anything.
func (s *session) leaveAccess(file string) error {
	if s.guard == nil && s.certificate == nil {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a program that was killed
			return err
		}
		return nil
	}
	leave := func(trusted []byte) error {
		return access.Local{Token: s.guard.Local(), Certificate: string(trusted)}.Write(file)
	}
	return leave(s.trusted(func(trusted []byte) {
		if err := leave(trusted); err != nil {
			s.log.Warn("the command line does not know the master's new certificate", "error", err)
		}
	}))
}

// lockBeside takes the lock that belongs to a file, in a folder that it makes if there is none.
func lockBeside(file string) (*filelock.Lock, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	return filelock.TakeIfAny(file + ".lock")
}
